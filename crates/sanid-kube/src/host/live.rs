//! The kernel's sessions against the identity in use.

use sanid_host::plan::live::{Session, sessions};
use sanid_host::resolve::Part;
use sanid_host::{Facts, NAMED_PARTS, Names, Observed};

use super::{Judged, shortened};
use crate::resources::{ConditionStatus, LiveSessions, SessionCount};

pub(super) fn judge(facts: &Facts, names: &Names, sees_kernel: bool) -> (LiveSessions, Judged) {
    let all = Part::ALL.map(|part| (part, sessions(facts, part, names)));
    // An adapter's own name is not the host's.
    let of_host = |sessions: &Observed<Vec<Session>>| {
        let sessions = sessions.seen().iter().cloned();
        sessions.filter(|one| !one.of_adapter).collect::<Vec<_>>()
    };
    let [iscsi, nvme] = NAMED_PARTS.map(|part| {
        let own = all.iter().filter(|(one, _)| *one == part);
        tally(own.flat_map(|(_, sessions)| of_host(sessions)))
    });
    let live: Vec<Session> = all.iter().flat_map(|(_, all)| of_host(all)).collect();
    let unknown = all.iter().find_map(|(_, sessions)| sessions.unknown());
    let verified = if !sees_kernel {
        Judged::new(
            ConditionStatus::Unknown,
            "CannotSee",
            "the kernel's /sys is not below the root of the agent; mount it read-only",
        )
    } else if let Some(why) = unknown {
        Judged::new(
            ConditionStatus::Unknown,
            "CannotSee",
            format!("the kernel's sessions cannot be read: {why}"),
        )
    } else if live.is_empty() {
        Judged::new(
            ConditionStatus::True,
            "NoSessions",
            "no session lives, so none uses another identity",
        )
    } else if live.iter().all(|one| one.matches) {
        Judged::new(
            ConditionStatus::True,
            "SessionsMatch",
            "every live session uses the identity",
        )
    } else {
        mismatch(&live)
    };
    (LiveSessions { iscsi, nvme }, verified)
}

fn mismatch(live: &[Session]) -> Judged {
    let others = live.iter().filter(|one| !one.matches).take(8);
    let others: Vec<String> = others
        .map(|Session { user, .. }| {
            let peer = user.peer.as_deref().unwrap_or("an unknown target");
            format!("{} to {peer} uses {}", user.name, user.uses)
        })
        .collect();
    let message = format!(
        "{}; when it may end, disconnect and connect again. On the node: sanid status",
        others.join(", ")
    );
    Judged::new(
        ConditionStatus::False,
        "SessionMismatch",
        shortened(&message, 4096),
    )
}

fn tally(sessions: impl Iterator<Item = Session>) -> SessionCount {
    let mut count = SessionCount::default();
    for session in sessions {
        let one = if session.matches {
            &mut count.matched
        } else {
            &mut count.mismatched
        };
        *one = one.saturating_add(1);
    }
    count
}
