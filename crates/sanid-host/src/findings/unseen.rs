//! What could not be seen, or was not looked at: a check that depends on it may have missed something.

use super::{Code, Finding, View};
use crate::facts::Facts;
use crate::hardware::{HardwareFacts, HardwareState};
use crate::observed::Observed;
use crate::resolve::Part;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let facts = view.facts;
    let mut findings = Vec::new();
    findings.extend(Part::ALL.into_iter().filter_map(|part| {
        let (what, unknown) = part.kind().unseen(facts);
        live(part, what, &unknown)
    }));
    let all = others(facts);
    if !all.is_empty() {
        findings.push(Finding {
            code: Code::CheckIncomplete,
            part: None,
            seen: all.join("; "),
            why: "The checks that need it may have missed something.",
            fix: vec![format!(
                "{}   as root, where the /proc and /sys of the host are",
                view.command("status")
            )],
        });
    }
    findings
}

fn live(part: Part, what: &str, unknown: &[String]) -> Option<Finding> {
    (!unknown.is_empty()).then(|| Finding {
        code: Code::LiveUnseen,
        part: Some(part),
        seen: format!("{what} could not be read: {}", unknown.join("; ")),
        why: "Their names are unknown, so sanid does not change a name that one of them may use.",
        fix: vec!["run it as root, with /sys of the host".into()],
    })
}

pub(crate) fn reason<T>(fact: &Observed<T>) -> Vec<String> {
    let unknown = fact.unknown();
    unknown.map(str::to_owned).into_iter().collect()
}

/// What other checks need, by name.
fn others(facts: &Facts) -> Vec<String> {
    let others = &facts.others;
    let named = [
        ("files below sanid's mounts", facts.covered.unknown()),
        ("the initramfs of this boot", facts.initramfs.unknown()),
        ("the hardware", facts.hardware.unknown()),
        ("identity files outside of /etc", others.elsewhere.unknown()),
        (
            "scripts that write identity files",
            others.writers.unknown(),
        ),
        ("SELinux labels", others.access.unknown()),
        ("containers", others.namespaces.unknown()),
        ("iscsid's process", others.started.unknown()),
        ("the claim of this host", facts.claim.unknown()),
        (
            "names in the configuration of readers",
            others.own_names.unknown(),
        ),
        ("LXD's server.uuid", others.lxd.unknown()),
    ];
    let mut all: Vec<String> = named
        .into_iter()
        .filter_map(|(what, unknown)| Some(format!("{what}: {}", unknown?)))
        .collect();
    all.extend(others.unread_scripts.iter().cloned());
    if let Observed::Saw(own) = &others.own_names {
        all.extend(own.unread.iter().cloned());
    }
    if let Observed::Saw(hardware) = &facts.hardware {
        all.extend(evidence(hardware));
    }
    if let Observed::Saw(covered) = &facts.covered {
        all.extend(covered.unreadable());
    }
    if let Observed::Saw(initramfs) = &facts.initramfs {
        all.extend(initramfs.used.unreadable());
        all.extend(initramfs.image.unreadable());
    }
    all
}

fn evidence(hardware: &HardwareFacts) -> Vec<String> {
    let mut unseen = hardware.unseen.clone();
    if let HardwareState::Unreadable(why) = &hardware.recorded {
        unseen.push(why.clone());
    }
    unseen
}
