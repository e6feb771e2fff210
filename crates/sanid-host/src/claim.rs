//! Whether a claim store confirms that the names of this host are its own: what `sanid-fleet claim` left in
//! `/run/sanid/claim.json`. The store is not asked here.

use std::time::SystemTime;

use serde::Deserialize;

use crate::observed::Observed;
use crate::part::Names;
use crate::root::Root;

/// Where the claim store is configured, relative to the root.
const STORE: &str = "etc/sanid/claim.toml";
/// The state of the last claim, relative to the root.
const STATE: &str = "run/sanid/claim.json";
/// A claim is some hundred bytes.
const LIMIT: usize = 256 * 1024;

/// The claim of this host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClaimFacts {
    /// Whether a claim store is configured.
    pub store: bool,
    /// The names that the store last granted to this host, while the lease runs.
    pub held: Option<Names>,
}

/// What is read of the state of a claim.
#[derive(Deserialize)]
struct Kept {
    state: String,
    verified: Option<String>,
    claim: Option<Claim>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Claim {
    #[serde(flatten)]
    names: Names,
    /// The names of a claim that is not of initiator name, host NQN and Host ID.
    identity: Option<Names>,
    lease_seconds: Option<u64>,
}

/// Reads the configuration's existence and, below a root that runs, the state.
pub(crate) fn read(root: &Root, runs: bool) -> Observed<ClaimFacts> {
    let store = match root.exists(STORE) {
        Ok(store) => store,
        Err(error) => return Observed::Failed(error.to_string()),
    };
    let state = if runs {
        root.read(STATE, LIMIT)
    } else {
        Ok(None)
    };
    Observed::from(state).map(|file| ClaimFacts {
        store,
        held: file.and_then(|file| held(&file.bytes, SystemTime::now())),
    })
}

/// The names of a claim whose lease runs at this time. The clock only decides whether a finding is shown.
fn held(state: &[u8], now: SystemTime) -> Option<Names> {
    let kept: Kept = serde_json::from_slice(state).ok()?;
    let claim = kept.claim?;
    // A store that does not answer ends no lease.
    if !matches!(kept.state.as_str(), "held" | "unreachable") {
        return None;
    }
    let verified = humantime::parse_rfc3339(&kept.verified?).ok()?;
    let age = now.duration_since(verified).unwrap_or_default();
    let runs = claim
        .lease_seconds
        .is_none_or(|lease| age.as_secs() < lease);
    runs.then_some(claim.identity.unwrap_or(claim.names))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The documents that sanid-fleet 0.1 wrote.
    #[test]
    fn names_are_held_while_the_lease_of_a_claim_runs() {
        let granted = include_bytes!("../../../tests/compat/0.1/host/run/sanid/claim.json");
        let unreachable = include_bytes!("../../../tests/compat/0.1/claims/state-unreachable.json");
        let conflict = include_bytes!("../../../tests/compat/0.1/claims/state-conflict.json");
        let verified = humantime::parse_rfc3339("2026-11-28T22:20:34Z").unwrap();
        let after = |seconds| verified + Duration::from_secs(seconds);
        let names = held(granted, after(86_399)).unwrap();
        assert_eq!(
            names.iqn(),
            Some("iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b")
        );
        assert!(names.host_nqn().is_some() && names.host_id().is_some());
        assert_eq!(held(granted, after(86_500)), None);
        assert!(held(unreachable, after(60)).is_some());
        assert_eq!(held(conflict, after(60)), None);
        assert_eq!(held(b"{", after(60)), None);
        // A clock that was set back.
        assert!(held(granted, verified - Duration::from_secs(60)).is_some());
    }

    /// The claim of a host with iSCSI alone.
    #[test]
    fn names_are_held_by_a_claim_of_other_kinds() {
        let state = br#"{"state":"held","verified":"2026-11-28T22:20:34Z",
            "claim":{"apiVersion":"sanid/v2","identity":{"iqn":"iqn.2004-05.com.example:1"}}}"#;
        let names = held(state, SystemTime::now()).unwrap();
        assert_eq!(names.iqn(), Some("iqn.2004-05.com.example:1"));
        assert_eq!(names.host_id(), None);
    }
}
