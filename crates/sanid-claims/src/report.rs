//! What `sanid-fleet claim` prints as JSON. Fields are added, never renamed.

use std::time::Duration;

use sanid_host::hardware::compare;
use sanid_host::report::HardwareSummary;
use serde::Serialize;

use super::decide::{Grant, Outcome, Request, Rival, Why};
use super::event::{Ended, Stored, What};
use super::holder::Holder;
use super::identity::Identity;
use super::seen::{Lease, Seen};

macro_rules! report {
    ($(#[$meta:meta])* pub struct $($rest:tt)*) => {
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $($rest)*
    };
}

report! {
    /// What came of a claim, a takeover or a release.
    pub struct ClaimReport {
        /// `sanid/v1`.
        pub api_version: &'static str,
        /// `Claim`.
        pub kind: &'static str,
        /// `held`, `renewed`, `taken-over-expired`, `taken-over-fenced`, `released`, `not-held`, `conflict` or
        /// `refused`.
        pub outcome: &'static str,
        /// The names: `iqn`, `hostNqn` and `hostId`, each where there is one, and `identifiers` of other kinds.
        #[serde(flatten)]
        pub identity: Identity,
        /// Who asked.
        pub holder: HolderReport,
        /// The claim, where the host has one.
        pub claim: Option<String>,
        /// Its generation, or fencing token: greater than every earlier one of these names in this store.
        pub generation: Option<u64>,
        /// When the host got it.
        pub since: Option<String>,
        /// For how long it holds without being renewed; absent where it holds until it is released.
        pub lease_seconds: Option<u64>,
        /// Claims that ended by it.
        pub ended: Vec<EndedReport>,
        /// Who has it instead.
        pub rivals: Vec<RivalReport>,
    }
}

report! {
    /// Who holds a claim.
    pub struct HolderReport {
        /// The host name.
        pub name: String,
        /// The keyed fingerprint of its machine-id.
        pub seed: Option<String>,
        /// Its boot.
        pub boot_id: Option<String>,
    }
}

report! {
    /// A claim that ended.
    pub struct EndedReport {
        /// The claim.
        pub claim: String,
        /// Its generation.
        pub generation: u64,
        /// Its holder.
        pub holder: HolderReport,
        /// When that got it.
        pub since: String,
    }
}

report! {
    /// A claim of another host that is in the way.
    pub struct RivalReport {
        /// The claim.
        pub claim: String,
        /// Its generation.
        pub generation: u64,
        /// Its holder.
        pub holder: HolderReport,
        /// When that got it.
        pub since: String,
        /// `live` or `expired`.
        pub lease: &'static str,
        /// For how long it holds, where the store tells.
        pub lease_left_seconds: Option<u64>,
        /// What the host that asked is to it: `clone`, `two-machines`, `other-installation` or `unknown`; in a
        /// refusal to release also what means the same host.
        pub likeness: &'static str,
        /// The same for people.
        pub meaning: &'static str,
        /// The kinds of the names that both want: `hostid`, `hostnqn`, `iqn`, or a different one.
        pub shares: Vec<String>,
        /// The hardware of the holder against that of the host that asked.
        pub hardware: HardwareSummary,
    }
}

report! {
    /// One claim in a list.
    pub struct ClaimsReport {
        /// The claim.
        pub claim: String,
        /// Its generation.
        pub generation: u64,
        /// The names: `iqn`, `hostNqn` and `hostId`, each where there is one, and `identifiers` of other kinds.
        #[serde(flatten)]
        pub identity: Identity,
        /// Its holder.
        pub holder: HolderReport,
        /// When that got it.
        pub since: String,
        /// `live` or `expired`.
        pub lease: &'static str,
        /// For how long it holds without being renewed.
        pub lease_seconds: Option<u64>,
    }
}

report! {
    /// One transition.
    pub struct EventReport {
        /// Its number: `watch --after` goes on from it.
        pub sequence: u64,
        /// When, by the clock of the host that did it.
        pub at: String,
        /// `claimed`, `changed`, `taken-over-expired`, `taken-over-fenced`, `released` or `released-fenced`.
        pub what: &'static str,
        /// The claim.
        pub claim: String,
        /// The names: `iqn`, `hostNqn` and `hostId`, each where there is one, and `identifiers` of other kinds.
        #[serde(flatten)]
        pub identity: Identity,
        /// Its holder.
        pub holder: HolderReport,
        /// Claims that ended by it.
        pub ended: Vec<EndedReport>,
        /// Who released it, where that was not its holder.
        pub by: Option<String>,
    }
}

/// The word for an outcome: API.
pub fn outcome_word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Held(_) => "held",
        Outcome::Renewed(_) => "renewed",
        Outcome::TakenOver(_, Why::Expired) => What::TakenOverExpired.as_str(),
        Outcome::TakenOver(_, Why::Fenced) => What::TakenOverFenced.as_str(),
        Outcome::Released(_) => "released",
        Outcome::NotHeld => "not-held",
        Outcome::Conflict(_) => "conflict",
        Outcome::Refused(_) => "refused",
    }
}

