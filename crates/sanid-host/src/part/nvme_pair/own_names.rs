//! Pairs that programs take from configurations of their own, and that the kernel or nvme-cli refuses.

use super::configs::{FABRICS, PERSONA};
use super::{ID, NQN, Part};
use crate::facts::Facts;
use crate::findings::{Code, Finding, View, own_names::remove};
use crate::own::OwnName;
use crate::root::escape;

/// Why a pair that a program takes from its own configuration does not work.
pub(super) fn fault(view: &View<'_>, own: &OwnName, before: &[OwnName]) -> Option<Finding> {
    let fault = refused(own, before).map(|why| persona_refused(view, own, &why));
    fault.or_else(|| conflict(view, own, before))
}

/// Why nvme-cli 3.1 refuses its whole configuration (`libnvme/src/nvme/config-ini.c`, `config-resolve.c`).
fn refused(own: &OwnName, before: &[OwnName]) -> Option<String> {
    if !is_fabrics(own) {
        return None;
    }
    if let Some(fault) = own.own.fault {
        return Some(fault.into());
    }
    let (nqn, id) = (own.own.names.host_nqn(), own.own.names.host_id());
    match (nqn, id) {
        (None, _) if *own.reader == PERSONA => Some("it has no hostnqn".into()),
        (Some(_), None) => Some("it has a hostnqn and no hostid".into()),
        _ => before
            .iter()
            .filter(|one| is_fabrics(one))
            .find(|one| nqn.is_some() && one.own.names.host_nqn() == nqn)
            .map(|one| format!("{} has the same hostnqn", one.place())),
    }
}

fn is_fabrics(own: &OwnName) -> bool {
    [&FABRICS, &PERSONA].contains(&own.reader)
}

fn persona_refused(view: &View<'_>, own: &OwnName, why: &str) -> Finding {
    let names = own.own.names.to_string();
    let fix = if own.own.fault.is_some() {
        let path = view.path(&escape(own.path.as_bytes()));
        vec![format!("correct line {} of {path}", own.own.line)]
    } else {
        vec![
            "give the persona a hostnqn and a hostid that nothing else has".into(),
            remove(view, own),
        ]
    };
    Finding {
        code: Code::PersonaRefused,
        part: Some(Part::Nvme),
        seen: match (own.own.fault, names.as_str()) {
            (None, names) if !names.is_empty() => {
                format!("[Host] of {} has {names}: {why}", own.place())
            }
            _ => format!("{}: {why}", own.place()),
        },
        why: "nvme-cli 3.1 then refuses all of nvme-fabrics.conf and its drop-ins: connect-all connects nothing.",
        fix,
    }
}

/// A pair, as it goes on the wire: a half that is not set comes from the identity files.
type Pair = (Option<String>, Option<String>);

fn pair(facts: &Facts, own: Option<&OwnName>) -> Pair {
    let half = |file| {
        let set = own.and_then(|own| own.own.names.of(file));
        let set = set.map(str::to_owned);
        set.or_else(|| facts.disk.effective_text(file))
    };
    (half(NQN), half(ID))
}

/// The name of the half that two pairs share, if they share one half alone.
fn shared((nqn, id): &Pair, other: &Pair) -> Option<&'static str> {
    let (Some(nqn), Some(id), Some(other_nqn), Some(other_id)) = (nqn, id, &other.0, &other.1)
    else {
        return None;
    };
    match (nqn == other_nqn, id.eq_ignore_ascii_case(other_id)) {
        (true, false) => Some("host NQN"),
        (false, true) => Some("Host ID"),
        _ => None,
    }
}

/// An own pair that shares one half with the host's pair, or with an own pair before it.
fn conflict(view: &View<'_>, own: &OwnName, before: &[OwnName]) -> Option<Finding> {
    let here = pair(view.facts, Some(own));
    let of_files = ("/etc/nvme has".to_owned(), pair(view.facts, None));
    let earlier = before
        .iter()
        .filter(|one| one.reader.part == Part::Nvme)
        .map(|one| {
            (
                format!("{} makes it", one.place()),
                pair(view.facts, Some(one)),
            )
        });
    let (half, (place, other)) = std::iter::once(of_files)
        .chain(earlier)
        .find_map(|other| Some((shared(&here, &other.1)?, other)))?;
    let words = |pair: &Pair| {
        let halves: Vec<String> = [&pair.0, &pair.1]
            .into_iter()
            .flatten()
            .map(|name| escape(name.as_bytes()))
            .collect();
        halves.join(" ")
    };
    Some(Finding {
        code: Code::ReaderPairConflict,
        part: Some(Part::Nvme),
        seen: format!(
            "{} uses {} because of {}; {place} {}: one {half} with two partners",
            own.reader.name,
            words(&here),
            own.place(),
            words(&other),
        ),
        why: "Linux 6.5 and later refuses the second of the two connections (EINVAL), nvme-cli 3.1 the configuration; before, it passes, and reservations are shared or lost.",
        fix: vec![
            format!(
                "give {} a hostnqn and a hostid that nothing else has",
                own.place()
            ),
            remove(view, own),
        ],
    })
}
