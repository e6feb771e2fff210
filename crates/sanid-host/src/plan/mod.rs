//! `Facts, Resolution ─► Plan`: what to write, what to leave, and what may not be done without consent.
//!
//! The safety rules live here, as functions of what was seen: a valid name that is somebody's identity
//! is not touched without consent (rule 2), nor one that a live session uses (rule 3). Nothing here
//! writes.

mod draft;
mod judge;
pub mod live;
mod model;
mod note;

use crate::config::OnExisting;
use crate::facts::Facts;
use crate::file::{Effective, FileState, IdentityFile};
use crate::place::{self, Form, Via};
use crate::resolve::{Part, Resolution};
use draft::Draft;
pub use judge::{Free, Judgement};
pub use live::LiveUser;
pub use model::{CannotJudge, Kept, Plan, Reason, Refusal, Way, Write};

/// What the caller allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Consent {
    /// What to do with a valid identity that is not the desired one.
    pub existing: OnExisting,
    /// Whether an identity may be changed that a live session uses.
    pub disrupt: bool,
    /// Whether this is the run at boot: what a live session uses is kept there instead of refused, so
    /// that the rest is put in place and the boot goes on.
    pub boot: bool,
    /// The placement that was asked for; the configured one where none was.
    pub via: Option<Via>,
}

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
    if draft.may_place(Part::Iqn) {
        draft.part(Part::Iqn, judge::iqn(facts, wanted));
        draft.replace(Part::Iqn);
    }
    if draft.may_place(Part::Nvme) {
        draft.part(Part::Nvme, judge::nvme(facts, wanted));
        draft.replace(Part::Nvme);
    }
    if !draft.plan.refusals.is_empty() {
        draft.plan.writes.clear();
        draft.plan.lifts.clear();
    }
    Ok(draft.finish())
}

fn ways(facts: &Facts, consent: Consent) -> Result<[Way; 2], CannotJudge> {
    let way = |part| {
        let here = facts.places.of(part);
        let setting = facts.settings.placement.value;
        match place::decide(here, consent.via, setting, &facts.root).map_err(CannotJudge)? {
            Via::File => Ok(Way::File),
            Via::Bind => Ok(Way::Bind(place::form(part, here, &facts.disk))),
        }
    };
    let ways = [way(Part::Iqn)?, way(Part::Nvme)?];
    if ways == [Way::Bind(Form::Impossible); 2] {
        return Err(CannotJudge(place::NO_DIRECTORY.into()));
    }
    Ok(ways)
}

/// The files of a part.
pub fn files(part: Part) -> &'static [IdentityFile] {
    match part {
        Part::Iqn => &[IdentityFile::InitiatorName],
        Part::Nvme => &[IdentityFile::HostNqn, IdentityFile::HostId],
    }
}

/// What is on disk of a part, in one line.
pub fn on_disk(facts: &Facts, part: Part) -> String {
    fn text<T: ToString>(effective: &Effective<T>) -> String {
        match effective {
            Effective::Valid(value) => value.to_string(),
            Effective::Irregular { text, .. } => text.clone(),
            other => format!("({})", other.state()),
        }
    }
    match part {
        Part::Iqn => text(&facts.disk.iqn()),
        Part::Nvme => format!(
            "{} {}",
            text(&facts.disk.host_nqn()),
            text(&facts.disk.host_id())
        ),
    }
}

/// What is desired of a part, in one line.
pub fn desired(wanted: &Resolution, part: Part) -> String {
    match part {
        Part::Iqn => wanted.iqn.value.to_string(),
        Part::Nvme => format!(
            "{} {}",
            wanted.nvme.value.host_nqn, wanted.nvme.value.host_id
        ),
    }
}

#[cfg(test)]
mod tests;
