//! An iscsid that is older than the initiator name.

use super::Part;
use crate::facts::Started;
use crate::findings::{Code, Finding, View};
use crate::observed::Observed;

/// The start of a process is known to a second after that of the kernel, which is known to a second.
const BLUR: i64 = 2;

pub(super) fn outdated(view: &View<'_>) -> Vec<Finding> {
    let older = view
        .facts
        .others
        .started
        .seen()
        .iter()
        .filter(|one| one.file == super::FILE && is_older(one));
    older.map(|one| finding(view, one)).collect()
}

/// A time to come says that the clock was changed, and nothing else.
fn is_older(iscsid: &Started) -> bool {
    iscsid.written > iscsid.started + BLUR && iscsid.written <= iscsid.now
}

fn finding(view: &View<'_>, iscsid: &Started) -> Finding {
    let restart = "systemctl restart iscsid.service";
    let fix = if view.facts.live.iscsi == Observed::Saw(Vec::new()) {
        format!("{restart}   which is safe now: no session is active")
    } else {
        format!(
            "when the sessions may end: iscsiadm -m node -u, then {restart}, then iscsiadm -m node -l"
        )
    };
    Finding {
        code: Code::IscsidOutdated,
        part: Some(Part::Iqn),
        seen: format!(
            "/etc/iscsi/initiatorname.iscsi was written {} s after iscsid (process {}) started",
            iscsid.written - iscsid.started,
            iscsid.pid
        ),
        why: "iscsid reads the name once, at its start: if the file had a different name then, the next login uses the new one.",
        fix: vec![fix],
    }
}
