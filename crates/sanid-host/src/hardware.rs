//! The hardware that this installation was first seen on, against the hardware it is on now: the same host,
//! the same host with changed parts, or probably a clone.
//!
//! What is stored, `/var/lib/sanid/hardware.json`, are digests keyed with the machine-id
//! ([`MachineId::hardware_digest`](sanid_core::MachineId::hardware_digest)): without it they tell nothing.
//! It decides nothing about the identity; delete it, and the next change of the identity or the next boot
//! writes it again. The weights are explained, with worked cases, in docs/clones.md.

use serde::{Deserialize, Serialize};

use crate::API_VERSION;
use crate::document;
use crate::facts::Facts;
pub use crate::facts::{Evidence, HardwareFacts, HardwareState};
use crate::observed::Observed;

/// The name of the file in [`crate::record::DIRECTORY`].
pub const NAME: &str = "hardware.json";
/// The file, relative to the root.
pub const PATH: &str = "var/lib/sanid/hardware.json";
/// Some digests of 32 digits each: hundreds of network interfaces have room.
pub const LIMIT: usize = 64 * 1024;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HardwareRecord {
    /// `sanid/v1`.
    pub api_version: String,
    /// `HardwareRecord`.
    pub kind: String,
    /// The fingerprint of the machine-id that the digests are keyed with: with a different one they cannot be
    /// compared, and need not be, since the names are others, too.
    pub seed: String,
    /// What was seen.
    #[serde(flatten)]
    pub evidence: Evidence,
}

/// How one kind of evidence compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "EvidenceMatch")
)]
#[serde(rename_all = "kebab-case")]
pub enum Match {
    /// One side is not known.
    Unknown,
    /// Equal to the recorded one; for MAC addresses, at least one of them.
    Same,
    /// Not the recorded one.
    Different,
}

/// The verdict from the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(
    feature = "schema",
    derive(schemars::JsonSchema),
    schemars(rename = "HardwareVerdict")
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// There is nothing to compare.
    Unknown,
    /// The same host.
    SameHost,
    /// The same host with other parts.
    PartsChanged,
    /// Probably a clone, or a disk in another machine.
    CloneSuspected,
}

/// Every kind of evidence compared, and the sum of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The system UUID.
    pub firmware_uuid: Match,
    /// The board's serial number.
    pub board_serial: Match,
    /// The MAC addresses.
    pub macs: Match,
    /// The root file system.
    pub root_fs: Match,
}

impl Match {
    /// The word in reports: API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Same => "same",
            Self::Different => "different",
        }
    }

    fn of(recorded: Option<&String>, seen: Option<&String>) -> Self {
        match (recorded, seen) {
            (Some(recorded), Some(seen)) if recorded == seen => Self::Same,
            (Some(_), Some(_)) => Self::Different,
            _ => Self::Unknown,
        }
    }
}

impl Verdict {
    /// The word in reports: API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::SameHost => "same-host",
            Self::PartsChanged => "parts-changed",
            Self::CloneSuspected => "clone-suspected",
        }
    }
}

/// Compares what was recorded with what is seen.
pub fn compare(recorded: &Evidence, seen: &Evidence) -> Comparison {
    let macs = if recorded.macs.is_empty() || seen.macs.is_empty() {
        // Early in the boot the drivers of some are still to come: absence proves nothing.
        Match::Unknown
    } else if seen.macs.iter().any(|mac| recorded.macs.contains(mac)) {
        Match::Same
    } else {
        Match::Different
    };
    Comparison {
        firmware_uuid: Match::of(recorded.firmware_uuid.as_ref(), seen.firmware_uuid.as_ref()),
        board_serial: Match::of(recorded.board_serial.as_ref(), seen.board_serial.as_ref()),
        macs,
        root_fs: Match::of(recorded.root_fs.as_ref(), seen.root_fs.as_ref()),
    }
}

