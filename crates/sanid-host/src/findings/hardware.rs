//! The hardware against what was recorded of it.

use super::{Code, Finding, View};
use crate::hardware::{Comparison, HardwareState, Match, Verdict};
use crate::observed::Observed;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Observed::Saw(hardware) = &view.facts.hardware else {
        return Vec::new();
    };
    if let HardwareState::Invalid(why) = &hardware.recorded {
        return vec![Finding {
            code: Code::RecordInvalid,
            part: None,
            seen: format!("/{} cannot be read: {why}", crate::hardware::PATH),
            why: "Without it sanid cannot distinguish a clone from this host.",
            fix: vec![view.command("hardware accept")],
        }];
    }
    let Some(comparison) = hardware.comparison() else {
        return Vec::new();
    };
    let seen = evidence(&comparison);
    match comparison.verdict() {
        Verdict::Unknown | Verdict::SameHost => Vec::new(),
        Verdict::PartsChanged => vec![Finding {
            code: Code::HardwareChanged,
            part: None,
            seen: format!("the same host with changed parts: {seen}"),
            why: "The identity does not follow the hardware and stays; recorded parts that are gone weigh against the host when more of them change.",
            fix: vec![format!(
                "{}, if the parts were replaced",
                view.command("hardware accept")
            )],
        }],
        Verdict::CloneSuspected => vec![Finding {
            code: Code::CloneSuspected,
            part: None,
            seen: format!(
                "this is probably a clone, or a disk moved from a different machine: {seen}"
            ),
            why: "Two hosts with one identity get each other's volumes, and reservations no longer protect data.",
            fix: vec![
                format!(
                    "{}, if this machine replaces the recorded one, and that one is off for good",
                    view.command("hardware accept")
                ),
                format!(
                    "{}, if this is a new host beside the recorded one",
                    view.command("reseed")
                ),
            ],
        }],
    }
}

/// What differs and what does not, by name.
pub fn evidence(comparison: &Comparison) -> String {
    let named = |wanted: Match| {
        let all = comparison.by_name();
        let names = all.iter().filter(|(_, found)| *found == wanted);
        names.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    let (different, same) = (named(Match::Different), named(Match::Same));
    let same = if same.is_empty() { "none" } else { &same };
    format!("different: {different}; as recorded: {same}")
}
