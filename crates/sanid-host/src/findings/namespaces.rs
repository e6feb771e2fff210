//! Containers with an identity of their own.

use super::{Code, Finding, View};
use crate::facts::Namespace;
use crate::file::{FileState, IdentityFile};
use crate::observed::Observed;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Observed::Saw(namespaces) = &view.facts.others.namespaces else {
        return Vec::new();
    };
    let mut findings: Vec<Finding> = namespaces
        .seen
        .iter()
        .filter_map(|namespace| differs(view, namespace))
        .collect();
    let in_part = namespaces
        .seen
        .iter()
        .filter(|one| one.disk.unreadable().next().is_some())
        .count();
    let unseen = namespaces.unseen + in_part;
    if unseen > 0 {
        findings.push(Finding {
            code: Code::NamespaceUnseen,
            part: None,
            seen: match unseen {
                1 => "1 process or container could not be inspected".into(),
                _ => format!("{unseen} processes or containers could not be inspected"),
            },
            why: "They may have their own /etc/iscsi or /etc/nvme.",
            fix: vec![
                view.command("status") + "   as root; FUSE and network file systems are not read",
            ],
        });
    }
    findings
}

fn differs(view: &View<'_>, namespace: &Namespace) -> Option<Finding> {
    let mut names = Vec::new();
    let mut parts = Vec::new();
    for file in IdentityFile::ALL {
        let there = namespace.disk.effective_text(file);
        let here = view.facts.disk.file(file);
        // What cannot be read here cannot be told from anything.
        if let (Some(there), false) = (there, matches!(here, FileState::Unreadable(_))) {
            let here = view.facts.disk.effective_text(file);
            if here.as_ref() != Some(&there) {
                names.push(format!(
                    "{} {}",
                    file.holds(),
                    crate::root::escape(there.as_bytes())
                ));
                parts.push(crate::place::part_of(file));
            }
        }
    }
    let Namespace {
        pid,
        program,
        control_group,
        ..
    } = namespace;
    let first = *parts.first()?;
    let part = parts.iter().all(|part| *part == first).then_some(first);
    Some(Finding {
        code: Code::NamespaceDiffers,
        part,
        seen: format!(
            "process {pid} ({program}) of {} has a different identity: {}",
            if control_group.is_empty() {
                "a different mount namespace"
            } else {
                control_group
            },
            names.join(", ")
        ),
        why: "To an array, connections from there come from a second host; Linux 6.5 and later refuses half of a different NVMe pair.",
        fix: vec![
            "mount /etc/iscsi and /etc/nvme of the host into the container, if it connects storage"
                .into(),
            "otherwise, build its image without these files".into(),
        ],
    })
}
