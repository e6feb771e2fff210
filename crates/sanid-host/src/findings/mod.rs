//! `Facts, Resolution ─► Findings`: what differs, what is dangerous, and what to do about it.
//!
//! A check is a pure function; a new one is one file and one line in [`CHECKS`]. Its finding has a
//! stable code (API, docs/findings.md), what was seen, why that is dangerous, and the command to type.
//! What could not be looked at is a finding of its own ([`Code::FileUnreadable`], [`Code::NoSeed`]),
//! never silence.

mod access;
mod code;
mod covered;
mod drift;
mod elsewhere;
mod files;
mod firmware;
mod hardware;
mod initramfs;
pub(crate) mod names;
mod namespaces;
pub(crate) mod own_names;
mod record;
mod sources;
mod unique;
pub(crate) mod unseen;
mod writers;

use crate::config::OnExisting;
use crate::facts::Facts;
use crate::part::{Kind, Part};
use crate::plan::{Consent, Plan, Refusal, plan};
use crate::recognise;
use crate::resolve::Resolution;
pub use code::{Code, Severity};
pub use hardware::evidence;

/// The checks, in the order in which their findings are shown.
pub static CHECKS: &[fn(&View<'_>) -> Vec<Finding>] = &[
    sources::check,
    files::check,
    covered::check,
    record::check,
    hardware::check,
    drift::check,
    |view| of_parts(view, <dyn Kind>::halves),
    firmware::check,
    initramfs::check,
    |view| of_parts(view, <dyn Kind>::names),
    |view| of_parts(view, <dyn Kind>::live),
    access::check,
    elsewhere::check,
    writers::check,
    namespaces::check,
    own_names::check,
    |view| of_parts(view, <dyn Kind>::outdated),
    unique::check,
    unseen::check,
];

/// What a part's own check finds.
fn of_parts(
    view: &View<'_>,
    check: fn(&'static dyn Kind, &View<'_>) -> Vec<Finding>,
) -> Vec<Finding> {
    let parts = Part::ALL.into_iter();
    parts.flat_map(|part| check(part.kind(), view)).collect()
}

/// One drift or hazard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its stable code.
    pub code: Code,
    /// The part of the identity it is about, where it is about one.
    pub part: Option<Part>,
    /// What was seen.
    pub seen: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do: commands or short instructions.
    pub fix: Vec<String>,
}

/// All that a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What was seen.
    pub facts: &'a Facts,
    /// What the identity is, part by part.
    pub resolution: &'a Resolution,
}

impl View<'_> {
    /// A `sanid` command for this root.
    pub(crate) fn command(&self, rest: &str) -> String {
        format!("sanid {rest}{}", self.facts.root.option())
    }

    /// What `apply` would do now without any consent; `None` where it cannot decide.
    fn plain_apply(&self) -> Option<Plan> {
        let consent = Consent {
            existing: OnExisting::Refuse,
            disrupt: false,
            boot: false,
            via: None,
        };
        plan(self.facts, self.resolution, consent).ok()
    }

    /// The commands that put a part right: `apply` where it works now, else the choice that it asks for. A fix that
    /// would be refused is not offered.
    pub(crate) fn apply(&self, part: Part) -> Vec<String> {
        let Some(plan) = self.plain_apply() else {
            return vec![self.command("apply")];
        };
        if plan.refusals.is_empty() {
            return vec![self.command("apply")];
        }
        let is_of = |refusal: &&Refusal| refusal.part() == part;
        match plan.refusals.iter().find(is_of) {
            Some(Refusal::Live { .. }) => vec![format!(
                "{}   once the sessions have ended, and the arrays know the desired name",
                self.command("apply --replace")
            )],
            Some(Refusal::Existing { .. }) => {
                let mut fix: Vec<String> = self.set_scheme(part).into_iter().collect();
                fix.extend([
                    format!("{}   to keep the name on disk", self.command("adopt")),
                    format!(
                        "{}   once the arrays know the desired name",
                        self.command("apply --replace")
                    ),
                ]);
                fix
            }
            // The other part needs consent, which this keeps as it is.
            None => vec![self.command("apply --keep")],
        }
    }

    /// The command that configures the scheme that the names of a part on disk are made by.
    fn set_scheme(&self, part: Part) -> Option<String> {
        let scheme = recognise::scheme_of(self.facts, self.resolution, part)?;
        let command = recognise::set_scheme(&self.facts.root, scheme);
        Some(format!(
            "{command}   to keep it: these are the names of scheme {scheme}"
        ))
    }

    /// A path of the host for commands that are shown to the user, with the root before it.
    pub(crate) fn path(&self, relative: &str) -> String {
        let root = &self.facts.root;
        if root.running_host {
            format!("/{relative}")
        } else {
            format!("{}/{relative}", root.path.trim_end_matches('/'))
        }
    }
}

/// Runs every check.
pub fn findings(facts: &Facts, resolution: &Resolution) -> Vec<Finding> {
    let view = View { facts, resolution };
    let mut findings: Vec<Finding> = CHECKS.iter().flat_map(|check| check(&view)).collect();
    // The gravest first; in the order of the checks where they are alike.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.code.severity()));
    findings
}

#[cfg(test)]
mod tests;
