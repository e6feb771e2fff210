//! The data of a sparse member, with its holes.

use std::io::{self, Read};

use super::damaged;

pub(super) const HOLES: &str = "a sparse member has a map that is not valid";

/// Offset and length of each stored piece of a sparse file.
pub(super) type Pieces = Vec<(u64, u64)>;

/// Pieces of one map: 16 MiB of memory.
pub(super) const PIECES: usize = 1 << 20;

/// How far the data of a member was read.
pub(super) struct Holes {
    pieces: std::vec::IntoIter<(u64, u64)>,
    /// Zeros and stored bytes that come next.
    hole: u64,
    data: u64,
    /// Where the pieces that were taken end, and where the member ends.
    at: u64,
    size: u64,
}

impl Holes {
    /// The pieces of a member of `size` bytes, of which `stored` are in the archive.
    pub(super) fn new(pieces: Pieces, size: u64, stored: u64) -> io::Result<Self> {
        let (mut at, mut sum) = (0, 0_u64);
        for (offset, length) in &pieces {
            let end = offset.checked_add(*length);
            match end.filter(|end| *offset >= at && *end <= size) {
                Some(end) => at = end,
                None => return Err(damaged(HOLES)),
            }
            sum = sum.saturating_add(*length);
        }
        if sum != stored || pieces.len() > PIECES {
            return Err(damaged(HOLES));
        }
        Ok(Self {
            pieces: pieces.into_iter(),
            hole: 0,
            data: 0,
            at: 0,
            size,
        })
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Reads on; `stored` reads the bytes that are in the archive.
    pub(super) fn read(
        &mut self,
        to: &mut [u8],
        stored: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        while self.hole == 0 && self.data == 0 {
            let end = (self.size, 0);
            let (offset, length) = self.pieces.next().unwrap_or(end);
            if (offset, length) == end && self.at == self.size {
                return Ok(0);
            }
            (self.hole, self.data) = (offset - self.at, length);
            self.at = offset + length;
        }
        let next = if self.hole > 0 {
            &mut self.hole
        } else {
            &mut self.data
        };
        let room = usize::try_from(*next).unwrap_or(usize::MAX).min(to.len());
        let to = to.get_mut(..room).unwrap_or_default();
        let count = if self.hole > 0 {
            to.fill(0);
            room
        } else {
            stored(to)?
        };
        let next = if self.hole > 0 {
            &mut self.hole
        } else {
            &mut self.data
        };
        *next -= count as u64;
        Ok(count)
    }
}

/// Reads the map before the data of format 1.0: the number of pieces, then offset and length of each, in
/// decimal lines, filled up to whole blocks.
pub(super) fn map(data: &mut dyn Read, block: &mut [u8]) -> io::Result<Pieces> {
    let mut numbers = Lines::default();
    loop {
        if let Err(error) = data.read_exact(block) {
            let is_short = error.kind() == io::ErrorKind::UnexpectedEof;
            return Err(if is_short { damaged(HOLES) } else { error });
        }
        for byte in &*block {
            if let Some(map) = numbers.byte(*byte)? {
                return Ok(map);
            }
        }
    }
}

#[derive(Default)]
struct Lines {
    line: Option<u64>,
    count: Option<u64>,
    offset: Option<u64>,
    map: Pieces,
}

impl Lines {
    /// Takes the next byte, and returns the map with its last one.
    fn byte(&mut self, byte: u8) -> io::Result<Option<Pieces>> {
        match byte {
            b'0'..=b'9' => {
                let line = self.line.unwrap_or_default().checked_mul(10);
                let line = line.and_then(|line| line.checked_add(u64::from(byte - b'0')));
                self.line = Some(line.ok_or_else(|| damaged(HOLES))?);
            }
            b'\n' => {
                let line = self.line.take().ok_or_else(|| damaged(HOLES))?;
                self.number(line)?;
            }
            _ => return Err(damaged(HOLES)),
        }
        let whole = self.count == Some(self.map.len() as u64) && byte == b'\n';
        Ok(whole.then(|| std::mem::take(&mut self.map)))
    }

    fn number(&mut self, number: u64) -> io::Result<()> {
        match (self.count, self.offset.take()) {
            (None, _) if number > PIECES as u64 => return Err(damaged(HOLES)),
            (None, _) => self.count = Some(number),
            (Some(_), None) => self.offset = Some(number),
            (Some(_), Some(offset)) => self.map.push((offset, number)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(pieces: &[(u64, u64)], size: u64, stored: &[u8]) -> io::Result<Vec<u8>> {
        let mut holes = Holes::new(pieces.to_vec(), size, stored.len() as u64)?;
        let (mut rest, mut whole) = (stored, Vec::new());
        let mut part = [1; 3];
        loop {
            match holes.read(&mut part, &mut |to| rest.read(to))? {
                0 => return Ok(whole),
                count => whole.extend_from_slice(part.get(..count).unwrap()),
            }
        }
    }

    /// A map, the size of its member, what is stored of it, and what is read.
    type Row = (&'static [(u64, u64)], u64, &'static [u8], &'static [u8]);

    #[test]
    fn holes_are_zeros_before_between_and_after_the_stored_pieces() {
        let table: [Row; 6] = [
            (&[], 0, b"", b""),
            (&[], 5, b"", b"\0\0\0\0\0"),
            (&[(0, 4)], 4, b"abcd", b"abcd"),
            (&[(4, 2), (7, 1)], 9, b"abc", b"\0\0\0\0ab\0c\0"),
            (&[(0, 1), (2, 0), (3, 1), (4, 0)], 4, b"ab", b"a\0\0b"),
            (&[(0, 1), (1, 1), (2, 0), (2, 0)], 2, b"ab", b"ab"),
        ];
        for (pieces, size, stored, expected) in table {
            assert_eq!(whole(pieces, size, stored).unwrap(), expected, "{pieces:?}");
        }
    }

    #[test]
    fn rejects_a_map_that_does_not_fit_the_member() {
        for (pieces, size, stored) in [
            (vec![(2, 1), (1, 1)], 9, "ab"),
            (vec![(0, 2), (1, 1)], 9, "abc"),
            (vec![(8, 2)], 9, "ab"),
            (vec![(u64::MAX, 2)], 9, "ab"),
            (vec![(0, 2)], 9, "abc"),
            (vec![(0, 3)], 9, "ab"),
            (vec![(0, 0); PIECES + 1], 9, ""),
        ] {
            assert!(whole(&pieces, size, stored.as_bytes()).is_err());
        }
    }

    #[test]
    fn rejects_a_map_before_the_data_that_is_not_decimal_lines() {
        let read = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            map(&mut bytes.as_slice(), &mut [0; 8])
        };
        assert_eq!(read("0\n").unwrap(), []);
        assert_eq!(read("2\n0\n10\n4096\n1\n").unwrap(), [(0, 10), (4096, 1)]);
        for text in [
            "",
            "\n",
            "1\n0\n",
            "1\n0\n\n",
            "-1\n",
            "1048577\n",
            "1\n99999999999999999999\n0\n",
        ] {
            assert!(read(text).is_err(), "{text:?}");
        }
    }
}
