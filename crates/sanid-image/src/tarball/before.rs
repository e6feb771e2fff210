//! The headers before a member that belong to it: GNU's long names, and pax extended headers (POSIX,
//! pax Interchange Format).

use std::io;

use super::damaged;
use super::holes::{HOLES, Pieces};

/// What these headers say of the next member.
#[derive(Default)]
pub(super) struct Before {
    pub(super) name: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// A name that some programs use instead, once [`Before::map`] is known.
    pub(super) second_name: Option<Vec<u8>>,
    sparse: Sparse,
    any: bool,
    is_extended: bool,
}

/// The keywords `GNU.sparse.*`.
#[derive(Default)]
struct Sparse {
    name: Option<Vec<u8>>,
    /// A path that comes after the name: the name counts for GNU tar and bsdtar, and the path for Python.
    second_name: Option<Vec<u8>>,
    size: Option<u64>,
    major: Option<u64>,
    /// Offsets and lengths in turn.
    map: Option<Vec<u64>>,
}

/// Where the map of a sparse member is.
pub(super) enum Map {
    /// The member is not sparse.
    None,
    /// Formats 0.0 and 0.1: in the extended header.
    Known(Pieces, u64),
    /// Format 1.0: before the data.
    InData(u64),
}

impl Before {
    pub(super) fn is_empty(&self) -> bool {
        !self.any
    }

    pub(super) fn long_name(&mut self, name: Vec<u8>) -> io::Result<()> {
        self.any = true;
        once(&mut self.name, name)
    }

    pub(super) fn long_link(&mut self, link: Vec<u8>) -> io::Result<()> {
        self.any = true;
        once(&mut self.link, link)
    }

    /// Adds the records of the member's extended header. GNU tar forgets the first of two.
    pub(super) fn extend(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_extended {
            return Err(damaged("a member has two extended headers"));
        }
        let mut own = Self::default();
        for (key, value) in records(bytes)? {
            own.record(key, value)?;
        }
        let (name, link) = (self.name.take(), self.link.take());
        *self = Self {
            any: true,
            is_extended: true,
            ..own
        };
        name.map_or(Ok(()), |name| once(&mut self.name, name))?;
        link.map_or(Ok(()), |link| once(&mut self.link, link))
    }

    /// One record; of several with one keyword in one header the last counts.
    fn record(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let sparse = &mut self.sparse;
        match key {
            b"path" if sparse.name.as_deref().is_some_and(|name| name != value) => {
                sparse.second_name = Some(name(value)?);
            }
            b"path" => self.name = Some(name(value)?),
            b"linkpath" => self.link = Some(name(value)?),
            b"size" => self.size = Some(number(value)?),
            b"GNU.sparse.name" => sparse.name = Some(name(value)?),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => sparse.size = Some(number(value)?),
            b"GNU.sparse.major" => sparse.major = Some(number(value)?),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                let map = sparse.map.get_or_insert_default();
                let is_offset = key.ends_with(b"offset");
                if is_offset != (map.len() % 2 == 0) {
                    return Err(damaged(HOLES));
                }
                map.push(number(value)?);
            }
            b"GNU.sparse.map" if sparse.map.is_some() => return Err(damaged(HOLES)),
            b"GNU.sparse.map" => {
                let parts = value
                    .split(|byte| *byte == b',')
                    .filter(|part| !part.is_empty());
                sparse.map = Some(parts.map(number).collect::<io::Result<_>>()?);
            }
            b"SCHILY.filetype" if value == b"sparse" => {
                return Err(damaged(
                    "it has a sparse member in the format of star, which is not read",
                ));
            }
            _ if key.starts_with(b"GNU.volume.") && key != b"GNU.volume.label" => {
                return Err(damaged(VOLUME));
            }
            _ => {}
        }
        Ok(())
    }

    /// The map of the member's holes. It takes the name that the member has in it.
    pub(super) fn map(&mut self) -> io::Result<Map> {
        let sparse = std::mem::take(&mut self.sparse);
        self.second_name = sparse.second_name;
        if sparse.name.is_some() {
            self.name = sparse.name;
        }
        match (sparse.major, sparse.map, sparse.size) {
            (None, None, None) => Ok(Map::None),
            (Some(1), None, Some(size)) => Ok(Map::InData(size)),
            (None | Some(0), map, Some(size)) => {
                let map = map.unwrap_or_default();
                if map.len() % 2 != 0 {
                    return Err(damaged(HOLES));
                }
                let pieces = map.chunks_exact(2).filter_map(|piece| match piece {
                    [offset, length] => Some((*offset, *length)),
                    _ => None,
                });
                Ok(Map::Known(pieces.collect(), size))
            }
            _ => Err(damaged(HOLES)),
        }
    }
}

pub(super) const VOLUME: &str = "it is one volume of a multi-volume archive, which is not read; join the volumes with `tar --multi-volume`";

/// A header for all following members: programs differ in what they take from it, so nothing that changes
/// where a member goes is accepted.
pub(super) fn global(bytes: &[u8]) -> io::Result<()> {
    for (key, value) in records(bytes)? {
        let moves = matches!(key, b"path" | b"linkpath" | b"size");
        if moves || key.starts_with(b"GNU.sparse.") {
            return Err(damaged(
                "a global extended header gives every member one name or size",
            ));
        }
        Before::default().record(key, value)?;
    }
    Ok(())
}

/// Sets what no earlier header of the member has set to another value: programs differ in which counts.
fn once<T: PartialEq>(to: &mut Option<T>, value: T) -> io::Result<()> {
    if to.as_ref().is_some_and(|before| *before != value) {
        return Err(damaged("the headers of a member contradict each other"));
    }
    *to = Some(value);
    Ok(())
}

/// Keywords and values: a length in digits, a space, the keyword, `=`, the value and a newline.
fn records(mut bytes: &[u8]) -> io::Result<Vec<(&[u8], &[u8])>> {
    let mut records = Vec::new();
    while bytes.iter().any(|byte| *byte != 0) {
        let (record, rest) = split(bytes)
            .ok_or_else(|| damaged("an extended header has a record that is not valid"))?;
        records.push(record);
        bytes = rest;
    }
    Ok(records)
}

/// A record, and the bytes after it.
type Split<'a> = ((&'a [u8], &'a [u8]), &'a [u8]);

fn split(bytes: &[u8]) -> Option<Split<'_>> {
    let digits = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(number(bytes.get(..digits)?).ok()?).ok()?;
    let (record, rest) = bytes.split_at_checked(length)?;
    let (newline, record) = record.get(digits + 1..)?.split_last()?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let (key, value) = record.split_at(equals);
    (*newline == b'\n').then_some(((key, value.get(1..)?), rest))
}

fn number(digits: &[u8]) -> io::Result<u64> {
    let valid = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(digits).ok().filter(|_| valid);
    text.and_then(|text| text.parse().ok())
        .ok_or_else(|| damaged("an extended header has a number that is not valid"))
}

fn name(value: &[u8]) -> io::Result<Vec<u8>> {
    if value.is_empty() || value.contains(&0) {
        return Err(damaged("an extended header has a name that is not valid"));
    }
    Ok(value.to_vec())
}
