//! Refuses to seal the running machine.

use rustix::fd::OwnedFd;
use rustix::fs::{CWD, Mode, OFlags, Stat};
use sanid_host::Root;

/// Why a root is not sealed without consent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{root} is {what}: sealed, it would lose its machine-id and its storage identity while it runs, and \
     boot next as a host that no array knows\n\
     Fixes:\n  \
     --root DIR    the directory where the image is mounted\n  \
     --this-host   if this machine is about to become an image, and is shut down next"
)]
pub struct Refusal {
    root: String,
    what: &'static str,
}

/// Whether this root is a running system, by whatever way it is reached.
pub fn refusal(root: &Root) -> Option<Refusal> {
    let what = if is_same(root, "/") {
        "the root of this machine"
    } else if is_same(root, "/proc/1/root") {
        "the root of the machine that this container runs on, or of its init"
    } else if root.has_volatile_run() && root.exists("run/systemd/system") == Ok(true) {
        // sd_booted(3).
        "a running system (systemd's /run/systemd/system exists)"
    } else {
        return None;
    };
    Some(Refusal {
        root: root.show(""),
        what,
    })
}

/// Whether it is this directory: the same inode, by any mount.
fn is_same(root: &Root, path: &str) -> bool {
    let stat = |fd: OwnedFd| rustix::fs::fstat(fd);
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let one = root.open_at(".", OFlags::PATH).and_then(stat);
    let other = rustix::fs::openat(CWD, path, flags, Mode::empty()).and_then(stat);
    matches!((one, other), (Ok(one), Ok(other)) if same(&one, &other))
}

/// Whether two are the same file.
pub(super) fn same(one: &Stat, other: &Stat) -> bool {
    (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
}
