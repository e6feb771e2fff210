//! Text with a limit on its lines, and the lines on which records begin.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use super::LONGEST_LINE;

/// Text whose lines are no longer than [`LONGEST_LINE`]; a longer one is an error.
pub(crate) struct LineLimit<R> {
    inner: R,
    line: u64,
    length: usize,
}

impl<R: BufRead> LineLimit<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            inner,
            line: 1,
            length: 0,
        }
    }

    fn check(&mut self, bytes: &[u8]) -> io::Result<()> {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.length += piece.len();
            if self.length > LONGEST_LINE {
                let why = format!("line {} is longer than {LONGEST_LINE} bytes", self.line);
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            }
            if piece.ends_with(b"\n") {
                self.line += 1;
                self.length = 0;
            }
        }
        Ok(())
    }
}

impl<R: BufRead> Read for LineLimit<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.check(buffer.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

/// Where lines begin that are not empty: their bytes and numbers, for [`LineStarts::line`].
///
/// The reader of CSV skips empty lines, and counts them to the record that follows.
#[derive(Clone, Default)]
pub(super) struct LineStarts(Rc<RefCell<VecDeque<(u64, u64)>>>);

impl LineStarts {
    /// The line of the first record at this byte or behind it; those before are forgotten.
    pub(super) fn line(&self, byte: u64) -> Option<u64> {
        let mut starts = self.0.borrow_mut();
        while starts.front().is_some_and(|(start, _)| *start < byte) {
            starts.pop_front();
        }
        starts.front().map(|(_, line)| *line)
    }

    /// The same text, whose lines are seen.
    pub(super) fn of<R: Read>(&self, text: R) -> impl Read + use<R> {
        Seen {
            text,
            starts: self.clone(),
            at: 0,
            line: 1,
            begins: true,
        }
    }
}

struct Seen<R> {
    text: R,
    starts: LineStarts,
    at: u64,
    line: u64,
    begins: bool,
}

impl<R: Read> Read for Seen<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.text.read(buffer)?;
        let mut starts = self.starts.0.borrow_mut();
        for byte in buffer.get(..read).unwrap_or_default() {
            if self.begins && !b"\r\n".contains(byte) {
                starts.push_back((self.at, self.line));
                self.begins = false;
            }
            if *byte == b'\n' {
                self.line += 1;
                self.begins = true;
            }
            self.at += 1;
        }
        Ok(read)
    }
}
