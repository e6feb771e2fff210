//! `HostView, Claims ─► NodeStorageIdentityStatus`: pure functions.

use crate::claims::{Claims, Conflict, Standing};
use crate::host::{HostView, Judged, shortened};
use crate::resources::{
    ClaimReference, Condition, ConditionStatus, Identity, NodeStorageIdentityStatus,
};

/// The identity files hold the desired identity.
pub const APPLIED: &str = "Applied";
/// Every live session of the kernel uses it.
pub const VERIFIED: &str = "Verified";
/// No other node has it.
pub const UNIQUE: &str = "Unique";

/// A condition that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The condition.
    pub condition: Condition,
    /// What it was; nothing where it is new.
    pub before: Option<ConditionStatus>,
}

/// The status to publish, with the times of the previous one where nothing changed.
pub fn status(
    view: &HostView,
    claims: &Claims,
    generation: i64,
    now: &str,
    previous: Option<&NodeStorageIdentityStatus>,
) -> NodeStorageIdentityStatus {
    let judged = [
        (APPLIED, view.applied.clone()),
        (VERIFIED, view.verified.clone()),
        (UNIQUE, unique(&view.identity, claims)),
    ];
    let conditions = judged.map(|(name, judged)| {
        let before = previous.and_then(|status| condition(status, name));
        let since = before
            .filter(|before| before.status == judged.status)
            .map_or_else(
                || now.to_owned(),
                |before| before.last_transition_time.clone(),
            );
        Condition {
            r#type: name.into(),
            status: judged.status,
            reason: judged.reason.into(),
            message: judged.message,
            last_transition_time: since,
            observed_generation: generation,
        }
    });
    let some = view.identity != Identity::default();
    NodeStorageIdentityStatus {
        observed_generation: generation,
        identity: some.then(|| view.identity.clone()),
        scheme: view.scheme.clone(),
        provenance: some.then(|| view.provenance.clone()),
        live: view.live.clone(),
        claims: references(claims, previous),
        findings: view.findings.clone(),
        conditions: conditions.into(),
        last_seen: Some(now.to_owned()),
        agent_version: Some(env!("CARGO_PKG_VERSION").into()),
    }
}

/// A condition of a status.
pub fn condition<'a>(status: &'a NodeStorageIdentityStatus, name: &str) -> Option<&'a Condition> {
    status.conditions.iter().find(|one| one.r#type == name)
}

/// Whether a condition holds.
pub fn holds(status: &NodeStorageIdentityStatus, name: &str) -> bool {
    condition(status, name).is_some_and(|one| one.status == ConditionStatus::True)
}

/// The conditions whose status is another one than before.
pub fn transitions(
    previous: Option<&NodeStorageIdentityStatus>,
    now: &NodeStorageIdentityStatus,
) -> Vec<Transition> {
    let changed = now.conditions.iter().filter_map(|one| {
        let before = previous
            .and_then(|status| condition(status, &one.r#type))
            .map(|before| before.status);
        (before != Some(one.status)).then(|| Transition {
            condition: one.clone(),
            before,
        })
    });
    changed.collect()
}

fn unique(identity: &Identity, claims: &Claims) -> Judged {
    if *identity == Identity::default() {
        return Judged::new(
            ConditionStatus::Unknown,
            "NoIdentity",
            "the node has no identity that another one could have; condition Applied says why",
        );
    }
    match &claims.standing {
        Standing::Held => Judged::new(
            ConditionStatus::True,
            "Claimed",
            "this node holds the claim of each of its identifiers",
        ),
        Standing::Conflict(conflicts) => Judged::new(
            ConditionStatus::False,
            "DuplicateIdentity",
            shortened(
                &conflicts
                    .iter()
                    .map(Conflict::sentence)
                    .collect::<Vec<_>>()
                    .join(" "),
                4096,
            ),
        ),
        Standing::Unavailable(why) => Judged::new(
            ConditionStatus::Unknown,
            "ClaimsUnavailable",
            shortened(
                &format!(
                    "the claims could not be asked for, so nobody knows whether another node has this identity: {why}"
                ),
                4096,
            ),
        ),
    }
}

/// The claims that are held or in the way. While they cannot be asked for, those of before stand: they say
/// which ones to give back later.
fn references(
    claims: &Claims,
    previous: Option<&NodeStorageIdentityStatus>,
) -> Vec<ClaimReference> {
    if let Standing::Unavailable(_) = claims.standing {
        return previous.map(|one| one.claims.clone()).unwrap_or_default();
    }
    claims.references.clone()
}

#[cfg(test)]
mod tests;
