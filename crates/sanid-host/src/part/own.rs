//! Names that programs take from configurations of their own, in place of the identity files.
//!
//! Every text here is escaped: a hostile file cannot write to a terminal.

mod traces;

#[cfg(test)]
pub(crate) use super::initiator_name::records::ISCSI;
pub use super::initiator_name::records::iscsi_record;
#[cfg(test)]
pub(crate) use super::nvme_pair::configs::{DISCOVERY, FABRICS, JSON, PERSONA, STAS};
pub use super::nvme_pair::configs::{discovery, fabrics, json, lxd, stas};
pub use traces::{Config, Trace};
pub(super) use traces::{Dialect, entries};

use std::ops::Range;

use super::{IdentityFile, Names, Part};
use crate::root::escape;

/// In characters; a host NQN has at most 223.
pub(super) const SHOWN: usize = 256;
/// Names that are kept, of one file and in all.
pub(crate) const NAMES: usize = 1024;

/// The names that programs take from configurations of their own, in place of the identity files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnNames {
    /// Each place with a name.
    pub names: Vec<OwnName>,
    /// Why each configuration that is there could not be read.
    pub unread: Vec<String>,
}

/// The names in one place of a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnName {
    /// The program and its kind of configuration.
    pub reader: &'static OwnReader,
    /// The file, relative to the root.
    pub path: String,
    /// The names and their line.
    pub own: Own,
}

impl OwnName {
    /// `/FILE:LINE`, in the host.
    pub fn place(&self) -> String {
        format!("/{}:{}", escape(self.path.as_bytes()), self.own.line)
    }
}

/// A program with a kind of configuration that may name the host.
#[derive(Debug, PartialEq, Eq)]
pub struct OwnReader {
    /// The part that its names replace.
    pub part: Part,
    /// The program in reports.
    pub name: &'static str,
    /// What to take out of the file, so that it names nothing: `KEYS out of`.
    pub(crate) keys: &'static str,
}

/// The host's names in one place of a configuration. A name that is not set comes from the identity files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// The line of the first name, from 1.
    pub line: usize,
    /// The names.
    pub names: Names,
    /// Why the program refuses the file.
    pub fault: Option<&'static str>,
}

impl Own {
    pub(super) fn at(line: usize) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    pub(super) fn some(self) -> Option<Self> {
        (!self.names.is_empty()).then_some(self)
    }

    /// Sets or removes a name, found in this line.
    pub(super) fn set(&mut self, file: IdentityFile, value: &[u8], line: usize) {
        let name = shown(value);
        if self.line == 0 && name.is_some() {
            self.line = line;
        }
        self.names.set(file, name);
    }
}

/// Bytes as they are shown; `None` for an empty value.
pub(super) fn shown(value: &[u8]) -> Option<String> {
    let value = value.trim_ascii();
    (!value.is_empty()).then(|| escape(value).chars().take(SHOWN).collect())
}

/// The lines, numbered from 1, with where each is with its end, and without the end.
pub(super) fn numbered(bytes: &[u8]) -> impl Iterator<Item = (usize, Range<usize>, &[u8])> {
    let mut at = 0;
    let lines = bytes.split_inclusive(|byte| *byte == b'\n');
    (1..).zip(lines).map(move |(number, line)| {
        let start = at;
        at += line.len();
        (number, start..at, line.strip_suffix(b"\n").unwrap_or(line))
    })
}

/// The lines without the whitespace at their ends, numbered from 1.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    numbered(bytes).map(|(number, _, line)| (number, line.trim_ascii()))
}

pub(super) fn key_value(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().position(|byte| *byte == b'=')?;
    let (key, value) = line.split_at(at);
    Some((key.trim_ascii(), value.get(1..)?.trim_ascii()))
}
