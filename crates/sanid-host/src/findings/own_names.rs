//! Names that programs take from configurations of their own.

use super::{Finding, View};
use crate::facts::{Facts, OwnName, OwnReader};
use crate::readers::{differs, own_names, part};
use crate::resolve::Part;
use crate::root::escape;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let all = own_names(view.facts);
    let mut findings: Vec<Finding> = Vec::new();
    let mut reported: Vec<&OwnName> = Vec::new();
    for (index, own) in all.iter().enumerate() {
        let before = all.get(..index).unwrap_or_default();
        let fault = part(own).kind().own_fault(view, own, before);
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
    let kind = part(own).kind();
    let more = match more {
        0 => String::new(),
        1 => " and 1 more place".into(),
        more => format!(" and {more} more places"),
    };
    Finding {
        code: kind.own_name(),
        part: Some(part(own)),
        seen: format!(
            "{} takes {} from {}{more}; the {} {}",
            own.reader.as_str(),
            own.in_words(),
            own.place(),
            kind.files_have(),
            on_disk(view.facts, part(own)),
        ),
        why: "The array sees that name from the connections that this program makes, and not the one in /etc: it denies access, or treats the host as a different one.",
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
pub(crate) fn remove(view: &View<'_>, own: &OwnName) -> String {
    let path = view.path(&escape(own.path.as_bytes()));
    let line = own.own.line;
    match own.reader {
        OwnReader::Fabrics => {
            format!("remove hostnqn and hostid from [Host] in {path}, line {line}")
        }
        // Without a hostnqn, nvme-cli refuses a [Host] that is left.
        OwnReader::Persona => format!("remove [Host] from {path}, line {line}"),
        OwnReader::Json => format!("remove hostnqn and hostid from {path}, line {line}"),
        OwnReader::Discovery => {
            format!("remove --hostnqn and --hostid from {path}, line {line}")
        }
        OwnReader::Stas => format!("remove nqn and id from [Host] in {path}, line {line}"),
        OwnReader::Iscsi => format!("remove iface.initiatorname from {path}, line {line}"),
    }
}
