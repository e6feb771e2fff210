//! The processes of the host, through its `/proc`.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags};
use rustix::io::Errno;

use crate::observed::Observed;
use crate::root::Root;

/// `PROC_SUPER_MAGIC` of linux/magic.h.
const PROC: rustix::fs::FsWord = 0x9fa0;
/// No attribute of a process that is read here is larger, in bytes, but for its mounts.
const LIMIT: usize = 16 * 1024;

/// A mounted procfs.
pub(super) struct Processes {
    directory: Root,
    fd: OwnedFd,
    /// Whether the process that looks is one of the host's.
    own: bool,
}

impl Processes {
    /// The procfs below a root; none in an image, whatever is in its `/proc`.
    pub(super) fn of(root: &Root) -> Observed<Option<Self>> {
        let fd = match root.open_dir("proc") {
            Ok(fd) if is_procfs(&fd) => fd,
            Err(Errno::NOENT) if !root.is_running_host() => return Observed::Saw(None),
            Ok(_) | Err(_) if root.has_volatile_run() => {
                let path = root.show("proc");
                return Observed::Failed(format!("{path} is not a mounted procfs"));
            }
            Ok(_) | Err(_) => return Observed::Saw(None),
        };
        let again = root.open_dir("proc");
        Observed::from(again.map_err(|errno| root.io("proc", errno))).map(|directory| {
            Some(Self {
                directory: Root::of(directory, root.path().join("proc")),
                fd,
                own: root.is_running_host(),
            })
        })
    }

    /// Every process, in the order of their numbers.
    pub(super) fn all(&self) -> Vec<u32> {
        let names = self.directory.list(".").unwrap_or_default();
        let mut all: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
        all.sort_unstable();
        all
    }

    /// An attribute of a process, such as `comm`; for messages, so what is not printable is escaped.
    pub(super) fn text(&self, pid: u32, name: &str) -> Option<String> {
        let bytes = self.bytes(pid, name, LIMIT)?;
        let text = String::from_utf8_lossy(&bytes);
        Some(crate::root::escape(text.trim_end().as_bytes()))
    }

    pub(super) fn bytes(&self, pid: u32, name: &str, limit: usize) -> Option<Vec<u8>> {
        let file = self.directory.read(&format!("{pid}/{name}"), limit);
        Some(file.ok()??.bytes)
    }

    /// A file of procfs itself.
    pub(super) fn own(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.directory.read(name, 256 * 1024).ok()??.bytes)
    }

    /// The number of a process' mount namespace.
    pub(super) fn namespace(&self, pid: u32) -> Result<u64, Errno> {
        self.number(&format!("{pid}/ns/mnt"))
    }

    fn number(&self, link: &str) -> Result<u64, Errno> {
        let stat = rustix::fs::statx(&self.fd, link, AtFlags::empty(), StatxFlags::INO)?;
        Ok(stat.stx_ino)
    }

    /// The mount namespaces that are the host's: that of process 1, and that of the one that looks.
    pub(super) fn host(&self) -> Vec<u64> {
        let mut known = Vec::new();
        known.extend(self.number("1/ns/mnt"));
        if self.own {
            known.extend(self.number("self/ns/mnt"));
        }
        known
    }

    /// A directory in the root of a process. No link is followed: its owner chooses where links lead.
    pub(super) fn directory(&self, pid: u32, path: &str) -> Result<OwnedFd, Errno> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = format!("{pid}/root");
        let mut fd = rustix::fs::openat(&self.fd, root, flags, Mode::empty())?;
        for name in path.split('/') {
            fd = rustix::fs::openat(&fd, name, flags | OFlags::NOFOLLOW, Mode::empty())?;
        }
        Ok(fd)
    }
}

fn is_procfs(directory: &OwnedFd) -> bool {
    rustix::fs::fstatfs(directory).is_ok_and(|fs| fs.f_type == PROC)
}
