//! The names on disk: do they keep the standard, and does everybody take them?

use super::{Code, Finding, View};
use crate::file::{Effective, IdentityFile};
use crate::place::part_of;
use crate::readers::libnvme_3_refusal;
use crate::resolve::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let disk = &view.facts.disk;
    let mut findings = Vec::new();
    match disk.iqn() {
        Effective::Valid(name) => findings.extend(portable(
            view,
            Part::Iqn,
            name.as_str(),
            &name.portability(),
        )),
        Effective::Irregular { text, why, .. } => findings.extend(kept(
            view,
            IdentityFile::InitiatorName,
            &text,
            &why,
            "iscsid sends it as it is; LIO, rtslib and others refuse it.",
        )),
        _ => {}
    }
    if let Effective::Irregular { text, why, .. } = disk.host_nqn() {
        findings.extend(kept(view, IdentityFile::HostNqn, &text, &why, REFUSED));
    }
    if let Some(nqn) = disk.host_nqn().valid() {
        match nqn.conformance() {
            Err(error) => findings.push(Finding {
                code: Code::NameNotConformant,
                part: Some(Part::Nvme),
                seen: format!("{nqn}: {error}{}", libnvme_3_refusal(disk)),
                why: REFUSED,
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

const REFUSED: &str = "Linux sends it as it is; SPDK, nvme-cli 3 and others refuse it.";

/// A name that breaks the standard and is the desired one.
fn kept(
    view: &View<'_>,
    file: IdentityFile,
    text: &str,
    error: &str,
    why: &'static str,
) -> Option<Finding> {
    let is_desired = view.resolution.value(file).as_deref() == Some(text);
    is_desired.then(|| Finding {
        code: Code::NameNotConformant,
        part: Some(part_of(file)),
        seen: match file {
            IdentityFile::HostNqn => {
                format!("{text}: {error}{}", libnvme_3_refusal(&view.facts.disk))
            }
            _ => format!("{text}: {error}"),
        },
        why,
        fix: vec!["give the host a conformant name, once the arrays know it".into()],
    })
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