impl ClaimReport {
    /// The report of an outcome.
    pub fn new(request: &Request, outcome: &Outcome) -> Self {
        let none: (Option<&Grant>, &[Ended], &[Rival]) = (None, &[], &[]);
        let (grant, ended, rivals) = match outcome {
            Outcome::Held(grant) | Outcome::Renewed(grant) | Outcome::TakenOver(grant, _) => {
                (Some(grant), grant.ended.as_slice(), none.2)
            }
            Outcome::Released(ended) => (None, ended.as_slice(), none.2),
            Outcome::Conflict(rivals) | Outcome::Refused(rivals) => {
                (None, none.1, rivals.as_slice())
            }
            Outcome::NotHeld => none,
        };
        Self {
            api_version: sanid_host::API_VERSION,
            kind: "Claim",
            outcome: outcome_word(outcome),
            identity: request.identity.clone(),
            holder: HolderReport::new(&request.holder),
            claim: grant.map(|grant| grant.record.id.clone()),
            generation: grant.map(|grant| grant.generation),
            since: grant.map(|grant| grant.record.since.to_string()),
            lease_seconds: grant.and_then(|grant| grant.record.lease_seconds),
            ended: ended.iter().map(EndedReport::new).collect(),
            rivals: rivals
                .iter()
                .map(|rival| RivalReport::new(rival, &request.holder))
                .collect(),
        }
    }
}

impl HolderReport {
    fn new(holder: &Holder) -> Self {
        Self {
            name: holder.name.clone(),
            seed: holder.seed.clone(),
            boot_id: holder.boot_id.clone(),
        }
    }
}

impl EndedReport {
    fn new(ended: &Ended) -> Self {
        Self {
            claim: ended.claim.clone(),
            generation: ended.generation,
            holder: HolderReport::new(&ended.holder),
            since: ended.since.to_string(),
        }
    }
}

impl RivalReport {
    fn new(rival: &Rival, claimant: &Holder) -> Self {
        let record = &rival.seen.record;
        let compared = compare(&record.holder.evidence, &claimant.evidence);
        Self {
            claim: record.id.clone(),
            generation: rival.seen.version,
            holder: HolderReport::new(&record.holder),
            since: record.since.to_string(),
            lease: lease_word(rival.seen.lease),
            lease_left_seconds: match rival.seen.lease {
                Lease::Live(left) => left.as_ref().map(Duration::as_secs),
                Lease::Expired => None,
            },
            likeness: rival.likeness.as_str(),
            meaning: rival.likeness.words(),
            shares: rival
                .shares
                .iter()
                .map(|name| name.kind.word().to_owned())
                .collect(),
            hardware: HardwareSummary::of(compared),
        }
    }
}

impl ClaimsReport {
    /// The report of a claim.
    pub fn new(seen: &Seen) -> Self {
        let record = &seen.record;
        Self {
            claim: record.id.clone(),
            generation: seen.version,
            identity: record.identity.clone(),
            holder: HolderReport::new(&record.holder),
            since: record.since.to_string(),
            lease: lease_word(seen.lease),
            lease_seconds: record.lease_seconds,
        }
    }
}

impl EventReport {
    /// The report of an event.
    pub fn new(stored: &Stored) -> Self {
        let event = &stored.event;
        Self {
            sequence: stored.sequence,
            at: event.at.to_string(),
            what: event.what.as_str(),
            claim: event.claim.clone(),
            identity: event.identity.clone(),
            holder: HolderReport::new(&event.holder),
            ended: event.ended.iter().map(EndedReport::new).collect(),
            by: event.by.clone(),
        }
    }
}

fn lease_word(lease: Lease) -> &'static str {
    match lease {
        Lease::Live(_) => "live",
        Lease::Expired => "expired",
    }
}
