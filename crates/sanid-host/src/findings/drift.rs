//! Desired against on disk.

use super::{Code, Finding, View};
use crate::plan::{desired, on_disk};
use crate::resolve::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Ok(resolution) = view.resolution else {
        return Vec::new();
    };
    if super::record::is_own_work(view) {
        // What is there is not somebody's to adopt; the record's own finding says what to do.
        return Vec::new();
    }
    let disk = &view.facts.disk;
    let mut findings = Vec::new();
    if disk
        .iqn()
        .valid()
        .is_some_and(|name| *name != resolution.iqn.value)
    {
        findings.push(differs(view, Code::IqnDiffers, Part::Iqn));
    }
    let pair = &resolution.nvme.value;
    let nqn = disk
        .host_nqn()
        .valid()
        .is_some_and(|nqn| *nqn != pair.host_nqn);
    let id = disk.host_id().valid().is_some_and(|id| *id != pair.host_id);
    if nqn || id {
        findings.push(differs(view, Code::NvmeDiffers, Part::Nvme));
    }
    findings
}

fn differs(view: &View<'_>, code: Code, part: Part) -> Finding {
    let desired = view
        .resolution
        .map(|resolution| desired(resolution, part))
        .unwrap_or_default();
    Finding {
        code,
        part: Some(part),
        seen: format!("on disk: {}; desired: {desired}", on_disk(view.facts, part)),
        why: "The host shows another identity than the one that follows from its machine-id and configuration; after a reinstall it would change.",
        fix: vec![
            format!(
                "{}   to make the one on disk the desired one",
                view.command("adopt")
            ),
            format!(
                "{}   to change it, once the arrays know the new one",
                view.command("apply --replace")
            ),
        ],
    }
}
