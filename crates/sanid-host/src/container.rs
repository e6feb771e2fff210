//! Whether this process runs in a container or a chroot, where `/etc` is not the host's.
//!
//! The kernel's own evidence comes first, since marker files lie both ways: a machine image made from a
//! container image keeps its `/.dockerenv`, and containerd leaves no marker at all.

use std::fmt;

use rustix::fs::{AtFlags, CWD, Stat};
use rustix::io::Errno;

use crate::root::describe;

const PID_NAMESPACE: &str = "/proc/self/ns/pid";
const FIRST_ROOT: &str = "/proc/1/root/";
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

/// The evidence that this is not the host.
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

/// Whether `/` here is the host's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the host's.
    Host,
    /// It is that of a container or a chroot.
    Container(Evidence),
    /// It cannot be determined, and why. A command that only reads may go on; one that writes may not.
    Unknown(String),
}

impl Verdict {
    /// Whether a command may work on `/` as the host's root; one that `writes` needs proof.
    ///
    /// # Errors
    /// Why it refuses.
    pub fn allows(&self, writes: bool) -> Result<(), String> {
        match self {
            Self::Container(evidence) => Err(format!(
                "refusing to run in a container or chroot: / is not the host's root ({evidence})"
            )),
            Self::Unknown(why) if writes => Err(format!(
                "refusing to write: whether / is the host's root cannot be determined ({why})"
            )),
            Self::Host | Self::Unknown(_) => Ok(()),
        }
    }
}

/// What was seen, for the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    /// Inodes of this process's namespaces.
    pid_namespace: Result<u64, Errno>,
    mount_namespace: Result<u64, Errno>,
    /// Device and inode of `/` here and as process 1 has it.
    root: Result<(u64, u64), Errno>,
    root_of_first: Result<(u64, u64), Errno>,
    marker: Option<&'static str>,
}

/// Looks for evidence that `/` here is not the host's.
pub fn detect() -> Verdict {
    let root_of_first = identity_of(FIRST_ROOT);
    let mut seen = Seen {
        pid_namespace: namespace(PID_NAMESPACE),
        mount_namespace: Err(Errno::NOENT),
        root: root_of_first.and_then(|_| identity_of("/")),
        root_of_first,
        marker: None,
    };
    if seen.root_of_first.is_err() {
        seen.mount_namespace = namespace("/proc/self/ns/mnt");
        seen.marker = MARKERS
            .into_iter()
            .find(|path| stat(path, AtFlags::SYMLINK_NOFOLLOW).is_ok());
    }
    decide(&seen)
}

fn decide(seen: &Seen) -> Verdict {
    if seen
        .pid_namespace
        .is_ok_and(|inode| inode != FIRST_PID_NAMESPACE)
    {
        return Verdict::Container(Evidence::PidNamespace);
    }
    if let (Ok(here), Ok(first)) = (seen.root, seen.root_of_first) {
        if here != first {
            return Verdict::Container(Evidence::OtherRoot);
        }
        if seen.pid_namespace.is_ok() {
            return Verdict::Host;
        }
    }
    // A marker is in a machine image that was made from a container image; in the first mount namespace no
    // container manager has left it for this process.
    let first = seen.pid_namespace.is_ok() && seen.mount_namespace == Ok(FIRST_MOUNT_NAMESPACE);
    if let Some(path) = seen.marker.filter(|_| !first) {
        return Verdict::Container(Evidence::Marker(path));
    }
    let unread = [
        (PID_NAMESPACE, seen.pid_namespace.err()),
        (FIRST_ROOT, seen.root_of_first.err()),
        ("/", seen.root.err()),
    ];
    let why = unread
        .iter()
        .find_map(|(path, errno)| Some(format!("{path}: {}", describe((*errno)?))));
    Verdict::Unknown(why.unwrap_or_else(|| "nothing shows it".into()))
}

fn namespace(link: &str) -> Result<u64, Errno> {
    stat(link, AtFlags::empty()).map(|namespace| namespace.st_ino)
}

