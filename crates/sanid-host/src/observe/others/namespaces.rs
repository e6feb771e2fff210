//! Identity files in mount namespaces that are not the host's: containers, mostly.
//!
//! One process of each is looked through. What is in there is somebody else's: no link is followed out
//! of the directory, nothing but regular files is opened, and a file system whose owner could let the
//! look wait (FUSE, a network) is left alone.

use rustix::io::Errno;

use super::super::{IDENTITY_FILE_LIMIT, state};
use super::process::Processes;
use crate::facts::{Namespace, Namespaces};
use crate::file::{Disk, FileState, IdentityFile};
use crate::parse::mountinfo;
use crate::root::Root;

/// A node of Kubernetes has some hundred containers at most.
const LIMIT: usize = 512;
/// A container has some tens of mounts, at 200 bytes each; one with thousands is not looked into.
const MOUNTS: usize = 1 << 20;
/// The names of control groups are long; the end of one names the container.
const CONTROL_GROUP: usize = 120;
/// File systems that somebody answers for, who may not.
const SLOW: [&str; 8] = [
    "fuse", "nfs", "cifs", "smb", "9p", "ceph", "afs", "virtiofs",
];

/// Each that was seen, and how many were not.
pub(super) fn read(processes: &Processes, root: &Root) -> Namespaces {
    let mut known = processes.host();
    let (mut seen, mut unseen, mut looks) = (Vec::new(), 0, 0);
    for pid in processes.all() {
        let number = match processes.namespace(pid) {
            Ok(number) => number,
            // It ended meanwhile, or is a thread of the kernel.
            Err(Errno::NOENT | Errno::SRCH) => continue,
            Err(_) => {
                unseen += 1;
                continue;
            }
        };
        if known.contains(&number) {
            continue;
        }
        known.push(number);
        looks += 1;
        if looks > LIMIT {
            unseen += 1;
            continue;
        }
        match look(processes, root, pid) {
            Ok(Some(namespace)) => seen.push(namespace),
            Ok(None) => {}
            Err(()) => unseen += 1,
        }
    }
    Namespaces { seen, unseen }
}

/// `None` where the process ended meanwhile.
fn look(processes: &Processes, root: &Root, pid: u32) -> Result<Option<Namespace>, ()> {
    let Some(mounts) = processes.bytes(pid, "mountinfo", MOUNTS) else {
        return if processes.namespace(pid).is_ok() {
            Err(())
        } else {
            Ok(None)
        };
    };
    if mountinfo::mounts(&mounts).any(|mount| mount.map_or(true, |mount| is_slow(&mount))) {
        return Err(());
    }
    let mut disk = Disk::default();
    for directory in ["etc/iscsi", "etc/nvme"] {
        let fd = match processes.directory(pid, directory) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => continue,
            Err(Errno::SRCH) => return Ok(None),
            Err(_) => return Err(()),
        };
        let path = root.path().join(format!("proc/{pid}/root/{directory}"));
        let there = Root::of_stranger(fd, path);
        for file in IdentityFile::ALL {
            if file.directory() == directory {
                *disk.file_mut(file) = state(there.read(file.name(), IDENTITY_FILE_LIMIT));
            }
        }
    }
    if IdentityFile::ALL
        .iter()
        .all(|file| *disk.file(*file) == FileState::Missing)
    {
        return Ok(None);
    }
    let text = |name| processes.text(pid, name).unwrap_or_default();
    Ok(Some(Namespace {
        pid,
        program: text("comm"),
        control_group: control_group(&text("cgroup")),
        disk,
    }))
}

/// Whether a mount is on the way to the identity files, and of a kind that may not answer.
fn is_slow(mount: &mountinfo::Mount<'_>) -> bool {
    let point = mount.mount_point.as_ref();
    let below = |directory: &[u8]| {
        point
            .strip_prefix(directory)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    let on_the_way =
        point == b"/" || point == b"/etc" || below(b"/etc/iscsi") || below(b"/etc/nvme");
    on_the_way
        && SLOW
            .iter()
            .any(|kind| mount.fstype.starts_with(kind.as_bytes()))
}

/// The path of the control group of version 2, or of the first hierarchy (cgroups(7)).
fn control_group(text: &str) -> String {
    let lines = || text.split("\\n");
    let line = lines().find(|line| line.starts_with("0::"));
    let line = line
        .filter(|line| *line != "0::/")
        .or_else(|| lines().next());
    let path = line
        .and_then(|line| line.splitn(3, ':').nth(2))
        .unwrap_or_default();
    let skip = path.chars().count().saturating_sub(CONTROL_GROUP);
    path.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_not_answer_is_left_alone_where_it_is_on_the_way() {
        let table = [
            ("/", "overlay", false),
            ("/", "fuse.fuse-overlayfs", true),
            ("/etc", "nfs4", true),
            ("/etc/nvme", "virtiofs", true),
            ("/etc/nvme/hostnqn", "9p", true),
            ("/etc/iscsi", "ext4", false),
            ("/etc/nvmet", "fuse", false),
            ("/var/lib/data", "nfs4", false),
        ];
        for (point, kind, expected) in table {
            let line = format!("36 35 98:0 / {point} rw - {kind} x rw\n");
            let mount = mountinfo::mounts(line.as_bytes()).next().unwrap().unwrap();
            assert_eq!(is_slow(&mount), expected, "{line}");
        }
    }

    #[test]
    fn the_control_group_names_the_container() {
        let table = [
            (
                "0::/kubepods.slice/cri-0123.scope",
                "/kubepods.slice/cri-0123.scope",
            ),
            ("12:cpu:/docker/0123\\n0::/", "/docker/0123"),
            ("1:name=systemd:/a:b", "/a:b"),
            ("0::/", "/"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(control_group(text), expected, "{text}");
        }
        let long = format!("0::/{}end", "x".repeat(500));
        assert!(control_group(&long).ends_with("xend"));
        assert_eq!(control_group(&long).len(), CONTROL_GROUP);
    }
}
