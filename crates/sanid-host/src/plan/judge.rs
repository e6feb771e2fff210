//! Whose identity is on disk: nobody's, sanid's own, or somebody's.

use sanid_core::{IscsiName, NvmePair, SeedFingerprint};

use crate::config::seed::MACHINE_ID;
use crate::facts::Facts;
use crate::file::{Effective, IdentityFile};
use crate::observed::Observed;
use crate::record::{Origin, Pending};
use crate::resolve::DERIVED;

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

pub(super) fn iqn(facts: &Facts, wanted: &IscsiName, origin: &Wanted<'_>) -> Judgement {
    let file = IdentityFile::InitiatorName;
    let on_disk = facts.disk.iqn();
    let names = facts.disk.names_in_use(file);
    if names.is_empty() && !on_disk.is_somebodys() {
        return Judgement::Free(match on_disk {
            Effective::Missing => Free::Missing,
            Effective::Empty => Free::Empty,
            _ => Free::Invalid,
        });
    }
    let desired = wanted.as_str();
    if !names.is_empty() && names.iter().all(|name| name == desired) {
        return Judgement::Same;
    }
    let names = somebodys(facts, file, names);
    let recorded = facts.record.record().and_then(|record| record.iqn.as_ref());
    let recorded = recorded.filter(|recorded| earlier_seed(&recorded.origin, origin));
    let is_recorded =
        |name: &String| name == desired || recorded.is_some_and(|recorded| recorded.iqn == *name);
    let pending = facts.record.pending();
    let is_consented = |name: &String| {
        name == desired || consented(pending, |values| values.iqn.as_deref(), name, desired)
    };
    if names.iter().all(is_consented) {
        Judgement::Free(Free::Interrupted)
    } else if names.iter().all(is_recorded) {
        Judgement::Free(Free::EarlierSeed)
    } else {
        Judgement::Foreign
    }
}

/// The names in use, with what the file's own reader takes although it cannot be written as it is.
fn somebodys(facts: &Facts, file: IdentityFile, mut names: Vec<String>) -> Vec<String> {
    let irregular = match file {
        IdentityFile::InitiatorName => matches!(facts.disk.iqn(), Effective::Irregular { .. }),
        IdentityFile::HostNqn => matches!(facts.disk.host_nqn(), Effective::Irregular { .. }),
        IdentityFile::HostId => false,
    };
    if let Some(text) = facts.disk.effective_text(file).filter(|_| irregular) {
        if !names.contains(&text) {
            names.push(text);
        }
    }
    names
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

/// What the judgement needs of the resolution besides the names.
pub(super) struct Wanted<'a> {
    pub(super) seed: Option<&'a SeedFingerprint>,
    pub(super) seed_name: Option<&'static str>,
}

/// The record proves that sanid derived the value, and that it did so from another machine-id, or another
/// UUID in the same place. A seed of another kind is a change of configuration, and needs consent like one.
fn earlier_seed(origin: &Origin, wanted: &Wanted<'_>) -> bool {
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

pub(super) fn nvme(facts: &Facts, pair: &NvmePair, origin: &Wanted<'_>) -> Judgement {
    let (nqn, id) = (facts.disk.host_nqn(), facts.disk.host_id());
    let nqns = facts.disk.names_in_use(IdentityFile::HostNqn);
    let ids = facts.disk.names_in_use(IdentityFile::HostId);
    if nqns.is_empty() && ids.is_empty() && !nqn.is_somebodys() {
        return Judgement::Free(weakest(&nqn, &id));
    }
    let right_nqn = nqns.iter().all(|name| name == pair.host_nqn.as_str());
    let right_id = ids.iter().all(|name| *name == pair.host_id.to_string());
    let nqns = somebodys(facts, IdentityFile::HostNqn, nqns);
    match (nqns.is_empty(), ids.is_empty()) {
        (false, false) if right_nqn && right_id => Judgement::Same,
        (false, true) if right_nqn && nqns.len() == 1 => Judgement::Free(Free::Half),
        (true, false) if right_id => Judgement::Free(Free::Half),
        _ if interrupted(facts, pair) => Judgement::Free(Free::Interrupted),
        _ if pair_of_earlier_seed(facts, (&nqns, &ids), pair, origin) => {
            Judgement::Free(Free::EarlierSeed)
        }
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
fn interrupted(facts: &Facts, pair: &NvmePair) -> bool {
    let Some(change) = facts.record.pending() else {
        return false;
    };
    let nqn = facts.disk.effective_text(IdentityFile::HostNqn);
    let id = facts.disk.effective_text(IdentityFile::HostId);
    let known = (nqn == change.from.host_nqn || nqn == change.to.host_nqn)
        && (id == change.from.host_id || id == change.to.host_id);
    let whole_old = nqn == change.from.host_nqn && id == change.from.host_id;
    let whole_new = nqn == change.to.host_nqn && id == change.to.host_id;
    let still_desired = change.to.host_nqn.as_deref() == Some(pair.host_nqn.as_str())
        && change.to.host_id.as_deref() == Some(&pair.host_id.to_string());
    known && !whole_new && (still_desired || !whole_old)
}

/// Every half that is there is the recorded one or the desired one, and the record's seed is not this host's.
fn pair_of_earlier_seed(
    facts: &Facts,
    (nqns, ids): (&[String], &[String]),
    pair: &NvmePair,
    origin: &Wanted<'_>,
) -> bool {
    let record = facts.record.record();
    let recorded = record.and_then(|record| record.nvme.as_ref());
    recorded.is_some_and(|recorded| {
        let desired = (pair.host_nqn.as_str(), pair.host_id.to_string());
        let nqn = |name: &String| *name == recorded.host_nqn || *name == desired.0;
        let id = |name: &String| *name == recorded.host_id || *name == desired.1;
        nqns.iter().all(nqn) && ids.iter().all(id) && earlier_seed(&recorded.origin, origin)
    })
}

/// The file and value that would make a pair of a half that stands alone; nothing where both or neither
/// are there, where no value follows, or where a live controller joins the half to another partner.
pub(super) fn missing_half(facts: &Facts) -> Option<(IdentityFile, String)> {
    let (nqn, id) = (facts.disk.host_nqn(), facts.disk.host_id());
    let is_free = |file| facts.disk.names_in_use(file).is_empty();
    let (file, pair) = match (nqn.name(), id.name()) {
        (Some(nqn), None) if is_free(IdentityFile::HostId) => {
            (IdentityFile::HostId, NvmePair::from_host_nqn(nqn.clone())?)
        }
        (None, Some(id)) if is_free(IdentityFile::HostNqn) && !nqn.is_somebodys() => {
            (IdentityFile::HostNqn, NvmePair::from_host_id(*id))
        }
        _ => return None,
    };
    let (nqn, id) = (pair.host_nqn.to_string(), pair.host_id.to_string());
    let Observed::Saw(controllers) = &facts.live.nvme else {
        return None;
    };
    let torn = controllers.iter().any(|controller| {
        let (Observed::Saw(live_nqn), Observed::Saw(live_id)) =
            (&controller.host_nqn, &controller.host_id)
        else {
            return true;
        };
        let same_nqn = live_nqn.as_deref() == Some(&nqn);
        let same_id = live_id
            .as_deref()
            .is_some_and(|live| live.eq_ignore_ascii_case(&id));
        same_nqn != same_id
    });
    (!torn).then_some(match file {
        IdentityFile::HostId => (file, id),
        _ => (file, nqn),
    })
}
