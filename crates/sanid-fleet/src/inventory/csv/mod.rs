//! Comma-, semicolon- and tab-separated values with a header (RFC 4180).

mod record;

use super::guess::first_line;
use super::{Column, Columns, Fault, Format, Opened, Piece, Rows, Sink, Source, Unusable};
use crate::chunks::{Chunks, whole_lines};
use crate::hosts::LONGEST_LINE;
use crate::secret::is_secret;
use record::{Record, Shape};

/// What stands between fields, with its name.
const DELIMITERS: [u8; 3] = *b",;\t";

/// The format.
pub(super) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    /// Whatever no other format takes.
    fn fits(&self, _: &[u8], _: &str) -> bool {
        true
    }

    fn open(&self, mut text: Chunks, columns: &Columns) -> Result<Opened, Unusable> {
        let start = text.start()?;
        let (header, length) = header(start)?;
        let delimiter = delimiter(header);
        let names = record::split(header, delimiter);
        let layout = Layout::new(&names, columns)?;
        text.skip(length);
        Ok(Opened {
            source: Box::new(Lines { text, delimiter }),
            rows: Box::new(Fields { delimiter, layout }),
        })
    }
}

/// The header, and how many bytes it takes with the blank lines before it.
fn header(start: &[u8]) -> Result<(&[u8], usize), Unusable> {
    let mut length = 0;
    for line in start.split_inclusive(|&byte| byte == b'\n') {
        length += line.len();
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        if !line.ends_with(b"\n") && length >= LONGEST_LINE {
            return Err(Unusable::first(format!(
                "the header is longer than {LONGEST_LINE} bytes; this is no inventory, or it has no line ends"
            )));
        }
        if text.contains(&b'\r') {
            return Err(Unusable::first(
                "its lines end as on old Macintosh systems; tr '\\r' '\\n' <FILE | sanid-fleet derive -",
            ));
        }
        if std::str::from_utf8(text).is_err() {
            return Err(Unusable::first(
                "its header is no UTF-8; iconv -f WINDOWS-1252 -t UTF-8 FILE | sanid-fleet derive -",
            ));
        }
        return Ok((text, length));
    }
    Err(Unusable::first(
        "it is empty: an inventory has at least one host",
    ))
}

/// What separates the fields of this header: the sign that makes most of them.
fn delimiter(header: &[u8]) -> u8 {
    let fields = |&delimiter: &u8| record::split(header, delimiter).len();
    // The first of equals, so that one column alone is plain CSV.
    let most = DELIMITERS
        .iter()
        .rev()
        .max_by_key(|delimiter| fields(delimiter));
    most.copied().unwrap_or(b',')
}

/// Which field of a row is which column.
#[derive(Debug, Clone)]
struct Layout {
    /// The fields that are used, in their order, each with its column.
    used: Vec<(usize, Column)>,
    /// How many fields a row has.
    fields: usize,
}

impl Layout {
    fn new(names: &[String], columns: &Columns) -> Result<Self, Unusable> {
        let mut used = Vec::new();
        for column in Column::ALL {
            if let Some(at) = columns.field(column, names)? {
                used.push((at, column));
            }
        }
        used.sort_by_key(|(at, _)| *at);
        let has = |wanted| used.iter().any(|(_, column)| *column == wanted);
        let lacks = |column| {
            let mut why = columns.lacks(column, "its first line", names);
            if names.iter().any(|name| is_secret(name.as_bytes())) {
                why += "; or is it a host already? Then put a line before it that names the columns: host,machine_id";
            }
            Err(Unusable::first(why))
        };
        if !has(Column::Host) {
            return lacks(Column::Host);
        }
        let pinned = has(Column::Iqn) && (has(Column::HostNqn) || has(Column::HostId));
        if !has(Column::MachineId) && !has(Column::SystemUuid) && !pinned {
            return lacks(Column::MachineId);
        }
        Ok(Self {
            used,
            fields: names.len(),
        })
    }
}

/// Cuts at the ends of records.
struct Lines {
    text: Chunks,
    delimiter: u8,
}

impl Source for Lines {
    fn next(&mut self, piece: &mut Piece) -> Result<bool, Unusable> {
        let delimiter = self.delimiter;
        Ok(self.text.next(&mut piece.chunk, LONGEST_LINE, |text| {
            if memchr::memchr(b'"', text).is_none() {
                whole_lines(text)
            } else {
                record::whole(text, delimiter)
            }
        })?)
    }

    fn lines(&self) -> u64 {
        self.text.lines()
    }
}

/// Reads the fields of records.
struct Fields {
    delimiter: u8,
    layout: Layout,
}

impl Rows for Fields {
    fn rows(&self, piece: &Piece, sink: &mut dyn Sink) {
        let shape = Shape {
            delimiter: self.delimiter,
            used: &self.layout.used,
            fields: self.layout.fields,
        };
        record::each(piece, &shape, |line, record| match record {
            Record::Row(row) => sink.row(line, row),
            Record::Bad(why) => sink.bad(line, Fault::one(why)),
        });
    }
}

/// Whether a text could be a header or a row of this format, for those that are asked before.
pub(super) fn looks_like_csv(start: &[u8]) -> bool {
    let line = first_line(start);
    DELIMITERS.iter().any(|delimiter| line.contains(delimiter))
}

#[cfg(test)]
mod tests;
