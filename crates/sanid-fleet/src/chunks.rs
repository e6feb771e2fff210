//! Text in chunks that end where rows or documents do.
//!
//! Every reader of lists, inventories and reports cuts its input here, so that all cores work on it and no file is
//! held in memory.

use std::io::{self, BufRead, Read as _};

/// The part of an input that is read to detect its format.
const START: usize = 64 * 1024;

/// A text, read from its beginning to its end.
pub struct Chunks {
    input: Box<dyn BufRead + Send>,
    size: usize,
    /// Read, and not yet handed out.
    ahead: Vec<u8>,
    ended: bool,
    /// The line that `ahead` begins with, counted from 1.
    line: u64,
}

/// Whole rows or documents of a text.
#[derive(Debug, Default)]
pub(crate) struct Chunk {
    pub(crate) text: Vec<u8>,
    /// The line that it begins with, counted from 1.
    pub(crate) line: u64,
    /// It stands for one line that is too long, which was skipped.
    pub(crate) too_long: bool,
}

/// Reading failed, with the line that was reached.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) line: u64,
    pub(crate) error: io::Error,
}

impl Chunks {
    /// Chunks of about `size` bytes.
    pub(crate) fn new(input: Box<dyn BufRead + Send>, size: usize) -> Self {
        Self {
            input,
            size,
            ahead: Vec::new(),
            ended: false,
            line: 1,
        }
    }

    /// The beginning, which is handed out later.
    pub(crate) fn start(&mut self) -> Result<&[u8], Broken> {
        let start = self.ahead(START).map(|(start, _)| start);
        start.map_err(|broken| Broken { line: 1, ..broken })
    }

    /// The line that comes next, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    /// How many lines were handed out.
    pub(crate) fn lines(&self) -> u64 {
        self.line - 1
    }

    /// Consumes this number of the bytes that [`start`](Self::start) or [`ahead`](Self::ahead) returned.
    pub(crate) fn skip(&mut self, bytes: usize) {
        let skipped = self.ahead.drain(..bytes.min(self.ahead.len()));
        self.line += newlines(skipped.as_slice());
    }

    /// What was read and not yet handed out, after reading at least `length` bytes of it; whether that is all.
    pub(crate) fn ahead(&mut self, length: usize) -> Result<(&[u8], bool), Broken> {
        let wanted = length.saturating_sub(self.ahead.len());
        if wanted > 0 && !self.ended {
            let wanted = wanted.max(self.size) as u64;
            // One more, so that a read that fills the buffer does not let it grow.
            self.ahead.reserve(usize::try_from(wanted).unwrap_or(0) + 1);
            let read = (&mut self.input).take(wanted).read_to_end(&mut self.ahead);
            match read {
                Ok(read) => self.ended = (read as u64) < wanted,
                Err(error) => {
                    let line = self.line + newlines(&self.ahead);
                    return Err(Broken { line, error });
                }
            }
        }
        Ok((&self.ahead, self.ended))
    }

    /// The next chunk, into the memory of one that is done with; whether there was one. `whole` returns how many
    /// bytes of a text are whole rows. A row of more than `longest` bytes is skipped up to the end of its line.
    pub(crate) fn next(
        &mut self,
        chunk: &mut Chunk,
        longest: usize,
        whole: impl Fn(&[u8]) -> usize,
    ) -> Result<bool, Broken> {
        chunk.text.clear();
        chunk.line = self.line;
        chunk.too_long = false;
        let mut wanted = self.size.max(self.ahead.len());
        loop {
            let (ahead, ended) = self.ahead(wanted)?;
            let end = if ended { ahead.len() } else { whole(ahead) };
            if end > 0 {
                std::mem::swap(&mut chunk.text, &mut self.ahead);
                let rest = chunk.text.get(end..).unwrap_or_default();
                self.ahead.extend_from_slice(rest);
                chunk.text.truncate(end);
                self.line += newlines(&chunk.text);
                return Ok(true);
            }
            if ended {
                return Ok(false);
            }
            if ahead.len() > longest {
                chunk.too_long = true;
                return self.skip_line().map(|()| true);
            }
            wanted = 2 * ahead.len();
        }
    }

    fn skip_line(&mut self) -> Result<(), Broken> {
        let line = self.line;
        if let Some(end) = memchr::memchr(b'\n', &self.ahead) {
            self.ahead.drain(..=end);
        } else {
            self.ahead.clear();
            self.ahead.shrink_to(self.size);
            let skipped = self.input.skip_until(b'\n');
            skipped.map_err(|error| Broken { line, error })?;
        }
        self.line += 1;
        Ok(())
    }
}

/// How many bytes of a text are whole lines.
pub(crate) fn whole_lines(text: &[u8]) -> usize {
    memchr::memrchr(b'\n', text).map_or(0, |end| end + 1)
}

pub(crate) fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 64 * 1024;

    fn chunks(text: impl io::Read + Send + 'static, longest: usize) -> Vec<(u64, usize, bool)> {
        let mut text = Chunks::new(Box::new(io::BufReader::new(text)), SIZE);
        let mut chunk = Chunk::default();
        let mut chunks = Vec::new();
        while text.next(&mut chunk, longest, whole_lines).unwrap() {
            chunks.push((chunk.line, chunk.text.len(), chunk.too_long));
        }
        chunks
    }

    #[test]
    fn chunks_are_whole_lines_with_their_numbers() {
        let text = "one row after the other\n".repeat(20_000);
        let chunks = chunks(io::Cursor::new(text.clone()), 1000);
        assert!(chunks.len() > 3);
        let mut line = 1;
        for (first, length, _) in &chunks {
            assert_eq!(*first, line);
            assert_eq!(length % 24, 0);
            line += *length as u64 / 24;
        }
        assert_eq!(line, 20_001);
    }

    #[test]
    fn a_line_that_is_too_long_is_skipped_whatever_its_length() {
        let long = io::Read::take(io::repeat(b'x'), 50 << 20);
        let text = io::Read::chain(io::Read::chain(&b"a\n"[..], long), &b"\nb\n"[..]);
        let chunks = chunks(text, 64 * 1024);
        assert_eq!(chunks, [(1, 2, false), (2, 0, true), (3, 2, false)]);
    }
}
