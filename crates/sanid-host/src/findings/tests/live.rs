//! What lives, and what iscsid read.

use super::{Case, clean};
use crate::IdentityFile;
use crate::facts::{Facts, IscsiHost, Started};
use crate::observed::Observed;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, saw};

pub(super) fn cases() -> Vec<Case> {
    vec![
        (
            "live under the files' names",
            clean().session(IQN).controller(NQN, ID),
            vec![],
        ),
        (
            "old session",
            clean().session(OTHER_IQN),
            vec!["live-iqn-differs"],
        ),
        (
            "old controller",
            clean().controller(OTHER_NQN, OTHER_ID),
            vec!["live-nvme-differs"],
        ),
        (
            "sessions that cannot be listed",
            unseen(clean(), |facts| {
                facts.live.iscsi = Observed::Failed("Permission denied".into());
            }),
            vec!["live-unseen"],
        ),
        (
            "a controller whose pair cannot be read",
            unseen(clean().controller(NQN, ID), |facts| {
                let controllers = saw(&mut facts.live.nvme);
                controllers[0].host_id = Observed::Failed("Permission denied".into());
            }),
            vec!["live-unseen"],
        ),
        (
            "containers that were not read",
            unseen(clean(), |facts| {
                facts.others.namespaces = Observed::NotLooked;
            }),
            vec!["check-incomplete"],
        ),
        (
            "the session of an adapter with a name of its own",
            unseen(clean().session(OTHER_IQN), |facts| {
                saw(&mut facts.live.iscsi_hosts).push(IscsiHost {
                    name: "host3".into(),
                    initiator: OTHER_IQN.into(),
                    offload: true,
                });
            }),
            vec![],
        ),
        (
            "one NQN, two Host IDs, as Linux 6.1 lets pass",
            clean().controller(NQN, ID).controller(NQN, OTHER_ID),
            vec!["live-pair-conflict", "live-nvme-differs"],
        ),
        (
            "an iscsid that is younger than its file, one within the blur, and a clock that was set back",
            iscsid(iscsid(iscsid(clean(), 1000, 900), 1000, 1002), 1000, 2001),
            vec![],
        ),
        (
            "an iscsid that is older than its file",
            iscsid(clean(), 1000, 1003),
            vec!["iscsid-outdated"],
        ),
    ]
}

fn unseen(mut facts: Facts, change: impl FnOnce(&mut Facts)) -> Facts {
    change(&mut facts);
    facts
}

/// With an iscsid that started and a file that was written at these times.
fn iscsid(mut facts: Facts, started: i64, written: i64) -> Facts {
    saw(&mut facts.others.started).push(Started {
        file: IdentityFile::InitiatorName,
        pid: 815,
        started,
        written,
        now: 2000,
    });
    facts
}

/// The fixes of the only finding.
fn fixes(facts: &Facts) -> (String, Vec<String>) {
    let found = super::findings(facts, &super::resolve(facts));
    let live = |one: &super::Finding| one.code.as_str().starts_with("live-");
    let one = found.into_iter().find(live).unwrap();
    (one.seen, one.fix)
}

/// LXD connects with a pair of its own, and makes the same one again.
#[test]
fn a_controller_of_lxd_is_not_to_be_connected_again() {
    let mut facts = clean().controller(OTHER_NQN, OTHER_ID);
    let path = "/var/snap/lxd/common/lxd/server.uuid";
    *saw(&mut facts.others.lxd) = Some((path.into(), OTHER_ID.into()));
    let (seen, fix) = fixes(&facts);
    assert!(
        seen.contains(&format!("LXD makes this pair from {path}")),
        "{seen}"
    );
    assert!(!fix.iter().any(|fix| fix.contains("disconnect")), "{fix:?}");
    // A different pair is not LXD's.
    let (_, fix) = fixes(&facts.controller(OTHER_NQN, ID));
    assert!(!fix.is_empty());
}

#[test]
fn a_session_or_controller_with_a_configured_name_names_the_configuration() {
    use super::own_names::{interface, nvme};
    let reader = &crate::own::PERSONA;
    let controller = clean().controller(OTHER_NQN, OTHER_ID);
    let (seen, fix) = fixes(&nvme(controller, reader, Some(OTHER_NQN), Some(OTHER_ID)));
    assert!(seen.contains("/etc/nvme/0:2"), "{seen}");
    assert!(!fix.iter().any(|fix| fix.contains("disconnect")), "{fix:?}");
    let (seen, fix) = fixes(&interface(clean().session(OTHER_IQN), OTHER_IQN));
    assert!(seen.contains("/var/lib/iscsi/ifaces/eth0:1"), "{seen}");
    assert!(!fix.iter().any(|fix| fix.contains("restart")), "{fix:?}");
}