impl Comparison {
    /// The kinds by name, as reports have them, with how they compare.
    pub fn by_name(&self) -> [(&'static str, Match); 4] {
        [
            ("firmware UUID", self.firmware_uuid),
            ("board serial number", self.board_serial),
            ("MAC addresses", self.macs),
            ("root file system", self.root_fs),
        ]
    }

    /// The sum of the weights; below zero the evidence speaks for another machine.
    pub fn weight(&self) -> i32 {
        use Match::{Different, Same, Unknown};
        // The two are weighed together, since a board that is replaced often gets the UUID of the old one
        // from the service processor, and a hypervisor that keeps the UUID of a clone gives it no other board.
        let machine = match (self.firmware_uuid, self.board_serial) {
            (Same, Same) => 6,
            (Same, Different) | (Unknown, Same) => 3,
            (Same, Unknown) => 2,
            (Different, Same) => 1,
            (Unknown, Unknown) => 0,
            (Unknown, Different) => -3,
            (Different, Unknown) => -4,
            (Different, Different) => -6,
        };
        let network = match self.macs {
            Same => 3,
            Unknown => 0,
            Different => -3,
        };
        // A copied disk has the same one, so that it proves nothing.
        machine + network - i32::from(self.root_fs == Different)
    }

    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        let all = self.by_name().map(|(_, compared)| compared);
        if all.iter().all(|one| *one == Match::Unknown) {
            Verdict::Unknown
        } else if self.weight() < 0 {
            Verdict::CloneSuspected
        } else if all.contains(&Match::Different) {
            Verdict::PartsChanged
        } else {
            Verdict::SameHost
        }
    }
}

impl HardwareFacts {
    /// How recorded and seen compare, where there is a record.
    pub fn comparison(&self) -> Option<Comparison> {
        match &self.recorded {
            HardwareState::Present(recorded) => Some(compare(recorded, &self.seen)),
            _ => None,
        }
    }
}

/// The record to write beside a change or at boot: a first one, or one with what could not be seen so far.
/// A part that differs keeps its record, since only an administrator knows the reason.
pub fn to_store(facts: &Facts) -> Option<HardwareRecord> {
    let Observed::Saw(hardware) = &facts.hardware else {
        return None;
    };
    let seen = &hardware.seen;
    let evidence = match &hardware.recorded {
        HardwareState::Unknown | HardwareState::Unreadable(_) => return None,
        HardwareState::Missing | HardwareState::Invalid(_) => seen.clone(),
        HardwareState::Present(recorded) => {
            if compare(recorded, seen).verdict() == Verdict::CloneSuspected {
                return None;
            }
            let filled = recorded.filled(seen);
            if filled == *recorded {
                return None;
            }
            filled
        }
    };
    HardwareRecord::new(facts, evidence)
}

impl Evidence {
    fn filled(&self, seen: &Self) -> Self {
        let either = |one: &Option<String>, other: &Option<String>| one.clone().or(other.clone());
        Self {
            firmware_uuid: either(&self.firmware_uuid, &seen.firmware_uuid),
            board_serial: either(&self.board_serial, &seen.board_serial),
            macs: if self.macs.is_empty() {
                seen.macs.clone()
            } else {
                self.macs.clone()
            },
            root_fs: either(&self.root_fs, &seen.root_fs),
        }
    }
}

impl HardwareRecord {
    /// The record of some evidence for this host's machine-id; none where there is neither.
    pub fn new(facts: &Facts, evidence: Evidence) -> Option<Self> {
        let seed = facts.machine_id.seed()?;
        (evidence != Evidence::default()).then(|| Self {
            api_version: API_VERSION.into(),
            kind: "HardwareRecord".into(),
            seed: seed.fingerprint().to_string(),
            evidence,
        })
    }

    /// Reads a record.
    ///
    /// # Errors
    /// A sentence that says why it is invalid.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        document::parse(bytes, |record: &Self| &record.api_version)
    }

    /// The record as it is stored: one JSON document and a line end.
    pub fn bytes(&self) -> Vec<u8> {
        document::bytes(self)
    }
}

#[cfg(test)]
mod tests;
