//! Other writers and other readers.

use super::files::unreadable;
use super::{Case, clean};
use crate::facts::{ElsewhereFile, Facts, Guard, Namespace, When, Writer};
use crate::file::IdentityFile;
use crate::testing::{IQN, NQN, OTHER_ID, OTHER_NQN, facts, saw};

pub(super) fn cases() -> Vec<Case> {
    vec![
        (
            "a copy with the same name, and an empty one",
            elsewhere(elsewhere(clean(), NQN), ""),
            vec![],
        ),
        (
            "a build of nvme-cli with another prefix",
            elsewhere(clean(), OTHER_NQN),
            vec!["file-elsewhere"],
        ),
        (
            "scripts that leave a name alone",
            writer(
                writer(writer(clean(), Guard::Missing), Guard::Empty),
                Guard::GenerateName,
            ),
            vec![],
        ),
        (
            "a unit that writes at every boot",
            writer(clean(), Guard::None),
            vec!["other-writer"],
        ),
        (
            "GenerateName=yes beside a name",
            writer(
                clean().raw(
                    IdentityFile::InitiatorName,
                    format!("InitiatorName={IQN}\nGenerateName=yes\n").as_bytes(),
                ),
                Guard::GenerateName,
            ),
            vec!["readers-disagree", "other-writer"],
        ),
        (
            "a script that waits for an empty file",
            writer(
                writer(clean().raw(IdentityFile::InitiatorName, b""), Guard::Empty),
                Guard::Missing,
            ),
            vec!["file-empty", "writer-waiting"],
        ),
        (
            "a container with the host's files, and one with none",
            container(container(clean(), clean()), facts()),
            vec![],
        ),
        (
            "a container with a pair that its image brought",
            container(clean(), facts().pair(OTHER_NQN, OTHER_ID)),
            vec!["namespace-differs"],
        ),
        (
            "a container whose files cannot be read",
            container(clean(), unreadable(facts())),
            vec!["namespace-unseen"],
        ),
        (
            "processes of other users, seen by an ordinary one",
            {
                let mut unseen = clean();
                saw(&mut unseen.others.namespaces).unseen = 3;
                unseen
            },
            vec!["namespace-unseen"],
        ),
    ]
}

/// With a file of this content outside of `/etc`.
fn elsewhere(mut facts: Facts, value: &str) -> Facts {
    let file = IdentityFile::HostNqn;
    saw(&mut facts.others.elsewhere).push(ElsewhereFile {
        file,
        path: "usr/local/etc/nvme/hostnqn".into(),
        state: crate::testing::facts()
            .file(file, value)
            .disk
            .file(file)
            .clone(),
    });
    facts
}

/// With something that writes the file with the initiator name.
fn writer(mut facts: Facts, guard: Guard) -> Facts {
    saw(&mut facts.others.writers).push(Writer {
        place: "/lib/open-iscsi/startup-checks.sh".into(),
        unit: Some("iscsid.service".into()),
        file: IdentityFile::InitiatorName,
        when: When::Boot,
        guard,
    });
    facts
}

/// With a container that has these files.
fn container(mut facts: Facts, other: Facts) -> Facts {
    saw(&mut facts.others.namespaces).seen.push(Namespace {
        pid: 4711,
        program: "csi-driver".into(),
        control_group: "/kubepods.slice/cri-containerd-0123.scope".into(),
        disk: other.disk,
    });
    facts
}
