//! Desired against on disk.

use super::{Code, Finding, View};
use crate::file::IdentityFile;
use crate::plan::{desired, on_disk};
use crate::resolve::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    if super::record::is_own_work(view) {
        // What is there is not somebody's to adopt; the record's own finding says what to do.
        return Vec::new();
    }
    let disk = &view.facts.disk;
    let mut findings = Vec::new();
    let wanted = |file| view.resolution.value(file);
    // A file whose own reader takes no valid name has a finding of its own.
    let differs_from = |file, on_disk: Option<String>| match (wanted(file), on_disk) {
        (Some(wanted), Some(on_disk)) => wanted != on_disk,
        _ => false,
    };
    let (iqn, nqn, id) = (disk.iqn(), disk.host_nqn(), disk.host_id());
    let iqn = iqn.valid().map(ToString::to_string);
    if differs_from(IdentityFile::InitiatorName, iqn) {
        findings.push(differs(view, Code::IqnDiffers, Part::Iqn));
    }
    let nqn = nqn.valid().map(ToString::to_string);
    let id = id.valid().map(ToString::to_string);
    if differs_from(IdentityFile::HostNqn, nqn) || differs_from(IdentityFile::HostId, id) {
        findings.push(differs(view, Code::NvmeDiffers, Part::Nvme));
    }
    findings
}

fn differs(view: &View<'_>, code: Code, part: Part) -> Finding {
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
        code,
        part: Some(part),
        seen: format!("on disk: {}; desired: {desired}", on_disk(view.facts, part)),
        why: "The host shows a different identity than the one that follows from its machine-id and configuration; after a reinstall it would change.",
        fix: view.set_scheme(part).into_iter().chain(consents).collect(),
    }
}
