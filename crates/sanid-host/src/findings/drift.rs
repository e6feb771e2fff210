//! Desired against on disk.

use super::{Finding, View};
use crate::file::IdentityFile;
use crate::part::{Part, files};
use crate::plan::{desired, on_disk};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    if super::record::is_own_work(view) {
        // What is there is not somebody's to adopt; the record's own finding says what to do.
        return Vec::new();
    }
    // A file whose own reader takes no valid name has a finding of its own.
    let file_differs = |file: &IdentityFile| {
        let on_disk = view.facts.disk.effective(*file);
        let wanted = view.resolution.value(*file);
        let both = wanted.as_ref().zip(on_disk.valid());
        both.is_some_and(|(wanted, on_disk)| wanted != on_disk)
    };
    let part_differs = |part: &Part| files(*part).iter().any(file_differs);
    let parts = Part::ALL.into_iter().filter(part_differs);
    parts.map(|part| differs(view, part)).collect()
}

fn differs(view: &View<'_>, part: Part) -> Finding {
    let desired = desired(view.resolution, part);
    let consents = [
        format!(
            "{}   to make the one on disk the desired one",
            view.command("adopt")
        ),
        format!(
            "{}   to change it, once the arrays know the new one",
            view.command("apply --replace")
        ),
    ];
    Finding {
        code: part.kind().differs(),
        part: Some(part),
        seen: format!("on disk: {}; desired: {desired}", on_disk(view.facts, part)),
        why: "The host shows a different identity than the one that follows from its machine-id and configuration; after a reinstall it would change.",
        fix: view.set_scheme(part).into_iter().chain(consents).collect(),
    }
}
