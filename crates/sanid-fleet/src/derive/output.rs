//! The formats of identities.

use std::io::Write as _;

use sanid_core::{HostNqn, HostUuid, IqnPrefix, MachineId, sanid_v1_host_uuid};

use super::identity::Identity;
use crate::inventory::{Column, Row};

/// The hosts of inventories, with their identities.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(
    dead_code,
    reason = "the document is streamed; only its schema is made from this"
)]
pub struct HostList {
    /// `sanid/v1`.
    #[schemars(extend("const" = "sanid/v1"))]
    api_version: &'static str,
    /// `HostList`.
    #[schemars(extend("const" = "HostList"))]
    kind: &'static str,
    /// One host for each row that gives an identity, in order.
    items: Vec<HostItem>,
}

/// One host; with `--format ndjson`, one line of output.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "camelCase")]
#[allow(
    dead_code,
    reason = "the document is streamed; only its schema is made from this"
)]
pub struct HostItem {
    /// What the people who run it call it.
    host: String,
    /// The iSCSI initiator name.
    iqn: String,
    /// The NVMe host NQN.
    host_nqn: String,
    /// The NVMe Host ID.
    host_id: String,
}

/// How identities are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A header, and one line for a host: what every other command reads.
    Csv,
    /// One object to a line: what every other command reads, too.
    Ndjson,
    /// One document.
    Json,
    /// Columns for people.
    Table,
}

impl Format {
    pub(super) fn head(self) -> String {
        match self {
            Self::Csv => "host,iqn,host_nqn,host_id\n".to_owned(),
            Self::Ndjson => String::new(),
            Self::Json => format!(
                "{{\"apiVersion\":\"{}\",\"kind\":\"HostList\",\"items\":[",
                sanid_host::API_VERSION
            ),
            Self::Table => table("HOST", "INITIATOR NAME", "HOST NQN", "HOST ID"),
        }
    }

    /// What stands before an item, unless it is the first.
    pub(super) fn between(self) -> &'static str {
        match self {
            Self::Json => ",",
            _ => "",
        }
    }

    pub(super) fn tail(self, any: bool) -> &'static str {
        match self {
            Self::Json if any => "\n]}\n",
            Self::Json => "]}\n",
            _ => "",
        }
    }

    pub(super) fn item(self, identity: &Identity<'_>, text: &mut Vec<u8>) {
        let mut id = [0; 36];
        let id = identity
            .nvme
            .host_id
            .uuid()
            .encode_hyphenated(&mut id)
            .to_owned();
        let (iqn, nqn) = (identity.iqn.as_str(), identity.nvme.host_nqn.as_str());
        // Writing to memory cannot fail. No name has a quote, a comma or a backslash; a host's can.
        let _ = match self {
            Self::Csv => {
                cell(identity.host, text);
                text.push(b',');
                cell(iqn, text);
                text.push(b',');
                cell(nqn, text);
                writeln!(text, ",{id}")
            }
            Self::Ndjson => {
                object(identity.host, iqn, nqn, &id, text).and_then(|()| writeln!(text))
            }
            Self::Json => {
                text.extend_from_slice(b",\n");
                object(identity.host, iqn, nqn, &id, text)
            }
            Self::Table => write!(text, "{}", table(identity.host, iqn, nqn, &id)),
        };
    }
}

fn object(host: &str, iqn: &str, nqn: &str, id: &str, text: &mut Vec<u8>) -> std::io::Result<()> {
    text.extend_from_slice(b"{\"host\":");
    serde_json::to_writer(&mut *text, host)?;
    text.extend_from_slice(b",\"iqn\":");
    serde_json::to_writer(&mut *text, iqn)?;
    text.extend_from_slice(b",\"hostNqn\":");
    serde_json::to_writer(&mut *text, nqn)?;
    write!(text, ",\"hostId\":\"{id}\"}}")
}

/// The widths are those of usual names, since a table of millions is not held to measure it.
fn table(host: &str, iqn: &str, nqn: &str, id: &str) -> String {
    format!("{host:<24}  {iqn:<59}  {nqn:<68}  {id}\n")
}

