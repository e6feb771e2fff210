//! What lives, and what iscsid read.

use super::{Case, clean};
use crate::facts::{Facts, IscsiHost, Iscsid};
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
            "containers that nobody looked at",
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
    saw(&mut facts.others.iscsid).push(Iscsid {
        pid: 815,
        started,
        written,
        now: 2000,
    });
    facts
}
