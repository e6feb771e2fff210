//! Findings on the NVMe pair.

use std::collections::BTreeMap;

use sanid_core::HostNqn;

use super::{ID, NQN, Part, is_pair_of, pair_in_words};
use crate::facts::{Facts, NvmeController};
use crate::file::{Disk, Effective};
use crate::findings::{Code, Finding, View, names, own_names, unseen::reason};
use crate::observed::Observed;
use crate::parse::hostfile::LIBNVME_3;

const REFUSED: &str = "Linux sends it as it is; SPDK, nvme-cli 3 and others refuse it.";

pub(super) fn names(view: &View<'_>) -> Vec<Finding> {
    let disk = &view.facts.disk;
    let finding = match disk.host_nqn() {
        Effective::Irregular { text, why, .. } => {
            let seen = format!("{text}: {why}{}", libnvme_3_refusal(disk));
            names::kept(view, NQN, &text, &seen, REFUSED)
        }
        Effective::Valid(nqn) => match nqn.conformance() {
            Err(error) => Some(Finding {
                code: Code::NameNotConformant,
                part: Some(Part::Nvme),
                seen: format!("{nqn}: {error}{}", libnvme_3_refusal(disk)),
                why: REFUSED,
                fix: vec![format!(
                    "{}   once the arrays know the new pair",
                    view.command("apply --replace")
                )],
            }),
            Ok(()) => names::portable(view, Part::Nvme, nqn.as_str(), &nqn.portability()),
        },
        _ => None,
    };
    finding.into_iter().collect()
}

/// What libnvme 3 does with a host NQN that it refuses, to continue a sentence; empty where it takes the NQN.
fn libnvme_3_refusal(disk: &Disk) -> String {
    let mut others = crate::readers::others(disk, NQN).into_iter();
    let sent = others.find_map(|view| super::instead(disk, &view));
    sent.map_or_else(String::new, |(name, _)| {
        format!("; {LIBNVME_3} ignores it and sends {name}")
    })
}

pub(super) fn live(view: &View<'_>) -> Vec<Finding> {
    let mut findings = differing(view);
    let live = view.facts.live.nvme.seen();
    let nqn = |one: &NvmeController| shown(&one.host_nqn);
    let id = |one: &NvmeController| shown(&one.host_id);
    findings.extend(conflict(live, NQN.holds(), nqn, id));
    findings.extend(conflict(live, ID.holds(), id, nqn));
    findings
}

fn shown(half: &Observed<Option<String>>) -> Option<String> {
    match half {
        Observed::Saw(half) => half.clone(),
        Observed::NotLooked | Observed::Failed(_) => None,
    }
}

fn differing(view: &View<'_>) -> Vec<Finding> {
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
        why: "The next connection uses a different identity: the array may refuse it, and reservations held by the old Host ID remain.",
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
    let mut own = crate::readers::own_names(view.facts).iter();
    let own = own.find(
        |own| match (own.own.names.host_nqn(), own.own.names.host_id()) {
            (Some(nqn), Some(id)) => is_pair_of(one, nqn, id),
            _ => false,
        },
    )?;
    let whose = format!("{} takes this pair from {}", own.reader.name, own.place());
    Some((whose, Some(own_names::remove(view, own))))
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
            seen: format!("one {what}, {key}, is in use with more than one partner: {}", uses.join(", ")),
            why: "Reservations register by Host ID: controllers of one host that disagree can lock each other out or share reservations that must not be shared. Linux 6.5 and later refuses such a connection.",
            fix: vec!["disconnect the ones that do not have the pair in the files, and connect them again".into()],
        }
    })
    .collect()
}

pub(super) fn unseen(facts: &Facts) -> Vec<String> {
    let mut unknown = reason(&facts.live.nvme);
    let of = |one: &NvmeController| [reason(&one.host_nqn), reason(&one.host_id)].concat();
    unknown.extend(facts.live.nvme.seen().iter().flat_map(of));
    unknown
}
