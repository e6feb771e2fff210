//! Findings on the initiator name.

use super::{FILE, Part, is_iqn};
use crate::facts::{Facts, IscsiSession};
use crate::file::Effective;
use crate::findings::{Code, Finding, View, names, own_names, unseen::reason};
use crate::observed::Observed;
use crate::own::OwnName;

pub(super) fn names(view: &View<'_>) -> Option<Finding> {
    match view.facts.disk.iqn() {
        Effective::Valid(name) => {
            names::portable(view, Part::Iqn, name.as_str(), &name.portability())
        }
        Effective::Irregular { text, why, .. } => names::kept(
            view,
            FILE,
            &text,
            &format!("{text}: {why}"),
            "iscsid sends it as it is; LIO, rtslib and others refuse it.",
        ),
        _ => None,
    }
}

pub(super) fn live(view: &View<'_>) -> Vec<Finding> {
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
        .filter(|(session, _)| !is_iqn(session, name.as_str()) && !live.is_of_an_adapter(session))
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
        why: "iscsid reads the name once, at its start: the next login uses a different name than this session, and an array that knows only one of the two refuses it.",
        fix: vec![
            "if the session's name is given on purpose (iface.initiatorname), nothing".into(),
            "otherwise, when the session may end: iscsiadm -m node -u, then systemctl restart iscsid.service, then iscsiadm -m node -l".into(),
        ],
    }
}

/// A record of open-iscsi with this initiator name.
fn set_by<'a>(view: &View<'a>, initiator: &str) -> Option<&'a OwnName> {
    let mut own = crate::readers::own_names(view.facts).iter();
    own.find(|one| one.own.names.iqn() == Some(initiator))
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
            own_names::remove(view, own),
        ],
    }
}

pub(super) fn unseen(facts: &Facts) -> Vec<String> {
    let mut unknown = reason(&facts.live.iscsi);
    let of = |session: &IscsiSession| reason(&session.initiator);
    unknown.extend(facts.live.iscsi.seen().iter().flat_map(of));
    unknown.extend(reason(&facts.live.iscsi_hosts));
    unknown
}
