//! What the firmware booted with against what the host has and shall have.

use std::fmt::Write as _;

use super::{Code, Finding, View};
use crate::part::{IdentityFile, Part, files};
use crate::plan::{desired, on_disk};
use crate::resolve::Source as _;
use crate::resolve::firmware::Firmware;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    // The record's finding says what to do about files that are sanid's own unfinished work.
    let settled = !super::record::is_own_work(view);
    for part in Part::ALL {
        if let Ok(Some(given)) = Firmware.give(view.facts, part) {
            let chosen = view.resolution.parts[part].as_ref().ok();
            let outranked = chosen.is_some_and(|chosen| chosen.names != given.names);
            let is_other = |file: &IdentityFile| {
                let on_disk = view.facts.disk.effective(*file);
                let on_disk = on_disk.name().map(String::as_str);
                on_disk.is_some() && on_disk != given.names.of(*file)
            };
            let other = settled && files(part).iter().any(is_other);
            findings.extend(differs(view, part, &given.to_string(), (outranked, other)));
        }
        findings.extend(part.kind().in_firmware(view));
    }
    findings
}

fn differs(
    view: &View<'_>,
    part: Part,
    word: &str,
    (outranked, other_on_disk): (bool, bool),
) -> Option<Finding> {
    if !outranked && !other_on_disk {
        return None;
    }
    let resolution = view.resolution;
    let mut seen = word.to_owned();
    let mut fix = Vec::new();
    if outranked {
        let place = resolution.origin(part).map_or("", |(_, place)| place);
        let _ = write!(
            seen,
            "; desired: {}, from {place}",
            desired(resolution, part)
        );
        fix.push(format!(
            "remove the {} from {place}, if the firmware's is meant",
            part.label()
        ));
        fix.push("otherwise give the firmware the same, or set firmware = \"ignore\" in the configuration".into());
    }
    if other_on_disk {
        let _ = write!(seen, "; on disk: {}", on_disk(view.facts, part));
        if !outranked {
            fix.push(format!(
                "{}   to write the firmware's, once the arrays know it",
                view.command("apply --replace")
            ));
            fix.push(format!(
                "{}   to keep what is on disk",
                view.command("adopt")
            ));
        }
    }
    Some(Finding {
        code: Code::FirmwareDiffers,
        part: Some(part),
        seen,
        why: "The connection that the host boots from uses the firmware's name, and later ones use a different one: an array that knows only one of the two refuses the other, and Linux 6.5 and later refuses half of a different pair.",
        fix,
    })
}

#[cfg(test)]
mod tests;