/// A field of CSV (RFC 4180).
fn cell(field: &str, text: &mut Vec<u8>) {
    if !field.contains([',', '"', '\n', '\r']) {
        text.extend_from_slice(field.as_bytes());
        return;
    }
    text.push(b'"');
    text.extend_from_slice(field.replace('"', "\"\"").as_bytes());
    text.push(b'"');
}

/// Text that grows at its end, in memory that is written before: rows are put into place, not appended.
#[derive(Default)]
pub(super) struct Page {
    bytes: Vec<u8>,
    used: usize,
}

impl Page {
    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    /// For whatever is written to a vector.
    pub(super) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.bytes.truncate(self.used);
        write(&mut self.bytes);
        self.used = self.bytes.len();
    }

    /// What comes next, with so much room.
    #[inline]
    fn room(&mut self, length: usize) -> &mut [u8] {
        if self.bytes.len() - self.used < length {
            self.bytes.resize(2 * self.bytes.len() + length, 0);
        }
        self.bytes.get_mut(self.used..).unwrap_or_default()
    }
}

/// What is copied at once, by instructions and not by a call.
const CHUNK: usize = 32;

/// What a usual row becomes in CSV: all that differs are the host and one UUID, so nothing is built, only
/// copied and filled in.
pub(super) struct Plain {
    /// What follows the host, with holes for the UUID, and filled up to whole chunks.
    tail: Vec<[u8; CHUNK]>,
    length: usize,
    /// Where the holes are: in the initiator name, the host NQN, the Host ID.
    holes: [usize; 3],
}

impl Plain {
    pub(super) fn new(prefix: &IqnPrefix) -> Self {
        let mut tail = Vec::new();
        let mut holes = [0; 3];
        let parts = [
            format!(",{}:", prefix.as_str()),
            format!(",{}", HostNqn::UUID_PREFIX),
            ",".to_owned(),
        ];
        for ((hole, part), length) in holes.iter_mut().zip(parts).zip([32, 36, 36]) {
            tail.extend_from_slice(part.as_bytes());
            *hole = tail.len();
            tail.resize(tail.len() + length, b'-');
        }
        tail.push(b'\n');
        let length = tail.len();
        let chunk = |bytes: &[u8]| {
            let mut chunk = [0; CHUNK];
            chunk
                .iter_mut()
                .zip(bytes)
                .for_each(|(to, from)| *to = *from);
            chunk
        };
        Self {
            tail: tail.chunks(CHUNK).map(chunk).collect(),
            length,
            holes,
        }
    }

    /// The line of a row that has a simple host and a usable machine-id, and nothing else; `None` for one that
    /// needs a closer look.
    #[inline]
    pub(super) fn row(&self, row: &Row<'_>, page: &mut Page) -> Option<HostUuid> {
        let host = row.get(Column::Host);
        if !is_simple(host) || !is_alone(row) {
            return None;
        }
        let id = MachineId::parse_file(row.get(Column::MachineId)).ok()?;
        if id.is_denylisted() {
            return None;
        }
        let uuid = sanid_v1_host_uuid(&id);
        let digits = uuid.simple_digits();
        let hyphenated = hyphenated(&digits);
        let line = page.room(CHUNK * (self.tail.len() + 1));
        copy_short(host, line);
        let tail = line.get_mut(host.len()..)?;
        for (to, from) in tail.chunks_exact_mut(CHUNK).zip(&self.tail) {
            to.copy_from_slice(from);
        }
        let [iqn, nqn, host_id] = self.holes;
        tail.get_mut(iqn..iqn + 32)?.copy_from_slice(&digits);
        tail.get_mut(nqn..nqn + 36)?.copy_from_slice(&hyphenated);
        tail.get_mut(host_id..host_id + 36)?
            .copy_from_slice(&hyphenated);
        page.used += host.len() + self.length;
        Some(uuid)
    }
}

