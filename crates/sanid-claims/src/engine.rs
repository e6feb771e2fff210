//! A request, until it is decided: decide on what is known, write, and where somebody was faster decide anew.

use super::change::Change;
use super::decide::{Action, Grant, Outcome, Request, decide};
use super::seen::{Seen, Snapshot};
use super::store::{Applied, Store, StoreError};

/// So often somebody else is faster before it is given up. Each time somebody has got something, so that of
/// a thousand claimants each loses once, and then finds the winner's claim.
const ATTEMPTS: usize = 64;

/// Does what is wanted.
///
/// `known` is the claim that this host had last, where it knows one. The first attempt is made on it, or on
/// the guess that nobody has the names: where that is right it is the only call of the store, and where it
/// is wrong the store's answer says what is there. No outcome rests on a guess: a conflict is told only
/// after reading.
///
/// # Errors
/// [`StoreError`]. After [`Unreachable`](StoreError::Unreachable) the change may have been made or not;
/// the same host that asks again gets the answer.
pub fn submit(
    store: &mut dyn Store,
    request: &Request,
    known: Option<&Seen>,
) -> Result<Outcome, StoreError> {
    let mut guess = true;
    let mut seen = Snapshot {
        claims: known.cloned().into_iter().collect(),
    };
    let mut wrote = false;
    if known.is_none() && !matches!(request.action, Action::Claim) {
        seen = store.read(&request.identity)?;
        guess = false;
    }
    for _ in 0..ATTEMPTS {
        let decision = decide(request, &seen);
        let Some(change) = decision.change else {
            if guess {
                seen = store.read(&request.identity)?;
                guess = false;
                continue;
            }
            if wrote && decision.outcome == Outcome::NotHeld {
                // The attempt of before went through.
                return Ok(Outcome::Released(Vec::new()));
            }
            return Ok(decision.outcome);
        };
        wrote |= !guess && matches!(change, Change::Delete { .. });
        match store.apply(&request.identity, &change)? {
            Applied::Done(version) => return Ok(with_version(decision.outcome, version)),
            Applied::Raced(there) => seen = there,
        }
        guess = false;
    }
    Err(StoreError::Damaged(format!(
        "{ATTEMPTS} attempts found other claims than they were made for: the records of these names do not agree, perhaps since somebody has edited them by hand; see them with sanid-fleet claim list"
    )))
}

fn with_version(outcome: Outcome, version: u64) -> Outcome {
    let with = |grant: Grant| Grant {
        generation: version,
        ..grant
    };
    match outcome {
        Outcome::Held(grant) => Outcome::Held(with(grant)),
        Outcome::Renewed(grant) => Outcome::Renewed(with(grant)),
        Outcome::TakenOver(grant, why) => Outcome::TakenOver(with(grant), why),
        other => other,
    }
}
