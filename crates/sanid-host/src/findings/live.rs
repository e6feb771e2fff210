//! The running kernel against the files.

use std::collections::BTreeMap;

use sanid_core::HostNqn;

use super::{Code, Finding, View};
use crate::facts::{NvmeController, OwnName};
use crate::observed::Observed;
use crate::plan::live::{is_iqn, is_pair_of, pair_in_words};
use crate::readers::own_names;
use crate::resolve::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(iscsi(view));
    findings.extend(nvme(view));
    let live = view.facts.live.nvme.seen();
    let nqn = |one: &NvmeController| shown(&one.host_nqn);
    let id = |one: &NvmeController| shown(&one.host_id);
    findings.extend(conflict(live, "host NQN", nqn, id));
    findings.extend(conflict(live, "Host ID", id, nqn));
    findings
}

fn shown(half: &Observed<Option<String>>) -> Option<String> {
    match half {
        Observed::Saw(half) => half.clone(),
        Observed::NotLooked | Observed::Failed(_) => None,
    }
}

fn iscsi(view: &View<'_>) -> Vec<Finding> {
    let on_disk = view.facts.disk.iqn();
    let Some(name) = on_disk.name() else {
        return Vec::new();
    };
    let live = &view.facts.live;
    let others = live
        .iscsi
        .seen()
        .iter()
        .filter_map(|session| match &session.initiator {
            Observed::Saw(initiator) => Some((session, initiator)),
            // Its own finding reports that it is not known.
            Observed::NotLooked | Observed::Failed(_) => None,
        });
    others
        .filter(|(session, _)| !is_iqn(session, name) && !live.is_of_an_adapter(session))
        .map(|(session, initiator)| {
            let seen = format!(
                "{} is logged in as {}; the file has {name}",
                session.name, initiator
            );
            match set_by(view, initiator) {
                Some(own) => own_session(view, &seen, own),
                None => old_session(seen),
            }
        })
        .collect()
}

fn old_session(seen: String) -> Finding {
    Finding {
        code: Code::LiveIqnDiffers,
        part: Some(Part::Iqn),
        seen,
        why: "iscsid reads the name once, at its start: the next login comes with another name than this session, and an array that knows only one of them refuses it.",
        fix: vec![
            "if the session's name is given on purpose (iface.initiatorname), nothing".into(),
            "otherwise, when the session may end: iscsiadm -m node -u, then systemctl restart iscsid.service, then iscsiadm -m node -l".into(),
        ],
    }
}

/// A record of open-iscsi with this initiator name.
fn set_by<'a>(view: &View<'a>, initiator: &str) -> Option<&'a OwnName> {
    let mut own = own_names(view.facts).iter();
    own.find(|one| one.own.iqn.as_deref() == Some(initiator))
}

/// A session that has its name from a record: it logs in with that name again.
fn own_session(view: &View<'_>, seen: &str, own: &OwnName) -> Finding {
    Finding {
        code: Code::LiveIqnDiffers,
        part: Some(Part::Iqn),
        seen: format!(
            "{seen}; the session's name is the iface.initiatorname of {}",
            own.place()
        ),
        why: "The session has that name again after each login, whatever the file has: an array that knows only the file's name refuses it.",
        fix: vec![
            "nothing, if the array is to know this host by that name as well".into(),
            super::own_names::remove(view, own),
        ],
    }
}

fn nvme(view: &View<'_>) -> Vec<Finding> {
    let (nqn, id) = (view.facts.disk.host_nqn(), view.facts.disk.host_id());
    let (Some(nqn), Some(id)) = (nqn.name(), id.name()) else {
        return Vec::new();
    };
    let is_known =
        |one: &&NvmeController| one.host_nqn.unknown().is_none() && one.host_id.unknown().is_none();
    let live = view.facts.live.nvme.seen();
    let others = live
        .iter()
        .filter(is_known)
        .filter(|one| !is_pair_of(one, nqn.as_str(), &id.to_string()));
    others
        .map(|one| {
            let seen = format!(
                "{} is connected as {}; the files have {nqn} {id}",
                one.name,
                pair_in_words(one),
            );
            match connected_by(view, one) {
                Some((whose, fix)) => own_controller(&seen, &whose, fix),
                None => old_controller(seen, &one.name),
            }
        })
        .collect()
}

fn old_controller(seen: String, name: &str) -> Finding {
    Finding {
        code: Code::LiveNvmeDiffers,
        part: Some(Part::Nvme),
        seen,
        why: "The next connection uses a different identity: the array may refuse it, and reservations held by the old Host ID stay behind.",
        fix: vec![format!(
            "when it may end: nvme disconnect --device={name}, then connect again"
        )],
    }
}

/// Whose pair a controller has, and how it goes away: it has the same one after each connect.
fn connected_by(view: &View<'_>, one: &NvmeController) -> Option<(String, Option<String>)> {
    if let Observed::Saw(Some((path, uuid))) = &view.facts.others.lxd {
        let nqn = format!("{}{uuid}", HostNqn::UUID_PREFIX);
        if is_pair_of(one, &nqn, uuid) {
            return Some((format!("LXD makes this pair from {path}"), None));
        }
    }
    let mut own = own_names(view.facts).iter();
    let own = own.find(|own| match (&own.own.host_nqn, &own.own.host_id) {
        (Some(nqn), Some(id)) => is_pair_of(one, nqn, id),
        _ => false,
    })?;
    let whose = format!(
        "{} takes this pair from {}",
        own.reader.as_str(),
        own.place()
    );
    Some((whose, Some(super::own_names::remove(view, own))))
}

fn own_controller(seen: &str, whose: &str, remove: Option<String>) -> Finding {
    let known = "nothing, if the array is to know this host by that pair as well".to_owned();
    Finding {
        code: Code::LiveNvmeDiffers,
        part: Some(Part::Nvme),
        seen: format!("{seen}; {whose}"),
        why: "The controller has that pair again after each connect, whatever the files have: an array that knows only the files' pair refuses it.",
        fix: std::iter::once(known).chain(remove).collect(),
    }
}

/// Linux 6.5 and later refuses one half with two partners; before, it lets it pass, and reservations
/// are then shared or lost.
fn conflict(
    live: &[NvmeController],
    what: &str,
    key: impl Fn(&NvmeController) -> Option<String>,
    partner: impl Fn(&NvmeController) -> Option<String>,
) -> Vec<Finding> {
    let mut partners: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for one in live {
        if let (Some(key), Some(partner)) = (key(one), partner(one)) {
            partners
                .entry(key)
                .or_default()
                .entry(partner)
                .or_insert_with(|| one.name.clone());
        }
    }
    let torn = partners
        .into_iter()
        .filter(|(_, partners)| partners.len() > 1);
    torn.map(|(key, partners)| {
        let uses: Vec<String> = partners.iter().map(|(partner, name)| format!("{name} with {partner}")).collect();
        Finding {
            code: Code::LivePairConflict,
            part: Some(Part::Nvme),
            seen: format!("one {what}, {key}, is live with more than one partner: {}", uses.join(", ")),
            why: "Reservations register by Host ID: controllers of one host that disagree can lock each other out or share what must not be shared. Linux 6.5 and later refuses such a connect.",
            fix: vec!["disconnect the ones that do not have the pair in the files, and connect them again".into()],
        }
    })
    .collect()
}