/// The canonical form of 32 digits (RFC 9562 section 4).
#[inline]
fn hyphenated(digits: &[u8; 32]) -> [u8; 36] {
    let mut groups = [b'-'; 36];
    let parts = [(0, 8), (9, 4), (14, 4), (19, 4), (24, 12)];
    let mut from = 0;
    for (to, length) in parts {
        if let (Some(to), Some(from)) = (
            groups.get_mut(to..to + length),
            digits.get(from..from + length),
        ) {
            to.copy_from_slice(from);
        }
        from += length;
    }
    groups
}

/// Copies less than [`CHUNK`] bytes: both halves, which may overlap.
#[inline]
fn copy_short(from: &[u8], to: &mut [u8]) {
    #[inline]
    fn halves<const N: usize>(from: &[u8], to: &mut [u8]) -> Option<()> {
        let (first, last) = (from.first_chunk::<N>()?, from.last_chunk::<N>()?);
        *to.first_chunk_mut::<N>()? = *first;
        *to.get_mut(from.len() - N..)?.first_chunk_mut::<N>()? = *last;
        Some(())
    }
    let copied = halves::<16>(from, to)
        .or_else(|| halves::<8>(from, to))
        .or_else(|| halves::<4>(from, to))
        .or_else(|| halves::<2>(from, to));
    if copied.is_none() {
        halves::<1>(from, to);
    }
}

/// Whether a host is of the letters, digits and signs of host names, and too short to hold a machine-id.
#[inline]
fn is_simple(host: &[u8]) -> bool {
    let plain = |byte: &u8| SIMPLE.get(usize::from(*byte)) == Some(&true);
    let all = host.iter().fold(true, |all, byte| all & plain(byte));
    all & !host.is_empty() & (host.len() < CHUNK)
}

/// Letters, digits and the signs of host names.
const SIMPLE: [bool; 256] = {
    let mut simple = [false; 256];
    let mut byte = 0;
    while byte < simple.len() {
        #[allow(clippy::cast_possible_truncation, reason = "it is below 256")]
        let sign = byte as u8;
        #[allow(clippy::indexing_slicing, reason = "while compiling")]
        {
            simple[byte] =
                sign.is_ascii_alphanumeric() || matches!(sign, b'-' | b'.' | b'_' | b':');
        }
        byte += 1;
    }
    simple
};

/// Whether a row says nothing but who the host is and what its machine-id is.
#[inline]
fn is_alone(row: &Row<'_>) -> bool {
    const OTHERS: [Column; 5] = [
        Column::Scheme,
        Column::IqnPrefix,
        Column::Iqn,
        Column::HostNqn,
        Column::HostId,
    ];
    OTHERS.iter().all(|column| row.get(*column).is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_texts_are_copied_whole() {
        let from: Vec<u8> = (1..=31).collect();
        for length in 1..=31 {
            let mut to = [0; 64];
            copy_short(&from[..length], &mut to);
            assert_eq!(to[..length], from[..length]);
            assert_eq!(to[length..], [0; 64][length..]);
        }
    }

    #[test]
    fn the_usual_line_is_the_line_of_the_rule() {
        let longest = format!("iqn.2024-01.{0}.{0}.{0}", "a".repeat(56));
        for prefix in [
            "iqn.2016-04.com.open-iscsi",
            "iqn.1996-04.de.suse:01",
            &longest,
        ] {
            let rule = super::super::Rule::parse("sanid-v1", prefix, None).unwrap();
            let plain = Plain::new(rule.prefix());
            let (mut page, mut expected) = (Page::default(), Vec::new());
            for number in 1..=200_u128 {
                let host = "node.example-1_a:2".repeat(2)[..=number as usize % 31].to_owned();
                let id = format!("{:032x}", number * 0x0123_4567_89ab_cdef_0123);
                let mut row = Row::default();
                row.set(Column::Host, host.as_bytes());
                row.set(Column::MachineId, id.as_bytes());
                assert!(plain.row(&row, &mut page).is_some());
                Format::Csv.item(&rule.identity(&row).unwrap(), &mut expected);
            }
            assert_eq!(page.text(), expected);
        }
    }
}
