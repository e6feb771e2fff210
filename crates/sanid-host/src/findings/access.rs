//! Who may read and write the identity files, beside what the mode of a file says of its readers.

use super::{Code, Finding, View};
use crate::facts::Access;
use crate::file::{FileState, IdentityFile};
use crate::part::{files, part_of};

const GROUP_WRITES: u32 = 0o020;
const ALL_WRITE: u32 = 0o002;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(
        IdentityFile::ALL
            .into_iter()
            .filter_map(|file| writable(view, file)),
    );
    for access in view.facts.others.access.seen() {
        // The files of a part have one directory.
        if files(part_of(access.file)).first() == Some(&access.file) {
            findings.extend(directory(view, access));
        }
        findings.extend(label(view, access));
    }
    findings
}

fn writable(view: &View<'_>, file: IdentityFile) -> Option<Finding> {
    let FileState::Present(content) = view.facts.disk.file(file) else {
        return None;
    };
    let path = view.path(file.path());
    // Whoever keeps an image as an ordinary user owns the files in it.
    let host = view.facts.root.running_host;
    let group = host && content.gid != 0 && content.mode & GROUP_WRITES != 0;
    let (seen, fix) = if host && content.uid != 0 {
        let seen = format!("{path} belongs to user {}", content.uid);
        (seen, format!("chown root:root {path}"))
    } else if group || content.mode & ALL_WRITE != 0 {
        let seen = format!("{path} has mode {:04o}", content.mode);
        (seen, format!("chmod {:04o} {path}", file.mode()))
    } else {
        return None;
    };
    Some(Finding {
        code: Code::FileWritable,
        part: Some(part_of(file)),
        seen,
        why: "A user who can write the file can give the host the identity, and so the volumes, of a different host.",
        fix: vec![fix],
    })
}

/// The directory of the pair is for everyone to search, as the files in it are for everyone to read.
fn directory(view: &View<'_>, access: &Access) -> Option<Finding> {
    let directory = view.path(access.file.directory());
    let mode = access.directory_mode;
    let (code, why) = if mode & ALL_WRITE != 0 {
        (
            Code::FileWritable,
            "A user who can write the directory can replace these files, and so give the host the identity of a different host.",
        )
    } else if access.file.needed_mode() & 0o004 != 0 && mode & 0o001 == 0 {
        (
            Code::FileMode,
            "Where os-brick cannot read the hostnqn, it overwrites the file with a generated name.",
        )
    } else {
        return None;
    };
    Some(Finding {
        code,
        part: Some(part_of(access.file)),
        seen: format!("{directory} has mode {mode:04o}"),
        why,
        fix: vec![format!("chmod 0755 {directory}")],
    })
}

fn label(view: &View<'_>, access: &Access) -> Option<Finding> {
    let label = access.label.as_deref()?;
    let directory = access.directory_label.as_deref()?;
    // A directory without a label says nothing of the files in it.
    if label == directory || directory.is_empty() {
        return None;
    }
    let path = view.path(access.file.path());
    let label = if label.is_empty() { "none" } else { label };
    Some(Finding {
        code: Code::FileLabel,
        part: Some(part_of(access.file)),
        seen: format!("the SELinux type of {path} is {label}, that of its directory {directory}"),
        why: "The policy allows iscsid and other storage programs to read files labelled like their directory. A file that was made elsewhere and moved keeps a different type, which the policy can deny.",
        fix: vec![format!("restorecon -v {path}")],
    })
}
