//! `/run/sanid/claim.json`: what came of this host's claim last, so that renewing it takes one call of the
//! store, and for monitoring.
//!
//! It decides nothing: whatever it says, the store says whether it is so. Gone after a reboot, and never part
//! of an image.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sanid_claims::metrics::ClaimFigures;
use sanid_claims::{Identity, LONGEST_RECORD, Lease, Outcome, Record, Seen, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

const DIRECTORY: &str = "/run/sanid";
const PATH: &str = "/run/sanid/claim.json";
const NEW: &str = "/run/sanid/claim.json.new";

/// The file, for one store; none for claims that are made for others.
pub(super) struct State<'a> {
    store: Option<&'a str>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    api_version: String,
    kind: String,
    store: String,
    /// A word of [`sanid_claims::metrics::STATES`].
    state: String,
    conflicts: usize,
    /// When the store last gave an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    verified: Option<Timestamp>,
    #[serde(default)]
    generation: u64,
    /// The last claim that was held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<Record>,
}

impl<'a> State<'a> {
    pub(super) fn of(this_host: bool, store: &'a str) -> Self {
        Self {
            store: this_host.then_some(store),
        }
    }

    /// The claim, where it is of these names in this store.
    pub(super) fn known(&self, identity: &Identity) -> Option<Seen> {
        let kept = read().filter(|kept| Some(kept.store.as_str()) == self.store)?;
        let record = kept.claim.filter(|claim| claim.identity == *identity)?;
        Some(Seen {
            record,
            version: kept.generation,
            lease: Lease::Live(None),
        })
    }

    /// Remembers what came of a claim. What cannot be remembered is asked for again.
    pub(super) fn keep(&self, answer: Result<&Outcome, &StoreError>) {
        let Some(store) = self.store else { return };
        let before = read().filter(|kept| kept.store == store);
        let mut kept = Kept {
            api_version: sanid_host::API_VERSION.into(),
            kind: "ClaimState".into(),
            store: store.into(),
            verified: Some(Timestamp::now()),
            ..Kept::default()
        };
        kept.state = match answer {
            Ok(Outcome::Held(grant) | Outcome::Renewed(grant) | Outcome::TakenOver(grant, _)) => {
                kept.generation = grant.generation;
                kept.claim = Some(grant.record.clone());
                "held"
            }
            Ok(Outcome::Conflict(rivals) | Outcome::Refused(rivals)) => {
                kept.conflicts = rivals.len();
                "conflict"
            }
            Ok(Outcome::Released(_) | Outcome::NotHeld) => "released",
            Err(error) => {
                if let Some(before) = before {
                    kept.verified = before.verified;
                    kept.generation = before.generation;
                    kept.claim = before.claim;
                    kept.conflicts = before.conflicts;
                } else {
                    kept.verified = None;
                }
                match error {
                    StoreError::Unreachable(_) => "unreachable",
                    _ => "failed",
                }
            }
        }
        .into();
        let _ = write(&kept);
    }
}

/// What monitoring is told.
pub(super) fn figures() -> ClaimFigures {
    let Some(kept) = read() else {
        return ClaimFigures::default();
    };
    let lease = kept.claim.as_ref().and_then(|claim| claim.lease_seconds);
    ClaimFigures {
        state: kept.state,
        generation: kept.generation,
        lease: lease.unwrap_or_default(),
        conflicts: kept.conflicts,
        verified: kept.verified,
    }
}

fn read() -> Option<Kept> {
    let bytes = fs::read(PATH).ok()?;
    if bytes.len() > 2 * LONGEST_RECORD {
        return None;
    }
    serde_json::from_slice(&bytes).ok()
}

fn write(kept: &Kept) -> std::io::Result<()> {
    if !Path::new(DIRECTORY).is_dir() {
        return Ok(());
    }
    let _ = fs::remove_file(NEW);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(NEW)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    fs::rename(NEW, PATH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What earlier versions left in `/run` before an upgrade (tests/compat).
    #[test]
    fn reads_what_earlier_versions_kept() {
        for (text, state, conflicts, generation) in [
            (
                include_str!("../../../../../tests/compat/0.1/host/run/sanid/claim.json"),
                "held",
                0,
                3,
            ),
            (
                include_str!("../../../../../tests/compat/0.1/claims/state-conflict.json"),
                "conflict",
                1,
                0,
            ),
            (
                include_str!("../../../../../tests/compat/0.1/claims/state-unreachable.json"),
                "unreachable",
                0,
                3,
            ),
            (
                include_str!("../../../../../tests/compat/0.2/host/run/sanid/claim.json"),
                "held",
                0,
                3,
            ),
            (
                include_str!("../../../../../tests/compat/0.2/claims/state-conflict.json"),
                "conflict",
                1,
                0,
            ),
            (
                include_str!("../../../../../tests/compat/0.2/claims/state-unreachable.json"),
                "unreachable",
                0,
                3,
            ),
        ] {
            let kept: Kept = serde_json::from_str(text).unwrap();
            assert_eq!(kept.store, "etcd:http://127.0.0.1:2379");
            assert_eq!(kept.state, state);
            assert_eq!((kept.conflicts, kept.generation), (conflicts, generation));
            assert!(kept.verified.is_some());
            let held = kept.claim.map(|claim| {
                (
                    claim.identity.anchor().name,
                    claim.lease_seconds,
                    claim.serial,
                )
            });
            let host_id = "652f5d50-a689-4520-b87b-fe2552ef6b8b".to_owned();
            let expected = (generation > 0).then_some((host_id, Some(86_400), 2));
            assert_eq!(held, expected, "{state}");
        }
    }
}
