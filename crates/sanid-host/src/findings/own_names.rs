//! Names that programs take from configurations of their own.

use super::{Code, Finding, View};
use crate::facts::{Facts, OwnName, OwnReader};
use crate::file::IdentityFile;
use crate::parse::hostfile::{libnvme_3_hostid, libnvme_3_hostnqn};
use crate::readers::{differs, own_names, part};
use crate::resolve::Part;
use crate::root::escape;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let all = own_names(view.facts);
    let mut findings: Vec<Finding> = Vec::new();
    let mut reported: Vec<&OwnName> = Vec::new();
    for (index, own) in all.iter().enumerate() {
        let before = all.get(..index).unwrap_or_default();
        let fault = refused(own, before).map(|why| persona_refused(view, own, &why));
        let fault = fault.or_else(|| conflict(view, own, before));
        // A node's records repeat the name of their interface.
        let same = |one: &OwnName| part(one) == part(own) && one.in_words() == own.in_words();
        if let Some(fault) = fault {
            findings.push(fault);
        } else if differs(view.facts, own) && !reported.iter().any(|one| same(one)) {
            let more = all.iter().filter(|one| same(one)).count() - 1;
            findings.push(differing(view, own, more));
            reported.push(own);
        }
    }
    findings
}

fn differing(view: &View<'_>, own: &OwnName, more: usize) -> Finding {
    let code = match part(own) {
        Part::Iqn => Code::IfaceOwnName,
        Part::Nvme => Code::ReaderOwnName,
    };
    let more = match more {
        0 => String::new(),
        1 => " and 1 more place".into(),
        more => format!(" and {more} more places"),
    };
    Finding {
        code,
        part: Some(part(own)),
        seen: format!(
            "{} takes {} from {}{more}; the {} {}",
            own.reader.as_str(),
            own.in_words(),
            own.place(),
            match part(own) {
                Part::Iqn => "file has",
                Part::Nvme => "files have",
            },
            on_disk(view.facts, part(own)),
        ),
        why: "The array sees that name from the connections that this program makes, and not the one in /etc: it denies access, or takes the host for a different one.",
        fix: vec![
            "nothing, if the array is to know this host by that name as well".into(),
            remove(view, own),
        ],
    }
}

fn on_disk(facts: &Facts, part: Part) -> String {
    let files = crate::part::files(part).iter();
    let names: Vec<String> = files
        .filter_map(|file| facts.disk.effective_text(*file))
        .map(|name| escape(name.as_bytes()))
        .collect();
    if names.is_empty() {
        "none".into()
    } else {
        names.join(" ")
    }
}

/// How the name goes away.
pub(super) fn remove(view: &View<'_>, own: &OwnName) -> String {
    let path = view.path(&escape(own.path.as_bytes()));
    let line = own.own.line;
    match own.reader {
        OwnReader::Fabrics => {
            format!("take hostnqn and hostid out of [Host] in {path}, line {line}")
        }
        // Without a hostnqn, nvme-cli refuses a [Host] that is left.
        OwnReader::Persona => format!("take [Host] out of {path}, line {line}"),
        OwnReader::Json => format!("take hostnqn and hostid out of {path}, line {line}"),
        OwnReader::Discovery => {
            format!("take --hostnqn and --hostid out of {path}, line {line}")
        }
        OwnReader::Stas => format!("take nqn and id out of [Host] in {path}, line {line}"),
        OwnReader::Iscsi => format!("take iface.initiatorname out of {path}, line {line}"),
    }
}

/// Why nvme-cli 3.1 refuses its whole configuration (`libnvme/src/nvme/config-ini.c`, `config-resolve.c`).
fn refused(own: &OwnName, before: &[OwnName]) -> Option<String> {
    if !is_fabrics(own) {
        return None;
    }
    if let Some(fault) = own.own.fault {
        return Some(fault.into());
    }
    let (nqn, id) = (own.own.host_nqn.as_deref(), own.own.host_id.as_deref());
    if nqn.is_some_and(|nqn| libnvme_3_hostnqn(nqn.as_bytes()) != Ok(nqn)) {
        return Some("its hostnqn is not a valid NQN".into());
    }
    if id.is_some_and(|id| libnvme_3_hostid(id.as_bytes()) != Ok(id)) {
        return Some("its hostid is not a valid UUID".into());
    }
    match (nqn, id) {
        (None, _) if own.reader == OwnReader::Persona => Some("it has no hostnqn".into()),
        (Some(_), None) => Some("it has a hostnqn and no hostid".into()),
        _ => before
            .iter()
            .filter(|one| is_fabrics(one))
            .find(|one| nqn.is_some() && one.own.host_nqn.as_deref() == nqn)
            .map(|one| format!("{} has the same hostnqn", one.place())),
    }
}

fn is_fabrics(own: &OwnName) -> bool {
    matches!(own.reader, OwnReader::Fabrics | OwnReader::Persona)
}

fn persona_refused(view: &View<'_>, own: &OwnName, why: &str) -> Finding {
    let names = own.in_words();
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
    let half =
        |set: Option<&String>, file| set.cloned().or_else(|| facts.disk.effective_text(file));
    (
        half(
            own.and_then(|own| own.own.host_nqn.as_ref()),
            IdentityFile::HostNqn,
        ),
        half(
            own.and_then(|own| own.own.host_id.as_ref()),
            IdentityFile::HostId,
        ),
    )
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
    if part(own) != Part::Nvme {
        return None;
    }
    let here = pair(view.facts, Some(own));
    let of_files = ("/etc/nvme has".to_owned(), pair(view.facts, None));
    let earlier = before
        .iter()
        .filter(|one| part(one) == Part::Nvme)
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
            own.reader.as_str(),
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
