//! What is to be written, all of it or nothing.

use super::event::Event;
use super::identity::Identifier;
use super::record::Record;
use super::seen::Seen;

/// What to write.
#[allow(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is never kept"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The lease begins anew, and nothing else changes: no event. The claim is still there with its version.
    Renew {
        /// The claim.
        claim: Seen,
    },
    /// A record for its names, in the place of those that end.
    Put {
        /// The record.
        record: Record,
        /// Claims that end; each loses all of its names.
        ends: Vec<Seen>,
        /// What history keeps.
        event: Event,
    },
    /// Claims end, and nobody has their names.
    Delete {
        /// The claims.
        ends: Vec<Seen>,
        /// What history keeps.
        event: Event,
    },
}

impl Change {
    /// Names that the change takes and that nobody may have: those of its record that no ended claim has.
    pub(super) fn free(&self) -> Vec<Identifier> {
        let (Self::Put { record, .. }, taken) = (self, self.taken()) else {
            return Vec::new();
        };
        let names = record.identity.identifiers();
        names
            .into_iter()
            .filter(|name| !taken.contains(name))
            .collect()
    }

    /// Names of the claims that end.
    pub(super) fn taken(&self) -> Vec<Identifier> {
        let ends: &[Seen] = match self {
            Self::Renew { .. } => &[],
            Self::Put { ends, .. } | Self::Delete { ends, .. } => ends,
        };
        ends.iter()
            .flat_map(|seen| seen.record.identity.identifiers())
            .collect()
    }
}
