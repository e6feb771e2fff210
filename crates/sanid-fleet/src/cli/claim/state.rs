//! `/run/sanid/claim.json`: the claim that this host had last, so that renewing it takes one call of the store.
//!
//! It decides nothing: whatever it says, the store says whether it is so. Gone after a reboot, and never part
//! of an image.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::claims::{Grant, Identity, LONGEST_RECORD, Lease, Outcome, Record, Seen};

const DIRECTORY: &str = "/run/sanid";
const PATH: &str = "/run/sanid/claim.json";
const NEW: &str = "/run/sanid/claim.json.new";

/// The file, for one store; none for claims that are made for others.
pub(super) struct State<'a> {
    store: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    api_version: String,
    kind: String,
    store: String,
    generation: u64,
    claim: Record,
}

impl<'a> State<'a> {
    pub(super) fn of(this_host: bool, store: &'a str) -> Self {
        Self {
            store: this_host.then_some(store),
        }
    }

    /// The claim, where it is of these names in this store.
    pub(super) fn known(&self, identity: &Identity) -> Option<Seen> {
        let bytes = fs::read(PATH).ok()?;
        if bytes.len() > 2 * LONGEST_RECORD {
            return None;
        }
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        let fits = Some(kept.store.as_str()) == self.store && kept.claim.identity == *identity;
        fits.then_some(Seen {
            record: kept.claim,
            version: kept.generation,
            lease: Lease::Live(None),
        })
    }

    /// Remembers what came of a claim. What cannot be remembered is asked for again.
    pub(super) fn keep(&self, outcome: &Outcome) {
        let Some(store) = self.store else { return };
        let _ = match outcome {
            Outcome::Held(grant) | Outcome::Renewed(grant) | Outcome::TakenOver(grant, _) => {
                write(store, grant)
            }
            _ => fs::remove_file(PATH),
        };
    }
}

fn write(store: &str, grant: &Grant) -> std::io::Result<()> {
    let kept = Kept {
        api_version: sanid_host::API_VERSION.into(),
        kind: "ClaimState".into(),
        store: store.into(),
        generation: grant.generation,
        claim: grant.record.clone(),
    };
    if !Path::new(DIRECTORY).is_dir() {
        return Ok(());
    }
    let _ = fs::remove_file(NEW);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(NEW)?;
    file.write_all(&serde_json::to_vec(&kept)?)?;
    fs::rename(NEW, PATH)
}
