//! One header block, in the formats v7, ustar, pax, oldgnu and gnu.

use std::io;

use super::damaged;
use super::holes::Pieces;

pub(crate) const BLOCK: usize = 512;

/// The magic of oldgnu and gnu, which keep times where ustar has the prefix of the name.
const GNU: &[u8] = b"ustar  \0";
const USTAR: &[u8] = b"ustar\0";

/// The first block of a member.
pub(super) struct Header([u8; BLOCK]);

impl Header {
    /// The header in this block, if the block has the checksum that makes it one.
    pub(super) fn of(block: &[u8; BLOCK]) -> Option<Self> {
        has_checksum(block).then_some(Self(*block))
    }

    fn field(&self, at: usize, length: usize) -> &[u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    pub(super) fn kind(&self) -> u8 {
        self.field(156, 1).first().copied().unwrap_or_default()
    }

    pub(super) fn is_gnu(&self) -> bool {
        self.field(257, 8) == GNU
    }

    pub(super) fn size(&self) -> io::Result<u64> {
        size(self.field(124, 12))
    }

    /// The name with its prefix.
    pub(super) fn name(&self) -> io::Result<Vec<u8>> {
        let (name, prefix) = (text(self.field(0, 100)), text(self.field(345, 155)));
        // GNU tar has the time of the last access there.
        let is_time = self.is_gnu() && number(self.field(345, 12)).is_some();
        if prefix.is_empty() || is_time {
            Ok(name.to_vec())
        } else if self.field(257, 6) == USTAR {
            Ok([prefix, b"/", name].concat())
        } else {
            // Python's tarfile prepends it, GNU tar does not.
            Err(damaged(
                "a header has a prefix that its format does not define",
            ))
        }
    }

    pub(super) fn link(&self) -> Vec<u8> {
        text(self.field(157, 100)).to_vec()
    }

    /// The first four pieces of a sparse file's map, its length, and whether blocks of the map follow.
    pub(super) fn sparse(&self) -> io::Result<(Pieces, u64, bool)> {
        let mut map = Vec::new();
        pieces(self.field(386, 96), &mut map)?;
        let more = self.field(482, 1) != [0];
        Ok((map, size(self.field(483, 12))?, more))
    }
}

/// Appends the pieces of a block that continues a map, and returns whether another block follows.
pub(super) fn continued(block: &[u8; BLOCK], map: &mut Pieces) -> io::Result<bool> {
    pieces(block.get(..504).unwrap_or_default(), map)?;
    Ok(block.get(504).is_some_and(|more| *more != 0))
}

/// Offsets and lengths in twelve bytes each; an empty field ends them.
fn pieces(fields: &[u8], map: &mut Pieces) -> io::Result<()> {
    for piece in fields.chunks_exact(24) {
        let (offset, length) = piece.split_at(12);
        if length.first() == Some(&0) {
            break;
        }
        map.push((size(offset)?, size(length)?));
    }
    Ok(())
}

/// The bytes before the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn size(field: &[u8]) -> io::Result<u64> {
    number(field).ok_or_else(|| damaged("a header has a number that is not valid"))
}

/// A number in octal digits or in base 256. Forms that programs read differently have no value: negative
/// numbers, base 64, digits after a NUL or with anything but spaces and NULs after them.
fn number(field: &[u8]) -> Option<u64> {
    if let [0x80, digits @ ..] = field {
        return digits.iter().try_fold(0_u64, |value, byte| {
            value.checked_mul(256)?.checked_add(u64::from(*byte))
        });
    }
    let begin = field.iter().take_while(|byte| **byte == b' ').count();
    let field = field.get(begin..)?;
    let length = field
        .iter()
        .take_while(|byte| matches!(byte, b'0'..=b'7'))
        .count();
    let (digits, rest) = field.split_at(length);
    let ends = rest.iter().all(|byte| matches!(byte, 0 | b' '));
    let value = digits.iter().try_fold(0_u64, |value, digit| {
        value.checked_mul(8)?.checked_add(u64::from(digit - b'0'))
    });
    value.filter(|_| ends)
}

/// Whether a block has the checksum that makes it a header. Some old programs summed signed bytes.
pub(crate) fn has_checksum(block: &[u8]) -> bool {
    let (Some(before), Some(field), Some(after)) =
        (block.get(..148), block.get(148..156), block.get(156..BLOCK))
    else {
        return false;
    };
    let bytes = || before.iter().chain(b"        ").chain(after).copied();
    let unsigned: i64 = bytes().map(i64::from).sum();
    let signed: i64 = bytes()
        .map(|byte| i64::from(i8::from_ne_bytes([byte])))
        .sum();
    let stated = number(field).and_then(|sum| i64::try_from(sum).ok());
    stated.is_some_and(|sum| sum == unsigned || sum == signed)
}
