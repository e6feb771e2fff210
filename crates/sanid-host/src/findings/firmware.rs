//! What the firmware booted with against what the host has and shall have.

use std::fmt::Write as _;

use sanid_core::NvmePair;

use super::{Code, Finding, View};
use crate::plan::{desired, on_disk};
use crate::resolve::firmware::Firmware;
use crate::resolve::{Given, Part, Resolution, Source as _};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let resolution = view.resolution;
    let mut findings = Vec::new();
    let disk = &view.facts.disk;
    // The record's finding says what to do about files that are sanid's own unfinished work.
    let settled = !super::record::is_own_work(view);
    if let Ok(Some(name)) = Firmware.iqn(view.facts) {
        let chosen = resolution.iqn.as_ref().ok();
        let outranked = chosen.is_some_and(|chosen| chosen.value != name.value);
        let other = settled && disk.iqn().name().is_some_and(|other| *other != name.value);
        let word = format!("{} gives {}", name.place, name.value);
        findings.extend(differs(
            view,
            resolution,
            Part::Iqn,
            &word,
            (outranked, other),
        ));
    }
    if let Ok(Some(Given { value: pair, place })) = Firmware.nvme(view.facts) {
        let chosen = resolution.nvme.as_ref().ok();
        let outranked = chosen.is_some_and(|chosen| chosen.value != pair);
        let other_nqn = disk
            .host_nqn()
            .name()
            .is_some_and(|other| *other != pair.host_nqn);
        let other_id = disk
            .host_id()
            .valid()
            .is_some_and(|valid| *valid != pair.host_id);
        let other = settled && (other_nqn || other_id);
        let word = format!("{place} gives {} {}", pair.host_nqn, pair.host_id);
        findings.extend(differs(
            view,
            resolution,
            Part::Nvme,
            &word,
            (outranked, other),
        ));
        if !outranked && is_twin(&pair) {
            findings.push(byte_order(view, &word));
        }
    }
    findings.extend(newer(view));
    findings
}

/// Tables of a later minor revision: what is known of them is used.
fn newer(view: &View<'_>) -> Option<Finding> {
    let tables = view.facts.firmware.nbft.iter();
    let table = tables
        .into_iter()
        .find(|table| table.identity().is_some_and(|host| host.minor > 0))?;
    let minor = table.identity()?.minor;
    Some(Finding {
        code: Code::FirmwareNewer,
        part: Some(Part::Nvme),
        seen: format!(
            "the NBFT at {} has revision 1.{minor}; sanid reads the fields of 1.0",
            table.path
        ),
        why: "A later minor revision only adds fields. This version cannot read what a new field says about the host's names.",
        fix: vec!["a later version of sanid, if there is one".into()],
    })
}

fn differs(
    view: &View<'_>,
    resolution: &Resolution,
    part: Part,
    word: &str,
    (outranked, other_on_disk): (bool, bool),
) -> Option<Finding> {
    if !outranked && !other_on_disk {
        return None;
    }
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
            part.words()
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

fn byte_order(view: &View<'_>, word: &str) -> Finding {
    Finding {
        code: Code::FirmwareByteOrder,
        part: Some(Part::Nvme),
        seen: format!(
            "{word}: the Host ID is the UUID of the host NQN in the byte order of SMBIOS"
        ),
        why: "Most firmware stores the Host ID in this order, and Linux uses the bytes unchanged for the boot connection: the pair does not match, but is correct on this host. A program that derives the Host ID from the host NQN gets a different one.",
        fix: vec![
            "nothing on this host: the files must have the pair that the boot connection uses"
                .into(),
            format!(
                "{}   to keep this pair if an update of the firmware changes its byte order",
                view.command("adopt")
            ),
        ],
    }
}

/// The firmware's pair where it is the desired one and differs in byte order alone: a mismatch on disk
/// that is explained.
pub(super) fn desired_twin(view: &View<'_>) -> Option<NvmePair> {
    let firmware = Firmware.nvme(view.facts).ok()??.value;
    let desired = &view.resolution.nvme.as_ref().ok()?.value;
    (*desired == firmware && is_twin(&firmware)).then_some(firmware)
}

/// Whether the Host ID is the UUID of the host NQN as SMBIOS stores it: the first three fields in
/// little-endian order (DSP0134, "System - UUID").
fn is_twin(pair: &NvmePair) -> bool {
    let Some(uuid) = pair.host_nqn.pairing_uuid() else {
        return false;
    };
    let mut swapped = *uuid.as_bytes();
    swapped[0..4].reverse();
    swapped[4..6].reverse();
    swapped[6..8].reverse();
    !pair.matches() && swapped == *pair.host_id.uuid().as_bytes()
}

#[cfg(test)]
mod tests;
