//! The names on disk: do they keep the standard, and does everybody take them?

use super::{Code, Finding, View};
use crate::resolve::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let disk = &view.facts.disk;
    let mut findings = Vec::new();
    if let Some(name) = disk.iqn().valid() {
        findings.extend(portable(
            view,
            Part::Iqn,
            name.as_str(),
            &name.portability(),
        ));
    }
    if let Some(nqn) = disk.host_nqn().valid() {
        match nqn.conformance() {
            Err(error) => findings.push(Finding {
                code: Code::NameNotConformant,
                part: Some(Part::Nvme),
                seen: format!("{nqn}: {error}"),
                why: "Linux sends it as it is; SPDK, nvme-cli 3 and others refuse it.",
                fix: vec![format!(
                    "{}   once the arrays know the new pair",
                    view.command("apply --replace")
                )],
            }),
            Ok(()) => findings.extend(portable(view, Part::Nvme, nqn.as_str(), &nqn.portability())),
        }
    }
    findings
}

fn portable(
    view: &View<'_>,
    part: Part,
    name: &str,
    portability: &sanid_core::Portability,
) -> Option<Finding> {
    let issues: Vec<String> = portability
        .issues()
        .iter()
        .map(ToString::to_string)
        .collect();
    (!issues.is_empty()).then(|| Finding {
        code: Code::NameNotPortable,
        part: Some(part),
        seen: format!("{name}: {}", issues.join("; ")),
        why: "The name is valid, and not every program that must take it does: access works on one array and fails on the next.",
        fix: vec![format!("{}   once the arrays know the new name", view.command("apply --replace"))],
    })
}
