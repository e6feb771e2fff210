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
mod iscsid;
mod live;
mod names;
mod namespaces;
mod pair;
mod record;
mod sources;
mod writers;

use crate::facts::Facts;
use crate::resolve::{Part, Resolution, ResolveError};
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
    pair::check,
    firmware::check,
    initramfs::check,
    names::check,
    live::check,
    access::check,
    elsewhere::check,
    writers::check,
    namespaces::check,
    iscsid::check,
];

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
    /// What the identity is, or why there is none.
    pub resolution: Result<&'a Resolution, &'a ResolveError>,
}

impl View<'_> {
    /// A `sanid` command for this root.
    fn command(&self, rest: &str) -> String {
        format!("sanid {rest}{}", self.facts.root.option())
    }

    /// A path of the host for commands that are shown to the user, with the root before it.
    fn path(&self, relative: &str) -> String {
        let root = &self.facts.root;
        if root.running_host {
            format!("/{relative}")
        } else {
            format!("{}/{relative}", root.path.trim_end_matches('/'))
        }
    }
}

/// Runs every check.
pub fn findings(facts: &Facts, resolution: Result<&Resolution, &ResolveError>) -> Vec<Finding> {
    let view = View { facts, resolution };
    CHECKS.iter().flat_map(|check| check(&view)).collect()
}

#[cfg(test)]
mod tests;