fn identity_of(path: &str) -> Result<(u64, u64), Errno> {
    stat(path, AtFlags::empty()).map(|directory| (directory.st_dev, directory.st_ino))
}

fn stat(path: &str, flags: AtFlags) -> Result<Stat, Errno> {
    rustix::fs::statat(CWD, path, flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A process whose process 1 cannot be read.
    fn hidden(errno: Errno) -> Seen {
        Seen {
            pid_namespace: Ok(FIRST_PID_NAMESPACE),
            mount_namespace: Ok(FIRST_MOUNT_NAMESPACE + 1),
            root: Err(errno),
            root_of_first: Err(errno),
            marker: None,
        }
    }

    fn roots(here: (u64, u64), first: (u64, u64)) -> Seen {
        Seen {
            root: Ok(here),
            root_of_first: Ok(first),
            ..hidden(Errno::ACCESS)
        }
    }

    fn without_proc() -> Seen {
        Seen {
            pid_namespace: Err(Errno::NOENT),
            mount_namespace: Err(Errno::NOENT),
            ..hidden(Errno::NOENT)
        }
    }

    #[test]
    fn the_kernels_evidence_outranks_marker_files() {
        let marker = Some("/.dockerenv");
        let is = Verdict::Container;
        let table: &[(&str, Seen, Verdict)] = &[
            ("a host", roots((1, 2), (1, 2)), Verdict::Host),
            (
                "a machine image made of a container image",
                Seen {
                    marker,
                    ..roots((1, 2), (1, 2))
                },
                Verdict::Host,
            ),
            (
                "a pod with hostPID",
                roots((7, 2), (1, 2)),
                is(Evidence::OtherRoot),
            ),
            ("a chroot", roots((1, 99), (1, 2)), is(Evidence::OtherRoot)),
            (
                "containerd, no marker",
                Seen {
                    pid_namespace: Ok(0xF000_0123),
                    ..roots((1, 2), (1, 2))
                },
                is(Evidence::PidNamespace),
            ),
            (
                "an ordinary user in a container with hostPID",
                Seen {
                    marker,
                    ..hidden(Errno::ACCESS)
                },
                is(Evidence::Marker("/.dockerenv")),
            ),
            (
                "no /proc, marker",
                Seen {
                    marker,
                    ..without_proc()
                },
                is(Evidence::Marker("/.dockerenv")),
            ),
        ];
        for (case, seen, expected) in table {
            assert_eq!(decide(seen), *expected, "{case}");
        }
    }

    #[test]
    fn does_not_take_an_unknown_environment_for_a_host() {
        let marker = Some("/.dockerenv");
        let table: &[(&str, Seen, &str)] = &[
            (
                "an ordinary user on a host",
                hidden(Errno::ACCESS),
                "EACCES",
            ),
            (
                "process 1 hidden by hidepid",
                hidden(Errno::NOENT),
                "/proc/1/root",
            ),
            (
                "process 1 hidden, first mount namespace, stray marker",
                Seen {
                    marker,
                    mount_namespace: Ok(FIRST_MOUNT_NAMESPACE),
                    ..hidden(Errno::ACCESS)
                },
                "EACCES",
            ),
            (
                "a chroot without /proc",
                without_proc(),
                "/proc/self/ns/pid",
            ),
            (
                "no namespace to see",
                Seen {
                    pid_namespace: Err(Errno::ACCESS),
                    ..roots((1, 2), (1, 2))
                },
                "/proc/self/ns/pid",
            ),
        ];
        for (case, seen, why) in table {
            let verdict = decide(seen);
            let Verdict::Unknown(said) = &verdict else {
                panic!("{case}: {verdict:?}");
            };
            assert!(said.contains(why), "{case}: {said}");
            assert!(verdict.allows(true).is_err(), "{case}");
            assert_eq!(verdict.allows(false), Ok(()), "{case}");
        }
    }
}
