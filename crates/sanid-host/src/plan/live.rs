//! Which live sessions use which identity.

use sanid_core::{Identity, IscsiName};

use crate::facts::{IscsiSession, Live, NvmeController};
use crate::part::Part;
use crate::record::Values;

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

/// The live users that a change of what is on disk would pull the name away from: those that use the
/// old name, or that share one half of the new pair, which the kernel then refuses. Where nothing is
/// on disk, every live user with another name counts: nobody can say where it has it from.
pub(super) fn protected(live: &Live, part: Part, old: &Values, new: &Identity) -> Vec<LiveUser> {
    match part {
        Part::Iqn => {
            let uses_old = |user: &&IscsiSession| {
                old.iqn
                    .as_deref()
                    .is_none_or(|old| same_iqn(&user.initiator, old))
            };
            live.iscsi
                .iter()
                .filter(|user| !is_iqn(user, &new.iqn))
                .filter(uses_old)
                .map(session)
                .collect()
        }
        Part::Nvme => {
            let nothing = old.host_nqn.is_none() && old.host_id.is_none();
            let uses_old = |user: &&NvmeController| {
                nothing || shares(user, old.host_nqn.as_deref(), old.host_id.as_deref()) || {
                    let id = new.nvme.host_id.to_string();
                    shares(user, Some(new.nvme.host_nqn.as_str()), Some(&id))
                }
            };
            live.nvme
                .iter()
                .filter(|user| !is_pair(user, new))
                .filter(uses_old)
                .map(controller)
                .collect()
        }
    }
}

/// Whether a controller has either half.
fn shares(user: &NvmeController, nqn: Option<&str>, id: Option<&str>) -> bool {
    let same_id = |live: &String| id.is_some_and(|id| live.eq_ignore_ascii_case(id));
    (nqn.is_some() && user.host_nqn.as_deref() == nqn) || user.host_id.as_ref().is_some_and(same_id)
}

fn same_iqn(live: &str, old: &str) -> bool {
    match (IscsiName::parse(live), IscsiName::parse(old)) {
        (Ok(live), Ok(old)) => live.matches(&old),
        // A name that breaks the rules can be in use all the same: iscsid does not check.
        _ => live == old,
    }
}

/// Whether a session logged in with this name, compared as iSCSI compares (RFC 7143 section 4.2.7.1).
pub fn is_iqn(session: &IscsiSession, name: &IscsiName) -> bool {
    IscsiName::parse(&session.initiator).is_ok_and(|live| live.matches(name))
}

/// Whether a controller connected with this identity's pair, as far as the kernel tells.
pub fn is_pair(controller: &NvmeController, identity: &Identity) -> bool {
    is_pair_of(
        controller,
        identity.nvme.host_nqn.as_str(),
        &identity.nvme.host_id.to_string(),
    )
}

/// Whether a controller connected with these two halves, as far as the kernel tells. NQNs are compared
/// byte for byte (NVMe Base Specification, NVMe Qualified Names), Host IDs as the numbers they are.
pub fn is_pair_of(controller: &NvmeController, nqn: &str, id: &str) -> bool {
    controller
        .host_nqn
        .as_deref()
        .is_none_or(|live| live == nqn)
        && controller
            .host_id
            .as_deref()
            .is_none_or(|live| live.eq_ignore_ascii_case(id))
}

fn session(session: &IscsiSession) -> LiveUser {
    LiveUser {
        name: session.name.clone(),
        peer: session.target.clone(),
        uses: session.initiator.clone(),
    }
}

fn controller(controller: &NvmeController) -> LiveUser {
    let nqn = controller
        .host_nqn
        .as_deref()
        .unwrap_or("(host NQN not told)");
    let id = controller
        .host_id
        .as_deref()
        .unwrap_or("(Host ID not told)");
    LiveUser {
        name: controller.name.clone(),
        peer: controller.subsystem_nqn.clone(),
        uses: format!("{nqn} {id}"),
    }
}
