//! What a store shows: claims as they are at one moment.

use std::time::Duration;

use super::record::Record;

/// A claim as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The claim.
    pub record: Record,
    /// The number of the change that wrote it: greater than that of every earlier change in this store, and
    /// so the generation, or fencing token, of the holder.
    pub version: u64,
    /// Its lease, by the store's clock.
    pub lease: Lease,
}

/// Whether a claim still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It holds; for how long at least, where the store tells.
    Live(Option<Duration>),
    /// Whoever asks may have it.
    Expired,
}

/// Who has which of some names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every claim that has at least one of them, each once.
    pub claims: Vec<Seen>,
}

impl Snapshot {
    /// Adds a claim once.
    pub fn add(&mut self, seen: Seen) {
        if !self
            .claims
            .iter()
            .any(|one| one.record.id == seen.record.id)
        {
            self.claims.push(seen);
        }
    }
}
