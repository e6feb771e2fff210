//! Which live sessions use which identity.

use sanid_core::IscsiName;

use crate::facts::{Facts, IscsiSession, NvmeController};
use crate::observed::Observed;
use crate::part::Part;
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

pub(crate) fn same_iqn(live: &str, old: &str) -> bool {
    match (IscsiName::in_use(live), IscsiName::in_use(old)) {
        (Ok(live), Ok(old)) => live.matches(&old),
        // A name that breaks the rules can be in use all the same: iscsid does not check.
        _ => live == old,
    }
}

/// Whether a session logged in with this name, compared as iSCSI compares (RFC 7143 section 4.2.7.1).
pub fn is_iqn(session: &IscsiSession, name: &IscsiName) -> bool {
    matches!(&session.initiator, Observed::Saw(live) if same_iqn(live, name.as_str()))
}

/// Whether a controller connected with these two halves, as far as the kernel shows them. NQNs are compared
/// byte for byte (NVMe Base Specification, NVMe Qualified Names), Host IDs as the numbers they are. One that
/// cannot be read did not, as far as anybody knows.
pub fn is_pair_of(controller: &NvmeController, nqn: &str, id: &str) -> bool {
    let (Observed::Saw(live_nqn), Observed::Saw(live_id)) =
        (&controller.host_nqn, &controller.host_id)
    else {
        return false;
    };
    live_nqn.as_deref().is_none_or(|live| live == nqn)
        && live_id
            .as_deref()
            .is_none_or(|live| live.eq_ignore_ascii_case(id))
}

/// The initiator name of a session in one line.
pub fn session_in_words(session: &IscsiSession) -> String {
    shown(&session.initiator, Some)
}

/// The pair of a controller in one line.
pub fn pair_in_words(controller: &NvmeController) -> String {
    let half = |half: &Observed<Option<String>>| shown(half, Option::as_ref);
    format!(
        "{} {}",
        half(&controller.host_nqn),
        half(&controller.host_id)
    )
}

/// An attribute in words.
fn shown<'a, T>(fact: &'a Observed<T>, text: impl FnOnce(&'a T) -> Option<&'a String>) -> String {
    match fact {
        Observed::Saw(fact) => text(fact).map_or("(not shown by this kernel)".into(), Clone::clone),
        unknown => format!("(not known: {})", unknown.unknown().unwrap_or_default()),
    }
}
