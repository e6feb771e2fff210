//! Sections and keys of the two formats of `key = value` that NVMe programs read.

use std::ops::Range;

use crate::parse::trim_c_space;
use crate::part::own::{key_value, numbered};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Of libnvme 3: `#` begins a comment, capitals count, and a value has one line.
    Libnvme,
    /// Of Python's configparser(3), as nvme-stas uses it: `;` begins a comment as well, capitals of keys do not count,
    /// and a line that is indented more than its key belongs to the value.
    Python,
}

/// A key with its value, or the header of a section.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    /// From 1.
    pub(crate) line: usize,
    /// The section that it is in, or begins.
    pub(crate) section: Option<&'a [u8]>,
    /// Empty for the header of a section.
    pub(crate) key: Vec<u8>,
    /// The value, line by line, without whitespace at the ends.
    pub(crate) values: Vec<&'a [u8]>,
    /// Where its lines are, with their ends.
    pub(crate) lines: Vec<Range<usize>>,
}

/// The entries of a file in their order.
pub(crate) fn entries(bytes: &[u8], dialect: Dialect) -> Vec<Entry<'_>> {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut section = None;
    let mut deep = 0;
    for (line, range, raw) in numbered(bytes) {
        let text = trim_c_space(raw);
        let is_python = dialect == Dialect::Python;
        if text.is_empty() || text.starts_with(b"#") || is_python && text.starts_with(b";") {
            continue;
        }
        let indent = raw.len() - raw.trim_ascii_start().len();
        match entries.last_mut() {
            Some(key) if is_python && indent > deep && !key.key.is_empty() => {
                key.values.push(text);
                key.lines.push(range);
                continue;
            }
            _ => deep = indent,
        }
        let header = header(text);
        section = header.or(section);
        let (key, value) = match header {
            Some(_) => (&[][..], &[][..]),
            None => key_value(text).unwrap_or((text, &[])),
        };
        entries.push(Entry {
            line,
            section,
            key: if is_python {
                key.to_ascii_lowercase()
            } else {
                key.to_vec()
            },
            values: vec![trim_c_space(value)],
            lines: vec![range],
        });
    }
    entries
}

/// The name of a section, if the line is the header of one.
fn header(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"[")?;
    let end = rest.iter().position(|byte| *byte == b']')?;
    rest.get(..end).map(trim_c_space)
}
