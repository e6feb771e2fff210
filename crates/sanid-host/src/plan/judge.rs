//! Whose identity is on disk: nobody's, sanid's own, or somebody's.

use sanid_core::NvmePair;

use crate::config::seed::MACHINE_ID;
use crate::facts::Facts;
use crate::file::{Effective, IdentityFile};
use crate::record::{Origin, Pending};
use crate::resolve::{DERIVED, Resolution};

/// What the files of one part hold, seen from what is desired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The desired identity.
    Same,
    /// Nobody's identity: no consent is needed.
    Free(Free),
    /// A valid identity that is not the desired one.
    Foreign,
}

/// Why something on disk is nobody's identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// No file.
    Missing,
    /// A file without a value.
    Empty,
    /// A value that is no name.
    Invalid,
    /// One half of the desired pair, the other half missing, empty or invalid.
    Half,
    /// sanid's own change, stopped in the middle.
    Interrupted,
    /// sanid's own work, from a seed that this host no longer has: the template it was made from was
    /// reset, or its disk moved to other hardware.
    EarlierSeed,
}

pub(super) fn iqn(facts: &Facts, wanted: &Resolution) -> Judgement {
    match facts.disk.iqn() {
        Effective::Missing => return Judgement::Free(Free::Missing),
        Effective::Empty => return Judgement::Free(Free::Empty),
        Effective::Invalid { .. } => return Judgement::Free(Free::Invalid),
        Effective::Valid(name) if name == wanted.iqn.value => return Judgement::Same,
        // Unreadable files end the plan before this; were one to come here, it is not free.
        Effective::Valid(_) | Effective::Irregular { .. } | Effective::Unreadable(_) => {}
    }
    let on_disk = facts
        .disk
        .effective_text(IdentityFile::InitiatorName)
        .unwrap_or_default();
    let desired = wanted.iqn.value.as_str();
    let recorded = facts.record.record().and_then(|record| record.iqn.as_ref());
    let ours = recorded.filter(|recorded| recorded.iqn == on_disk);
    if consented(
        facts.record.pending(),
        |values| values.iqn.as_deref(),
        &on_disk,
        desired,
    ) {
        Judgement::Free(Free::Interrupted)
    } else if ours.is_some_and(|ours| earlier_seed(&ours.origin, wanted)) {
        Judgement::Free(Free::EarlierSeed)
    } else {
        Judgement::Foreign
    }
}

/// A pending change was consented to; its old value may go if its new one is still what is desired.
fn consented(
    pending: Option<&Pending>,
    value: impl Fn(&crate::record::Values) -> Option<&str>,
    on_disk: &str,
    wanted: &str,
) -> bool {
    pending.is_some_and(|change| {
        value(&change.from) == Some(on_disk) && value(&change.to) == Some(wanted)
    })
}

/// The record proves that sanid derived the value, and that it did so from another machine-id, or another
/// UUID in the same place. A seed of another kind is a change of configuration, and needs consent like one.
fn earlier_seed(origin: &Origin, wanted: &Resolution) -> bool {
    let kind = origin.seed_name.as_deref().unwrap_or(MACHINE_ID);
    match (&origin.seed, &wanted.seed) {
        (Some(then), Some(now)) => {
            origin.source == DERIVED
                && *then != now.to_string()
                && wanted.seed_name.is_some_and(|name| name == kind)
        }
        _ => false,
    }
}

pub(super) fn nvme(facts: &Facts, wanted: &Resolution) -> Judgement {
    let (nqn, id) = (facts.disk.host_nqn(), facts.disk.host_id());
    let pair = &wanted.nvme.value;
    match (nqn.valid(), id.valid()) {
        (Some(nqn), Some(id)) if *nqn == pair.host_nqn && *id == pair.host_id => Judgement::Same,
        (None, None) if !nqn.is_somebodys() => Judgement::Free(weakest(&nqn, &id)),
        (Some(nqn), None) if *nqn == pair.host_nqn => Judgement::Free(Free::Half),
        (None, Some(id)) if *id == pair.host_id && !nqn.is_somebodys() => {
            Judgement::Free(Free::Half)
        }
        _ if interrupted(facts, wanted) => Judgement::Free(Free::Interrupted),
        _ if pair_of_earlier_seed(facts, wanted) => Judgement::Free(Free::EarlierSeed),
        _ => Judgement::Foreign,
    }
}

fn weakest<A, B>(nqn: &Effective<A>, id: &Effective<B>) -> Free {
    match (nqn, id) {
        (Effective::Invalid { .. }, _) | (_, Effective::Invalid { .. }) => Free::Invalid,
        (Effective::Empty, _) | (_, Effective::Empty) => Free::Empty,
        _ => Free::Missing,
    }
}

/// Each half is the old or the new one of a change that was begun: a mixture is nobody's identity, and
/// the whole old pair may go if the change is still the desired one.
fn interrupted(facts: &Facts, wanted: &Resolution) -> bool {
    let Some(change) = facts.record.pending() else {
        return false;
    };
    let nqn = facts.disk.effective_text(IdentityFile::HostNqn);
    let id = facts.disk.effective_text(IdentityFile::HostId);
    let known = (nqn == change.from.host_nqn || nqn == change.to.host_nqn)
        && (id == change.from.host_id || id == change.to.host_id);
    let whole_old = nqn == change.from.host_nqn && id == change.from.host_id;
    let whole_new = nqn == change.to.host_nqn && id == change.to.host_id;
    let still_desired = change.to.host_nqn.as_deref() == Some(wanted.nvme.value.host_nqn.as_str())
        && change.to.host_id.as_deref() == Some(&wanted.nvme.value.host_id.to_string());
    known && !whole_new && (still_desired || !whole_old)
}

/// Every half that is there is the recorded one, and the record's seed is not this host's.
fn pair_of_earlier_seed(facts: &Facts, wanted: &Resolution) -> bool {
    let recorded = facts
        .record
        .record()
        .and_then(|record| record.nvme.as_ref());
    recorded.is_some_and(|recorded| {
        let nqn = facts.disk.host_nqn();
        let nqn = !nqn.is_somebodys()
            || nqn
                .valid()
                .is_some_and(|nqn| nqn.as_str() == recorded.host_nqn);
        let id = facts
            .disk
            .host_id()
            .valid()
            .is_none_or(|id| id.to_string() == recorded.host_id);
        nqn && id && earlier_seed(&recorded.origin, wanted)
    })
}

/// The file and value that would make a pair of a half that stands alone; nothing where both or neither
/// are there, where no value follows, or where a live controller joins the half to another partner.
pub(super) fn missing_half(facts: &Facts) -> Option<(IdentityFile, String)> {
    let (nqn, id) = (facts.disk.host_nqn(), facts.disk.host_id());
    let (file, pair) = match (nqn.valid(), id.valid()) {
        (Some(nqn), None) => (IdentityFile::HostId, NvmePair::from_host_nqn(nqn.clone())?),
        (None, Some(id)) if !nqn.is_somebodys() => {
            (IdentityFile::HostNqn, NvmePair::from_host_id(*id))
        }
        _ => return None,
    };
    let (nqn, id) = (pair.host_nqn.to_string(), pair.host_id.to_string());
    let torn = facts.live.nvme.iter().any(|controller| {
        let same_nqn = controller.host_nqn.as_deref() == Some(&nqn);
        let same_id = controller
            .host_id
            .as_deref()
            .is_some_and(|live| live.eq_ignore_ascii_case(&id));
        same_nqn != same_id
    });
    (!torn).then_some(match file {
        IdentityFile::HostId => (file, id),
        _ => (file, nqn),
    })
}
