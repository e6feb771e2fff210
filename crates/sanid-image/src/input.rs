//! Bytes with a look ahead and a count.

use std::cell::Cell;
use std::io::{self, BufRead, Read};
use std::rc::Rc;

const BUFFER: usize = 64 * 1024;

/// A reader that can look ahead and knows how many bytes were taken from it.
pub(crate) struct Input<R> {
    source: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            taken: Rc::default(),
        }
    }

    /// How many bytes were taken.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.get()
    }

    /// The count, readable while the input is borrowed.
    pub(crate) fn counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.taken)
    }

    /// The next bytes, which stay: as many as these, or all up to the end.
    pub(crate) fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.end - self.start < count {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            while self.end < count {
                let Some(room) = self.buffer.get_mut(self.end..) else {
                    break;
                };
                match self.source.read(room) {
                    Ok(0) => break,
                    Ok(read) => self.end += read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        let end = self.end.min(self.start.saturating_add(count));
        Ok(self.buffer.get(self.start..end).unwrap_or_default())
    }

    /// Passes over zeros; whether anything comes after them.
    pub(crate) fn skip_zeros(&mut self) -> io::Result<bool> {
        loop {
            let ahead = self.fill_buf()?;
            if ahead.is_empty() {
                return Ok(false);
            }
            let zeros = ahead.iter().take_while(|byte| **byte == 0).count();
            let end = zeros < ahead.len();
            self.consume(zeros);
            if end {
                return Ok(true);
            }
        }
    }
}

impl<R: Read> BufRead for Input<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            self.peek(1)?;
        }
        Ok(self.buffer.get(self.start..self.end).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.end - self.start);
        self.start += count;
        self.taken.set(self.taken.get() + count as u64);
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        read_ahead(self, to)
    }
}

/// Reads ahead.
pub(crate) fn read_ahead(from: &mut impl BufRead, to: &mut [u8]) -> io::Result<usize> {
    let count = from.fill_buf()?.read(to)?;
    from.consume(count);
    Ok(count)
}
