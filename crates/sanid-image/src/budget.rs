//! One bound on the work that a whole image may ask for, however many files it is divided into.
//!
//! The bound is in bytes and members and not in seconds, so that the same image has the same result on
//! every machine. [`Limits`](crate::Limits) bound one initramfs; a thousand that each stay below them would
//! still take hours.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Bytes: those read of configuration, initramfs images and unified kernel images, and those that
/// decompression makes of them. An image with ten kernels has a tenth of it.
const BYTES: u64 = 16 << 30;
/// Members: names in the directories that are read, and entries of initramfs images.
const MEMBERS: u64 = 2_000_000;

/// What an image may still ask for. Clones share it.
#[derive(Clone)]
pub(crate) struct Budget(Rc<Left>);

struct Left {
    bytes: Cell<u64>,
    members: Cell<u64>,
    spent: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(BYTES, MEMBERS)
    }
}

/// The error of a reader whose budget is spent.
#[derive(Debug, thiserror::Error)]
#[error(
    "the limit of one image is reached: {} GiB of initramfs images and configuration, read and decompressed, or {} \
     million names",
    BYTES >> 30,
    MEMBERS / 1_000_000
)]
pub(crate) struct Spent;

impl Budget {
    pub(crate) fn new(bytes: u64, members: u64) -> Self {
        Self(Rc::new(Left {
            bytes: Cell::new(bytes),
            members: Cell::new(members),
            spent: Cell::new(false),
        }))
    }

    /// Whether something was refused, after which nothing more is granted.
    pub(crate) fn is_spent(&self) -> bool {
        self.0.spent.get()
    }

    /// Takes one member.
    pub(crate) fn member(&self) -> Result<(), Spent> {
        self.take(&self.0.members, 1)
    }

    /// A reader whose bytes are taken from the budget.
    pub(crate) fn of<R: Read>(&self, source: R) -> Metered<R> {
        Metered {
            source,
            budget: self.clone(),
        }
    }

    fn take(&self, from: &Cell<u64>, count: u64) -> Result<(), Spent> {
        let left = from.get().checked_sub(count).filter(|_| !self.is_spent());
        match left {
            Some(left) => from.set(left),
            None => self.0.spent.set(true),
        }
        left.map(drop).ok_or(Spent)
    }
}

/// A reader within a budget.
pub(crate) struct Metered<R> {
    source: R,
    budget: Budget,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.budget.is_spent() {
            return Err(io::Error::other(Spent));
        }
        let count = self.source.read(to)?;
        let taken = self.budget.take(&self.budget.0.bytes, count as u64);
        taken.map(|()| count).map_err(io::Error::other)
    }
}

/// Whether an error is that of a spent budget.
pub(crate) fn is_spent(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(<dyn std::error::Error + Send + Sync>::is::<Spent>)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_bytes_and_members_until_one_of_them_is_spent() {
        for (bytes, members) in [(1000, 3), (100, 10)] {
            let budget = Budget::new(bytes, members);
            let clone = budget.clone();
            let mut granted = 0;
            while clone.member().is_ok() {
                let mut part = budget.of(io::repeat(0)).take(50);
                if part.read_to_end(&mut Vec::new()).is_err() {
                    break;
                }
                granted += 1;
            }
            assert_eq!(granted, if bytes == 100 { 2 } else { 3 });
            assert!(budget.is_spent());
            assert!(budget.member().is_err(), "no member after the bytes");
            let after = budget.of(io::empty()).read(&mut [0]);
            assert!(after.is_err_and(|error| is_spent(&error)));
        }
    }
}
