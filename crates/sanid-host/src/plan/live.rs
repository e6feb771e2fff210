//! Which live sessions use which identity.

use sanid_core::{IscsiName, NvmePair};

use crate::facts::{Facts, IscsiSession, NvmeController};
use crate::file::IdentityFile;
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
/// no file has a name, every live user with a different name counts: nobody can say where it has it from. What
/// cannot be read counts as a user: it may be one.
pub(super) fn protected(facts: &Facts, part: Part, wanted: &Resolution) -> Vec<LiveUser> {
    match part {
        Part::Iqn => match &wanted.iqn {
            Ok(iqn) => sessions(facts, &iqn.value),
            Err(_) => Vec::new(),
        },
        Part::Nvme => match &wanted.nvme {
            Ok(nvme) => controllers(facts, &nvme.value),
            Err(_) => Vec::new(),
        },
    }
}

fn sessions(facts: &Facts, new: &IscsiName) -> Vec<LiveUser> {
    let Observed::Saw(sessions) = &facts.live.iscsi else {
        return unknown("iSCSI sessions", &facts.live.iscsi);
    };
    let old = facts.disk.names_in_use(IdentityFile::InitiatorName);
    let irregular = facts.disk.effective_text(IdentityFile::InitiatorName);
    let uses_old = |initiator: &str| {
        old.is_empty()
            || old.iter().any(|old| same_iqn(initiator, old))
            || irregular.as_deref() == Some(initiator)
    };
    sessions
        .iter()
        .filter(|session| !facts.live.is_of_an_adapter(session))
        .filter(|session| match &session.initiator {
            Observed::Saw(initiator) => !same_iqn(initiator, new.as_str()) && uses_old(initiator),
            Observed::NotLooked | Observed::Failed(_) => true,
        })
        .map(session)
        .collect()
}

fn controllers(facts: &Facts, new: &NvmePair) -> Vec<LiveUser> {
    let Observed::Saw(controllers) = &facts.live.nvme else {
        return unknown("NVMe controllers", &facts.live.nvme);
    };
    let nqns = facts.disk.names_in_use(IdentityFile::HostNqn);
    let ids = facts.disk.names_in_use(IdentityFile::HostId);
    let (new_nqn, new_id) = (new.host_nqn.as_str(), new.host_id.to_string());
    let shares = |nqn: Option<&str>, id: Option<&str>| {
        let is_nqn = |nqn: &str| nqns.iter().any(|old| old == nqn) || nqn == new_nqn;
        let is_id = |id: &str| {
            let mut known = ids.iter().chain([&new_id]);
            known.any(|known| known.eq_ignore_ascii_case(id))
        };
        nqn.is_some_and(is_nqn) || id.is_some_and(is_id)
    };
    let nothing = nqns.is_empty() && ids.is_empty();
    let is_user = |controller: &&NvmeController| match (&controller.host_nqn, &controller.host_id) {
        (Observed::Saw(nqn), Observed::Saw(id)) => {
            !is_pair_of(controller, new_nqn, &new_id)
                && (nothing || shares(nqn.as_deref(), id.as_deref()))
        }
        _ => true,
    };
    controllers.iter().filter(is_user).map(controller).collect()
}

/// A user that may be there: what could not be read.
fn unknown<T>(what: &str, fact: &Observed<T>) -> Vec<LiveUser> {
    let why = fact.unknown().unwrap_or_default();
    vec![LiveUser {
        name: what.to_owned(),
        peer: None,
        uses: format!("(not known: {why})"),
    }]
}

fn same_iqn(live: &str, old: &str) -> bool {
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

fn session(session: &IscsiSession) -> LiveUser {
    LiveUser {
        name: session.name.clone(),
        peer: session.target.clone(),
        uses: session_in_words(session),
    }
}

/// The initiator name of a session in one line.
pub fn session_in_words(session: &IscsiSession) -> String {
    shown(&session.initiator, Some)
}

fn controller(controller: &NvmeController) -> LiveUser {
    LiveUser {
        name: controller.name.clone(),
        peer: controller.subsystem_nqn.clone(),
        uses: pair_in_words(controller),
    }
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
