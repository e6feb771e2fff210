//! The identity files one by one: there, readable, one name for all readers, open to all readers.

use std::fmt::Write as _;

use super::{Code, Finding, View};
use crate::file::{Disk, Effective, FileState, IdentityFile};
use crate::parse::ReaderView;
use crate::place::part_of;
use crate::readers;
use crate::root::ReadError;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let disk = &view.facts.disk;
    let mut findings = Vec::new();
    for file in IdentityFile::ALL {
        match content(view, file, &disk.effective(file)) {
            Some(finding) => findings.push(finding),
            None => findings.extend(readers(view, file)),
        }
        findings.extend(mode(view, file));
    }
    findings
}

fn content(view: &View<'_>, file: IdentityFile, effective: &Effective<String>) -> Option<Finding> {
    let path = format!("/{}", file.path());
    let (code, seen, why) = match effective {
        Effective::Valid(_) => return None,
        // Kept on purpose; `names` reports that it breaks the standard.
        Effective::Irregular { text, .. } if view.resolution.value(file).as_ref() == Some(text) => {
            return None;
        }
        Effective::Missing => (
            Code::FileMissing,
            format!("{path} is missing"),
            "Storage programs without it refuse to start, or make up a name that no array knows.",
        ),
        Effective::Empty => (
            Code::FileEmpty,
            match view
                .facts
                .disk
                .file(file)
                .bytes()
                .and_then(|bytes| file.name_without_key(bytes))
            {
                Some(name) => format!(
                    "{path} holds {name:?} without {} before it, so {} takes no {} from it",
                    file.kind().before,
                    own_reader(file),
                    file.holds(),
                ),
                None => format!("{path} holds no {}", file.holds()),
            },
            "Storage programs without it refuse to start, or make up a name that no array knows.",
        ),
        Effective::Irregular { text, why, .. } | Effective::Invalid { text, why } => (
            Code::FileInvalid,
            format!("{path} holds {text:?}: {why}"),
            "Some programs use it as it is and some refuse it: the host has more than one identity.",
        ),
        Effective::Unreadable(error) => (
            Code::FileUnreadable,
            error.clone(),
            "sanid cannot know what storage programs read here, so it changes nothing.",
        ),
    };
    let seen = match view.facts.disk.file(file).bytes() {
        Some(bytes) if matches!(code, Code::FileInvalid | Code::FileEmpty) => {
            seen + &in_use(view, file, bytes)
        }
        _ => seen,
    };
    let fix = match effective {
        Effective::Unreadable(_) => vec![unreadable(view, file)],
        _ => view.apply(part_of(file)),
    };
    Some(Finding {
        code,
        part: Some(part_of(file)),
        seen,
        why,
        fix,
    })
}

fn own_reader(file: IdentityFile) -> &'static str {
    file.readers(&[])
        .first()
        .map_or("its reader", |view| view.reader)
}

/// The names that other readers take than the file's own, by reader.
fn in_use(view: &View<'_>, file: IdentityFile, bytes: &[u8]) -> String {
    let own = view.facts.disk.effective_text(file);
    let mut text = String::new();
    for name in view.facts.disk.names_in_use(file) {
        if Some(&name) == own.as_ref() {
            continue;
        }
        let mut views = file.readers(bytes);
        views.retain(|view| view.value.as_deref() == Ok(&name));
        let readers: Vec<&str> = views.iter().map(|view| view.reader).collect();
        // Writing to a String cannot fail.
        let _ = write!(text, "; {name:?} is taken by {}", readers.join(", "));
    }
    text
}

fn unreadable(view: &View<'_>, file: IdentityFile) -> String {
    match view.facts.disk.file(file) {
        FileState::Unreadable(ReadError::Io { errno, .. })
            if matches!(*errno, rustix::io::Errno::ACCESS | rustix::io::Errno::PERM) =>
        {
            "run it as root".into()
        }
        _ => format!("move it away, then {}", view.command("apply")),
    }
}

fn readers(view: &View<'_>, file: IdentityFile) -> Option<Finding> {
    let disk = &view.facts.disk;
    let value = disk.effective_text(file)?;
    let others = readers::disagreement(disk, file);
    (!others.is_empty()).then(|| Finding {
        code: Code::ReadersDisagree,
        part: Some(part_of(file)),
        seen: format!("/{} reads as {value:?}, but {}", file.path(), takes(disk, file, &others)),
        why: "Programs that read the same file take different names from it, and the host has more than one identity.",
        fix: view.apply(part_of(file)),
    })
}

/// What each of these readers takes instead.
fn takes(disk: &Disk, file: IdentityFile, others: &[ReaderView]) -> String {
    let one = |view: &ReaderView| match &view.value {
        Ok(value) => format!("{} takes {value:?}", view.reader),
        Err(hazard) => match (file.kind().instead)(disk, view) {
            Some((name, _)) => format!("{} {hazard}, and sends {name}", view.reader),
            None => format!("{} {hazard}", view.reader),
        },
    };
    others.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn mode(view: &View<'_>, file: IdentityFile) -> Option<Finding> {
    let FileState::Present(content) = view.facts.disk.file(file) else {
        return None;
    };
    let needed = file.needed_mode();
    (content.mode & needed != needed).then(|| Finding {
        code: Code::FileMode,
        part: Some(part_of(file)),
        seen: format!("/{} has mode {:04o}", file.path(), content.mode),
        why: "Where os-brick cannot read the hostnqn, it overwrites the file with a generated name.",
        fix: view.apply(part_of(file)),
    })
}
