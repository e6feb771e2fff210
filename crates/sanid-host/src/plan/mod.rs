//! `Facts, Resolution ─► Plan`: what to write, what to leave, and what may not be done without consent.
//!
//! The safety rules are here, as functions of the facts: a valid name that is in use
//! is not touched without consent (rule 2), nor one that a live session uses (rule 3). Nothing here
//! writes.

mod draft;
mod judge;
pub mod live;
mod model;
mod note;
mod words;

use crate::facts::Facts;
use crate::file::{FileState, IdentityFile};
pub use crate::part::files;
use crate::part::{Part, PerPart};
use crate::place::{self, Form, Via};
use crate::resolve::Resolution;
use draft::Draft;
pub(crate) use judge::Seen;
pub use judge::{Free, Judgement};
pub use live::LiveUser;
pub use model::{CannotJudge, Consent, Kept, Plan, Reason, Refusal, Way, Write};
pub use words::{desired, on_disk};

/// Decides what to do.
///
/// # Errors
/// [`CannotJudge`] when one of the files is there and cannot be read: what is not known is not replaced;
/// and when there is no place where the identity could be put.
pub fn plan(facts: &Facts, wanted: &Resolution, consent: Consent) -> Result<Plan, CannotJudge> {
    for file in IdentityFile::ALL {
        if let FileState::Unreadable(error) = facts.disk.file(file) {
            return Err(CannotJudge(error.to_string()));
        }
    }
    let mut draft = Draft {
        facts,
        wanted,
        consent,
        plan: Plan::empty(facts),
    };
    draft.plan.asked = consent.via;
    draft.plan.ways = ways(facts, consent)?;
    let seen = Seen {
        seed: wanted.seed.as_ref(),
        seed_name: wanted.seed_name,
    };
    for part in Part::ALL {
        // A part without a name is left as it is.
        if let Some(judgement) = part.kind().judge(facts, wanted, &seen) {
            draft.decide(part, judgement);
        }
    }
    if !draft.plan.refusals.is_empty() {
        draft.plan.writes.clear();
        draft.plan.lifts.clear();
    }
    Ok(draft.finish())
}

fn ways(facts: &Facts, consent: Consent) -> Result<PerPart<Way>, CannotJudge> {
    let way = |part| {
        let here = facts.places.of(part);
        let setting = facts.settings.placement.value;
        match place::decide(here, consent.via, setting, &facts.root).map_err(CannotJudge)? {
            Via::File => Ok(Way::File),
            Via::Bind => Ok(Way::Bind(place::form(part, here, &facts.disk))),
        }
    };
    let mut ways = PerPart::of(|_| Way::File);
    for part in Part::ALL {
        ways[part] = way(part)?;
    }
    if ways == PerPart::of(|_| Way::Bind(Form::Impossible)) {
        return Err(CannotJudge(place::NO_DIRECTORY.into()));
    }
    Ok(ways)
}

#[cfg(test)]
mod tests;
