//! Whether this process runs in a container or a chroot, where `/etc` is not the host's.
//!
//! The kernel's own evidence comes first, since marker files lie both ways: a machine image made from a
//! container image keeps its `/.dockerenv`, and containerd leaves no marker at all.

use std::fmt;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// Inode of the first PID namespace (`PROC_PID_INIT_INO` in `include/linux/proc_ns.h`).
const FIRST_PID_NAMESPACE: u64 = 0xEFFF_FFFC;
/// Inode of the first mount namespace where it is fixed (Linux 6.17, include/uapi/linux/nsfs.h).
const FIRST_MOUNT_NAMESPACE: u64 = 0xEFFF_FFF8;

/// Files that container managers leave (systemd's src/basic/virt.c knows the same).
const MARKERS: [&str; 4] = [
    "/run/systemd/container",
    "/run/host/container-manager",
    "/run/.containerenv",
    "/.dockerenv",
];

/// What says that this is not the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// The process is in a PID namespace of its own.
    PidNamespace,
    /// Its root directory is not that of process 1.
    OtherRoot,
    /// A container manager left this file.
    Marker(&'static str),
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PidNamespace => f.write_str("this process is in a PID namespace of its own"),
            Self::OtherRoot => f.write_str("the root directory here is not that of process 1"),
            Self::Marker(path) => write!(f, "{path} is there"),
        }
    }
}

/// What was seen, for the decision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Seen {
    pid_namespace: Option<u64>,
    mount_namespace: Option<u64>,
    /// Device and inode of `/` here and as process 1 has it.
    root: Option<(u64, u64)>,
    root_of_first: Option<(u64, u64)>,
    marker: Option<&'static str>,
}

/// Looks for evidence that `/` here is not the host's; `None` on a host.
pub fn detect() -> Option<Evidence> {
    let root_of_first = identity_of("/proc/1/root/");
    let mut seen = Seen {
        pid_namespace: namespace("/proc/self/ns/pid"),
        root: root_of_first.and_then(|_| identity_of("/")),
        root_of_first,
        ..Seen::default()
    };
    if seen.root_of_first.is_none() {
        seen.mount_namespace = namespace("/proc/self/ns/mnt");
        seen.marker = MARKERS
            .into_iter()
            .find(|path| fs::symlink_metadata(path).is_ok());
    }
    decide(&seen)
}

fn decide(seen: &Seen) -> Option<Evidence> {
    if seen
        .pid_namespace
        .is_some_and(|inode| inode != FIRST_PID_NAMESPACE)
    {
        return Some(Evidence::PidNamespace);
    }
    if let (Some(here), Some(first)) = (seen.root, seen.root_of_first) {
        return (here != first).then_some(Evidence::OtherRoot);
    }
    // The root of process 1 is not ours to see. Its namespace may still be known by its number.
    if seen.pid_namespace.is_some() && seen.mount_namespace == Some(FIRST_MOUNT_NAMESPACE) {
        return None;
    }
    seen.marker.map(Evidence::Marker)
}

fn namespace(link: &str) -> Option<u64> {
    fs::metadata(link).ok().map(|namespace| namespace.ino())
}

fn identity_of(path: &str) -> Option<(u64, u64)> {
    fs::metadata(path)
        .ok()
        .map(|directory| (directory.dev(), directory.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_evidence_outranks_marker_files() {
        let host = Seen {
            pid_namespace: Some(FIRST_PID_NAMESPACE),
            ..Seen::default()
        };
        let roots = |here, first| Seen {
            root: Some(here),
            root_of_first: Some(first),
            ..host.clone()
        };
        let marker = Some("/.dockerenv");
        let table: &[(&str, Seen, Option<Evidence>)] = &[
            ("a host", roots((1, 2), (1, 2)), None),
            (
                "a machine image made of a container image",
                Seen {
                    marker,
                    ..roots((1, 2), (1, 2))
                },
                None,
            ),
            (
                "a pod with hostPID",
                roots((7, 2), (1, 2)),
                Some(Evidence::OtherRoot),
            ),
            (
                "a chroot",
                roots((1, 99), (1, 2)),
                Some(Evidence::OtherRoot),
            ),
            (
                "containerd, no marker",
                Seen {
                    pid_namespace: Some(0xF000_0123),
                    ..roots((1, 2), (1, 2))
                },
                Some(Evidence::PidNamespace),
            ),
            ("an ordinary user on a host", host.clone(), None),
            (
                "an ordinary user in a container with hostPID",
                Seen {
                    marker,
                    ..host.clone()
                },
                Some(Evidence::Marker("/.dockerenv")),
            ),
            (
                "process 1 hidden, first mount namespace, stray marker",
                Seen {
                    marker,
                    mount_namespace: Some(FIRST_MOUNT_NAMESPACE),
                    ..host.clone()
                },
                None,
            ),
            ("no /proc, no marker", Seen::default(), None),
            (
                "no /proc, marker",
                Seen {
                    marker,
                    ..Seen::default()
                },
                Some(Evidence::Marker("/.dockerenv")),
            ),
        ];
        for (case, seen, expected) in table {
            assert_eq!(decide(seen), *expected, "{case}");
        }
    }
}
