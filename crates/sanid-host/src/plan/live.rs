//! Which live sessions use which identity.

use crate::facts::Facts;
use crate::observed::Observed;
use crate::part::{Names, Part};
use crate::resolve::Resolution;

/// A live session or controller with the identity it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUser {
    /// The kernel's name for it.
    pub name: String,
    /// The target or subsystem it is connected to.
    pub peer: Option<String>,
    /// The identity it uses, in one line.
    pub uses: String,
}

/// A live session or controller of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What it is.
    pub user: LiveUser,
    /// Whether it uses the names that were asked for.
    pub matches: bool,
    /// Whether it is an adapter's, under a name of its own: that name is not the host's.
    pub of_adapter: bool,
}

/// The kernel's sessions or controllers that use names of a part, against these names.
pub fn sessions(facts: &Facts, part: Part, names: &Names) -> Observed<Vec<Session>> {
    part.kind().sessions(facts, names)
}

/// The live users that a change of what is on disk would pull the name away from: those that use a name that any
/// reader takes from the old files, or that share one half of the new pair, which the kernel then refuses. Where
/// no file has a name, every live user with a different name counts: the source of its name is unknown. What
/// cannot be read counts as a user: it may be one.
pub(super) fn protected(facts: &Facts, part: Part, wanted: &Resolution) -> Vec<LiveUser> {
    part.kind().protected(facts, wanted)
}

/// A user that may be there: what could not be read.
pub(crate) fn unknown<T>(what: &str, fact: &Observed<T>) -> Vec<LiveUser> {
    let why = fact.unknown().unwrap_or_default();
    vec![LiveUser {
        name: what.to_owned(),
        peer: None,
        uses: format!("(not known: {why})"),
    }]
}

/// An attribute in words.
pub(crate) fn shown<'a, T>(
    fact: &'a Observed<T>,
    text: impl FnOnce(&'a T) -> Option<&'a String>,
) -> String {
    match fact {
        Observed::Saw(fact) => text(fact).map_or("(not shown by this kernel)".into(), Clone::clone),
        unknown => format!("(not known: {})", unknown.unknown().unwrap_or_default()),
    }
}
