//! Text with a limit on its lines.

use std::io::{self, BufRead, Read};

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
