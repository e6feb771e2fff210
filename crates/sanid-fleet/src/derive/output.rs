//! The formats of identities.

use std::io::Write as _;

use sanid_core::{HostNqn, HostUuid, IqnPrefix, MachineId, sanid_v1_host_uuid};

use super::identity::Identity;
use crate::inventory::{Column, Row};

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

/// What a usual row becomes in CSV: all that differs are the host and one UUID, so nothing is built, only
/// copied and filled in.
pub(super) struct Plain {
    /// What follows the host, with holes for the UUID.
    tail: Vec<u8>,
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
        Self { tail, holes }
    }

    /// The line of a row that has a simple host and a usable machine-id, and nothing else; `None` for one that
    /// needs a closer look.
    #[inline]
    pub(super) fn row(&self, row: &Row<'_>, text: &mut Vec<u8>) -> Option<HostUuid> {
        let host = row.get(Column::Host);
        if !is_simple(host) || !is_alone(row) {
            return None;
        }
        let id = MachineId::parse_file(row.get(Column::MachineId)).ok()?;
        if id.is_denylisted() {
            return None;
        }
        let uuid = sanid_v1_host_uuid(&id);
        text.extend_from_slice(host);
        let from = text.len();
        text.extend_from_slice(&self.tail);
        let tail = text.get_mut(from..)?;
        let digits = uuid.simple_digits();
        let hyphenated = uuid.hyphenated_digits();
        let [iqn, nqn, host_id] = self.holes;
        tail.get_mut(iqn..iqn + 32)?.copy_from_slice(&digits);
        tail.get_mut(nqn..nqn + 36)?.copy_from_slice(&hyphenated);
        tail.get_mut(host_id..host_id + 36)?
            .copy_from_slice(&hyphenated);
        Some(uuid)
    }
}

/// Whether a host is of the letters, digits and signs of host names, and too short to hold a machine-id.
#[inline]
fn is_simple(host: &[u8]) -> bool {
    let plain =
        |byte: &u8| byte.is_ascii_alphanumeric() | matches!(byte, b'-' | b'.' | b'_' | b':');
    !host.is_empty() && host.len() < 32 && host.iter().all(plain)
}

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
