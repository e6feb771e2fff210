//! Text in blocks that end where rows do.

use std::io::{self, BufRead};

use super::{Piece, Unusable};

/// What a core works on at a time: small enough for its cache with what comes out of it, large enough that
/// handing it over does not count.
pub(super) const BLOCK: usize = 64 * 1024;
/// How much is looked at to tell what an inventory is.
const START: usize = 64 * 1024;

/// A text, read from its beginning to its end.
pub struct Blocks {
    input: Box<dyn BufRead + Send>,
    /// Read, and not yet handed out.
    ahead: Vec<u8>,
    ended: bool,
    /// The line that `ahead` begins with, counted from 1.
    line: u64,
}

impl Blocks {
    pub(super) fn new(input: Box<dyn BufRead + Send>) -> Self {
        Self {
            input,
            ahead: Vec::new(),
            ended: false,
            line: 1,
        }
    }

    /// The beginning, which stays.
    pub(super) fn start(&mut self) -> io::Result<&[u8]> {
        self.read_to(START)?;
        Ok(&self.ahead)
    }

    /// The line that comes next, counted from 1.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// How many lines were handed out.
    pub(super) fn lines(&self) -> u64 {
        self.line - 1
    }

    /// Passes over so many bytes of what [`start`](Self::start) showed.
    pub(super) fn skip(&mut self, bytes: usize) {
        let skipped = self.ahead.drain(..bytes.min(self.ahead.len()));
        self.line += newlines(skipped.as_slice());
    }

    /// What was read and not yet handed out, after reading up to so many bytes of it; whether that is all.
    pub(super) fn ahead(&mut self, length: usize) -> Result<(&[u8], bool), Unusable> {
        let read = self.read_to(length);
        read.map_err(|error| Unusable::io(self.line + newlines(&self.ahead), &error))?;
        Ok((&self.ahead, self.ended))
    }

    fn read_to(&mut self, length: usize) -> io::Result<()> {
        while !self.ended && self.ahead.len() < length {
            // Never less than a block, so that nothing is copied twice by a reader that keeps one.
            let used = self.ahead.len();
            self.ahead.resize((used + BLOCK).max(length), 0);
            let room = self.ahead.get_mut(used..).unwrap_or_default();
            let read = self.input.read(room);
            self.ahead
                .truncate(used + read.as_ref().copied().unwrap_or_default());
            match read {
                Ok(read) => self.ended = read == 0,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The next rows. `whole` says how many bytes of a text are whole rows; a row of more than `longest` bytes is
    /// passed over up to the end of its line, and [`Piece::too_long`].
    pub(super) fn next(
        &mut self,
        piece: &mut Piece,
        longest: usize,
        whole: impl Fn(&[u8]) -> usize,
    ) -> Result<bool, Unusable> {
        piece.clear();
        piece.line = self.line;
        let mut wanted = BLOCK.max(self.ahead.len());
        loop {
            let read = self.read_to(wanted);
            read.map_err(|error| Unusable::io(self.line + newlines(&self.ahead), &error))?;
            let end = if self.ended {
                self.ahead.len()
            } else {
                whole(&self.ahead)
            };
            if end > 0 {
                std::mem::swap(&mut piece.text, &mut self.ahead);
                self.ahead
                    .extend_from_slice(piece.text.get(end..).unwrap_or_default());
                piece.text.truncate(end);
                self.line += newlines(&piece.text);
                return Ok(true);
            }
            if self.ended {
                return Ok(false);
            }
            if self.ahead.len() > longest {
                piece.too_long = true;
                return self.pass_line().map(|()| true);
            }
            wanted = 2 * self.ahead.len();
        }
    }

    fn pass_line(&mut self) -> Result<(), Unusable> {
        let failed = |error: io::Error| Unusable::io(self.line, &error);
        if let Some(end) = memchr::memchr(b'\n', &self.ahead) {
            self.ahead.drain(..=end);
        } else {
            self.ahead.clear();
            self.ahead.shrink_to(BLOCK);
            self.input.skip_until(b'\n').map_err(failed)?;
        }
        self.line += 1;
        Ok(())
    }
}

/// How many bytes of a text are whole lines.
pub(super) fn whole_lines(text: &[u8]) -> usize {
    memchr::memrchr(b'\n', text).map_or(0, |end| end + 1)
}

pub(super) fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: impl io::Read + Send + 'static, longest: usize) -> Vec<(u64, usize, bool)> {
        let mut blocks = Blocks::new(Box::new(io::BufReader::new(text)));
        let mut piece = Piece::default();
        let mut pieces = Vec::new();
        while blocks.next(&mut piece, longest, whole_lines).unwrap() {
            pieces.push((piece.line, piece.text.len(), piece.too_long));
        }
        pieces
    }

    #[test]
    fn pieces_are_whole_lines_with_their_numbers() {
        let text = "one row after the other\n".repeat(20_000);
        let pieces = pieces(io::Cursor::new(text.clone()), 1000);
        assert!(pieces.len() > 3);
        let mut line = 1;
        for (first, length, _) in &pieces {
            assert_eq!(*first, line);
            assert_eq!(length % 24, 0);
            line += *length as u64 / 24;
        }
        assert_eq!(line, 20_001);
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_whatever_its_length() {
        let long = io::Read::take(io::repeat(b'x'), 50 << 20);
        let text = io::Read::chain(io::Read::chain(&b"a\n"[..], long), &b"\nb\n"[..]);
        let pieces = pieces(text, 64 * 1024);
        assert_eq!(pieces, [(1, 2, false), (2, 0, true), (3, 2, false)]);
    }
}
