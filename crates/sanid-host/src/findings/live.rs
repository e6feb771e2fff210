//! The running kernel against the files.

use std::collections::BTreeMap;

use super::{Code, Finding, View};
use crate::facts::NvmeController;
use crate::observed::Observed;
use crate::plan::live::{is_iqn, is_pair_of, pair_in_words};
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
        .map(|(session, initiator)| Finding {
            code: Code::LiveIqnDiffers,
            part: Some(Part::Iqn),
            seen: format!("{} is logged in as {}; the file has {name}", session.name, initiator),
            why: "iscsid reads the name once, at its start: the next login comes with another name than this session, and an array that knows only one of them refuses it.",
            fix: vec![
                "if the session's name is given on purpose (iface.initiatorname), nothing".into(),
                "otherwise, when the session may end: iscsiadm -m node -u, then systemctl restart iscsid.service, then iscsiadm -m node -l".into(),
            ],
        })
        .collect()
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
        .map(|one| Finding {
            code: Code::LiveNvmeDiffers,
            part: Some(Part::Nvme),
            seen: format!(
                "{} is connected as {}; the files have {nqn} {id}",
                one.name,
                pair_in_words(one),
            ),
            why: "The next connect comes with another identity than this one: the array may refuse it, and reservations held by the old Host ID stay behind.",
            fix: vec![format!("when it may end: nvme disconnect --device={}, then connect again", one.name)],
        })
        .collect()
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
