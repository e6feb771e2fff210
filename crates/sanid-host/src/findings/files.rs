//! The identity files one by one: there, readable, one name for all readers, open to all readers.

use super::{Code, Finding, View};
use crate::file::{Effective, FileState, IdentityFile};
use crate::parse::ReaderView;
use crate::resolve::Part;
use crate::root::ReadError;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let disk = &view.facts.disk;
    let mut findings = Vec::new();
    for file in IdentityFile::ALL {
        let finding = match file {
            IdentityFile::InitiatorName => content(view, file, &disk.iqn()),
            IdentityFile::HostNqn => content(view, file, &disk.host_nqn()),
            IdentityFile::HostId => content(view, file, &disk.host_id()),
        };
        match finding {
            Some(finding) => findings.push(finding),
            None => findings.extend(readers(view, file)),
        }
        findings.extend(mode(view, file));
    }
    findings
}

fn part(file: IdentityFile) -> Part {
    match file {
        IdentityFile::InitiatorName => Part::Iqn,
        IdentityFile::HostNqn | IdentityFile::HostId => Part::Nvme,
    }
}

fn content<T>(view: &View<'_>, file: IdentityFile, effective: &Effective<T>) -> Option<Finding> {
    let path = format!("/{}", file.path());
    let (code, seen, why) = match effective {
        Effective::Valid(_) => return None,
        Effective::Missing => (
            Code::FileMissing,
            format!("{path} is missing"),
            "Storage programs without it refuse to start, or make up a name that no array knows.",
        ),
        Effective::Empty => (
            Code::FileEmpty,
            format!("{path} holds no {}", file.holds()),
            "Storage programs without it refuse to start, or make up a name that no array knows.",
        ),
        Effective::Irregular { text, why } | Effective::Invalid { text, why } => (
            Code::FileInvalid,
            format!("{path} holds {text:?}: {why}"),
            "Some programs use it as it is and some refuse it: the host has more than one identity.",
        ),
        Effective::Unreadable(error) => (
            Code::FileUnreadable,
            error.clone(),
            "What storage programs see here is not known, so sanid changes nothing.",
        ),
    };
    let fix = match effective {
        Effective::Irregular { .. } => format!(
            "{}   once the arrays know the new name",
            view.command("apply --replace")
        ),
        Effective::Unreadable(_) => unreadable(view, file),
        _ => view.command("apply"),
    };
    Some(Finding {
        code,
        part: Some(part(file)),
        seen,
        why,
        fix: vec![fix],
    })
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
    let bytes = view.facts.disk.file(file).bytes()?;
    let value = view.facts.disk.effective_text(file)?;
    let others = file.disagreement(bytes, &value);
    (!others.is_empty()).then(|| Finding {
        code: Code::ReadersDisagree,
        part: Some(part(file)),
        seen: format!("/{} reads as {value:?}, but {}", file.path(), takes(&others)),
        why: "Programs that read the same file take different names from it, and the host shows more than one identity.",
        fix: vec![view.command("apply")],
    })
}

/// What each of these readers takes instead.
fn takes(others: &[ReaderView]) -> String {
    let one = |view: &ReaderView| match &view.value {
        Ok(value) => format!("{} takes {value:?}", view.reader),
        Err(hazard) => format!("{} {hazard}", view.reader),
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
        part: Some(part(file)),
        seen: format!("/{} has mode {:04o}", file.path(), content.mode),
        why: "os-brick overwrites a hostnqn that it may not read with one of its own making.",
        fix: vec![view.command("apply")],
    })
}
