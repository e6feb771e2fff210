//! Whose pair is on disk, and what completes a half of one.

use sanid_core::NvmePair;

use super::{ID, NQN};
use crate::facts::Facts;
use crate::file::Effective;
use crate::observed::Observed;
use crate::part::{IdentityFile, Part};
use crate::plan::{Free, Judgement, Seen};

pub(super) fn judge(facts: &Facts, desired: (&str, &str), seen: &Seen<'_>) -> Judgement {
    let (nqn, id) = (facts.disk.host_nqn(), facts.disk.host_id());
    let nqns = facts.disk.names_in_use(NQN);
    let ids = facts.disk.names_in_use(ID);
    if nqns.is_empty() && ids.is_empty() && !nqn.is_in_use() {
        return Judgement::Free(weakest(&nqn, &id));
    }
    let right_nqn = nqns.iter().all(|name| name == desired.0);
    let right_id = ids.iter().all(|name| name == desired.1);
    let nqns = facts.disk.names_in_any_use(NQN);
    match (nqns.is_empty(), ids.is_empty()) {
        (false, false) if right_nqn && right_id => Judgement::Same,
        (false, true) if right_nqn && nqns.len() == 1 => Judgement::Free(Free::Half),
        (true, false) if right_id => Judgement::Free(Free::Half),
        _ if interrupted(facts, desired) => Judgement::Free(Free::Interrupted),
        _ if is_of_earlier_seed(facts, (&nqns, &ids), desired, seen) => {
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

/// Each half is the old or the new one of an unfinished change: a mixture is in use by no storage, and
/// the whole old pair may go if the change is still the desired one.
fn interrupted(facts: &Facts, desired: (&str, &str)) -> bool {
    let Some(change) = facts.record.pending() else {
        return false;
    };
    let nqn = facts.disk.effective_text(NQN);
    let id = facts.disk.effective_text(ID);
    let known = (nqn.as_deref() == change.from.host_nqn()
        || nqn.as_deref() == change.to.host_nqn())
        && (id.as_deref() == change.from.host_id() || id.as_deref() == change.to.host_id());
    let whole_old =
        nqn.as_deref() == change.from.host_nqn() && id.as_deref() == change.from.host_id();
    let whole_new = nqn.as_deref() == change.to.host_nqn() && id.as_deref() == change.to.host_id();
    let still_desired =
        change.to.host_nqn() == Some(desired.0) && change.to.host_id() == Some(desired.1);
    known && !whole_new && (still_desired || !whole_old)
}

/// Every half that is there is the recorded one or the desired one, and the record's seed is not this host's.
fn is_of_earlier_seed(
    facts: &Facts,
    (nqns, ids): (&[String], &[String]),
    desired: (&str, &str),
    seen: &Seen<'_>,
) -> bool {
    facts.record.of(Part::Nvme).is_some_and(|recorded| {
        let nqn = |name: &String| recorded.names.host_nqn() == Some(name) || name == desired.0;
        let id = |name: &String| recorded.names.host_id() == Some(name) || name == desired.1;
        nqns.iter().all(nqn) && ids.iter().all(id) && seen.is_earlier_seed(&recorded.origin)
    })
}

/// The file and value that would make a pair of a half that stands alone; nothing where both or neither
/// are there, where no value follows, or where a live controller joins the half to another partner.
pub(super) fn missing_half(facts: &Facts) -> Option<(IdentityFile, String)> {
    let (nqn, id) = (facts.disk.host_nqn(), facts.disk.host_id());
    let is_free = |file| facts.disk.names_in_use(file).is_empty();
    let (file, pair) = match (nqn.name(), id.name()) {
        (Some(nqn), None) if is_free(ID) => (ID, NvmePair::from_host_nqn(nqn.clone())?),
        (None, Some(id)) if is_free(NQN) && !nqn.is_in_use() => (NQN, NvmePair::from_host_id(*id)),
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
    (!torn).then_some((file, if file == ID { id } else { nqn }))
}
