//! Identity files outside of `/etc` that say something else.

use super::{Code, Finding, View};
use crate::file::FileState;
use crate::place::part_of;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for there in view.facts.others.elsewhere.seen() {
        let file = there.file;
        let path = view.path(&there.path);
        let here = view.facts.disk.shown(file);
        let here = here.unwrap_or_else(|| "none".into());
        let held = match &there.state {
            FileState::Missing => continue,
            FileState::Unreadable(error) => error.to_string(),
            FileState::Present(content) => match file.effective(&content.bytes) {
                Ok(value) => format!("{path} holds {}", crate::root::escape(value.as_bytes())),
                // What holds no name gives nobody another one.
                Err(_) => continue,
            },
        };
        if held == format!("{path} holds {here}") {
            continue;
        }
        findings.push(Finding {
            code: Code::FileElsewhere,
            part: Some(part_of(file)),
            seen: format!("{held}; /{} holds {here}", file.path()),
            why: "Programs built with another prefix, some builds of nvme-cli among them, read that file and not the one in /etc: for them the host has a different name.",
            fix: vec![
                format!("rm {path}, if no program reads it"),
                format!("ln -sf /{} {path}, if one does", file.path()),
            ],
        });
    }
    findings
}
