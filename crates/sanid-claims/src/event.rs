//! What happened to a claim: the history that every store keeps beside it.

use serde::{Deserialize, Serialize};

use super::holder::Holder;
use super::identity::Identity;
use super::record::BadRecord;
use super::seen::Seen;
use super::time::Timestamp;

/// One transition, written in the same step as the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    /// What happened.
    pub what: What,
    /// When, by the clock of the host that did it.
    pub at: Timestamp,
    /// The claim; where some were released, the first of them.
    pub claim: String,
    /// Which writing of that claim's record: with [`claim`](Self::claim) it names the event.
    pub serial: u64,
    /// Its names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its holder.
    pub holder: Holder,
    /// Claims that ended by it; those that were released are among them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Ended>,
    /// Who released it, where that was not its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// An event with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The version of the change.
    pub sequence: u64,
    /// What happened.
    pub event: Event,
}

/// Kinds of transitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// Nobody held any of the names.
    Claimed,
    /// The same host, booted again, with other parts, or with another lease.
    Changed,
    /// The lease of who held it had expired.
    TakenOverExpired,
    /// An administrator said that who held it is fenced.
    TakenOverFenced,
    /// Given back.
    Released,
    /// An administrator said that who held it is fenced or gone.
    ReleasedFenced,
}

/// A claim that ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ended {
    /// The claim.
    pub claim: String,
    /// Its generation.
    pub generation: u64,
    /// Its names.
    #[serde(flatten)]
    pub identity: Identity,
    /// Its holder.
    pub holder: Holder,
    /// When that holder got it.
    pub since: Timestamp,
}

impl Ended {
    pub(super) fn of(seen: &Seen) -> Self {
        Self {
            claim: seen.record.id.clone(),
            generation: seen.version,
            identity: seen.record.identity.clone(),
            holder: seen.record.holder.clone(),
            since: seen.record.since,
        }
    }
}

impl What {
    /// The word in reports: API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Changed => "changed",
            Self::TakenOverExpired => "taken-over-expired",
            Self::TakenOverFenced => "taken-over-fenced",
            Self::Released => "released",
            Self::ReleasedFenced => "released-fenced",
        }
    }
}

impl Event {
    pub(super) fn bytes(&self) -> Vec<u8> {
        // A struct of strings and numbers always serialises.
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BadRecord> {
        serde_json::from_slice(bytes).map_err(|error| BadRecord(error.to_string()))
    }
}
