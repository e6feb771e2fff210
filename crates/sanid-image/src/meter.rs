//! Limits against decompression bombs.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::limits::Limits;

/// Stops a decoder that makes too much of too little.
pub(crate) struct Meter<R> {
    source: R,
    taken: Rc<Cell<u64>>,
    began: u64,
    made: u64,
    output: Rc<Cell<u64>>,
    limits: Limits,
    /// Whether everything that is decompressed is held against everything that was read.
    whole: bool,
}

impl<R> Meter<R> {
    /// Watches what a decoder makes of the bytes that `taken` counts; `output` is the sum over all decoders.
    pub(crate) fn new(
        source: R,
        taken: Rc<Cell<u64>>,
        output: Rc<Cell<u64>>,
        limits: Limits,
    ) -> Self {
        let began = taken.get();
        Self {
            source,
            taken,
            began,
            made: 0,
            output,
            limits,
            whole: false,
        }
    }

    /// Watches all decoders together, also those inside each other and one after the other: `taken` counts
    /// what was read of the file itself.
    pub(crate) fn of_all(
        source: R,
        taken: Rc<Cell<u64>>,
        output: Rc<Cell<u64>>,
        limits: Limits,
    ) -> Self {
        Self {
            began: 0,
            whole: true,
            ..Self::new(source, taken, output, limits)
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("a limit is reached")]
struct Reached;

pub(crate) fn is_limit(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Reached>)
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(to)?;
        self.made += count as u64;
        self.output.set(self.output.get() + count as u64);
        let from = self.taken.get().saturating_sub(self.began).max(1);
        let made = if self.whole {
            self.output.get()
        } else {
            self.made
        };
        let bomb = made > Limits::RATIO_FROM && made / from > self.limits.ratio;
        if bomb || self.output.get() > self.limits.output {
            return Err(io::Error::other(Reached));
        }
        Ok(count)
    }
}

/// Which limit it was.
pub(crate) fn reached(output: &Cell<u64>, limits: &Limits) -> &'static str {
    if output.get() > limits.output {
        "it becomes too large when it is decompressed"
    } else {
        "it is compressed as nothing but a bomb is"
    }
}
