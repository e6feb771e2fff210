//! What lives, and what iscsid read.

use super::{Case, clean};
use crate::facts::{Facts, Iscsid};
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN};

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
            "one NQN, two Host IDs, as Linux 6.1 lets pass",
            clean().controller(NQN, ID).controller(NQN, OTHER_ID),
            vec!["live-nvme-differs", "live-pair-conflict"],
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

/// With an iscsid that started and a file that was written at these times.
fn iscsid(mut facts: Facts, started: i64, written: i64) -> Facts {
    facts.others.iscsid.push(Iscsid {
        pid: 815,
        started,
        written,
        now: 2000,
    });
    facts
}
