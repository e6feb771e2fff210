//! Names that were kept, and that another host may have.

use super::{Code, Finding, View};
use crate::part::Part;
use crate::resolve::SourceKind;
use crate::unique::{self, Uniqueness};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    Part::ALL
        .into_iter()
        .filter_map(|part| unconfirmed(view, part))
        .collect()
}

fn unconfirmed(view: &View<'_>, part: Part) -> Option<Finding> {
    let earlier = match unique::uniqueness(view.facts, view.resolution, part) {
        Uniqueness::NotKept | Uniqueness::Confirmed => return None,
        Uniqueness::Unconfirmed(earlier) => earlier,
    };
    let names = unique::kept_names(view.facts, view.resolution, part)?.join(" ");
    let how = match view.resolution.origin(part) {
        Ok((SourceKind::Pin, place)) => format!("is pinned at {place}"),
        _ => "was on disk and is kept".to_owned(),
    };
    let confirmed = match earlier {
        Some(earlier) => format!(
            "that it is unique was confirmed ({}, {}) for a different machine-id or other hardware",
            earlier.by, earlier.at
        ),
        None => "no claim, audit or administrator has confirmed that it is unique".to_owned(),
    };
    Some(Finding {
        code: Code::UniqueUnconfirmed,
        part: Some(part),
        seen: format!("{names} {how}, and {confirmed}"),
        why: "A copy of this host has the same name, and with the same machine-id also the same derived names. Storage takes both for one host.",
        fix: vec![
            unique::compare(view.facts),
            format!(
                "{}   once no other host has the name",
                view.command("adopt --confirm-unique")
            ),
        ],
    })
}
