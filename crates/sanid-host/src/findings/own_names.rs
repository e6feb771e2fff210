//! Names that programs take from configurations of their own.

use super::{Finding, View};
use crate::facts::Facts;
use crate::own::OwnName;
use crate::part::{Names, files};
use crate::readers::{differs, own_names};
use crate::resolve::Part;
use crate::root::escape;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let all = own_names(view.facts);
    let mut findings: Vec<Finding> = Vec::new();
    let mut reported: Vec<&OwnName> = Vec::new();
    for (index, own) in all.iter().enumerate() {
        let before = all.get(..index).unwrap_or_default();
        let fault = own.reader.part.kind().own_fault(view, own, before);
        // A node's records repeat the name of their interface.
        let same =
            |one: &OwnName| one.reader.part == own.reader.part && one.own.names == own.own.names;
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
    let kind = own.reader.part.kind();
    let more = match more {
        0 => String::new(),
        1 => " and 1 more place".into(),
        more => format!(" and {more} more places"),
    };
    Finding {
        code: kind.own_name(),
        part: Some(own.reader.part),
        seen: format!(
            "{} takes {} from {}{more}; the {} {}",
            own.reader.name,
            own.own.names,
            own.place(),
            if files(own.reader.part).len() == 1 {
                "file has"
            } else {
                "files have"
            },
            on_disk(view.facts, own.reader.part),
        ),
        why: "The array sees that name from the connections that this program makes, and not the one in /etc: it denies access, or treats the host as a different one.",
        fix: vec![
            "nothing, if the array is to know this host by that name as well".into(),
            remove(view, own),
        ],
    }
}

fn on_disk(facts: &Facts, part: Part) -> String {
    let names = Names::of_part(part, |file| facts.disk.shown(file));
    if names.is_empty() {
        "none".into()
    } else {
        names.to_string()
    }
}

/// How the name goes away.
pub(crate) fn remove(view: &View<'_>, own: &OwnName) -> String {
    let path = view.path(&escape(own.path.as_bytes()));
    format!("take {} {path}, line {}", own.reader.keys, own.own.line)
}
