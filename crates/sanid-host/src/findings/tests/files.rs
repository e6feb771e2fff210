//! The files: there, whole, with the right mode and label.

use super::{Case, clean};
use crate::facts::{Access, Facts};
use crate::file::{FileState, IdentityFile};
use crate::root::ReadError;
use crate::testing::{IQN, NQN, OTHER_NQN, facts, saw};

pub(super) fn cases() -> Vec<Case> {
    vec![
        ("not applied yet", facts(), vec!["file-missing"; 3]),
        (
            "empty",
            clean().raw(IdentityFile::InitiatorName, b""),
            vec!["file-empty"],
        ),
        (
            "invalid",
            clean().file(IdentityFile::InitiatorName, "iqn.2017-13.a:b"),
            vec!["file-invalid"],
        ),
        (
            "unreadable",
            unreadable(clean()),
            vec!["file-unreadable", "pair-half"],
        ),
        (
            "two names in one file",
            clean().raw(
                IdentityFile::HostNqn,
                format!("{NQN}\n{OTHER_NQN}\n").as_bytes(),
            ),
            vec!["readers-disagree"],
        ),
        (
            "private hostnqn",
            clean().present(
                IdentityFile::HostNqn,
                &IdentityFile::HostNqn.bytes(NQN),
                0o600,
            ),
            vec!["file-mode"],
        ),
        (
            "a package's file beneath the mount",
            {
                let mut covered = clean();
                *saw(&mut covered.covered) = facts().file(IdentityFile::HostNqn, OTHER_NQN).disk;
                covered
            },
            vec!["covered-file"],
        ),
        (
            "a hostnqn that everybody may write",
            clean().present(
                IdentityFile::HostNqn,
                &IdentityFile::HostNqn.bytes(NQN),
                0o666,
            ),
            vec!["file-writable"],
        ),
        (
            "an initiator name for all to read, as Red Hat's scripts write it",
            clean().present(
                IdentityFile::InitiatorName,
                &IdentityFile::InitiatorName.bytes(IQN),
                0o644,
            ),
            vec![],
        ),
        (
            "a directory that everybody may write",
            access(clean(), 0o777, "etc_t", "etc_t"),
            vec!["file-writable"],
        ),
        (
            "a directory that os-brick may not search",
            access(clean(), 0o700, "etc_t", "etc_t"),
            vec!["file-mode"],
        ),
        (
            "the label of the directory, or no SELinux",
            access(access(clean(), 0o755, "etc_t", "etc_t"), 0o755, "", ""),
            vec![],
        ),
        (
            "a file that was made in /tmp and moved",
            access(clean(), 0o755, "etc_t", "user_tmp_t"),
            vec!["file-label"],
        ),
        (
            "a file without a label",
            access(clean(), 0o755, "etc_t", ""),
            vec!["file-label"],
        ),
    ]
}

/// With a Host ID that cannot be read.
pub(super) fn unreadable(mut facts: Facts) -> Facts {
    *facts.disk.file_mut(IdentityFile::HostId) = FileState::Unreadable(ReadError::NotRegular {
        path: "/etc/nvme/hostid".into(),
        kind: "a directory",
    });
    facts
}

/// With these rights on the directory of the NVMe pair, and these SELinux types of it and of `hostnqn`.
fn access(mut facts: Facts, mode: u32, directory: &str, label: &str) -> Facts {
    saw(&mut facts.others.access).push(Access {
        file: IdentityFile::HostNqn,
        directory_mode: mode,
        label: Some(label.into()),
        directory_label: Some(directory.into()),
    });
    facts
}

#[test]
fn a_name_without_its_key_is_shown_with_the_program_that_does_not_take_it() {
    let seen = |bytes: &[u8]| {
        let facts = clean().raw(IdentityFile::InitiatorName, bytes);
        let findings = super::findings(&facts, &super::resolve(&facts));
        let found = findings
            .into_iter()
            .find(|one| one.code.as_str() == "file-empty");
        found.unwrap().seen
    };
    let path = "/etc/iscsi/initiatorname.iscsi";
    let bare = format!(
        "{path} holds {IQN:?} without InitiatorName= before it, so iscsid takes no initiator name from it"
    );
    // With a comment before it, ZStack takes the comment.
    assert_eq!(seen(format!("# ours\n{IQN}\n").as_bytes()), bare);
    let zstack = format!("{bare}; {IQN:?} is taken by ZStack");
    assert_eq!(seen(format!("{IQN}\n").as_bytes()), zstack);
    assert_eq!(
        seen(format!("# {IQN}\n").as_bytes()),
        format!("{path} holds no initiator name")
    );
}
