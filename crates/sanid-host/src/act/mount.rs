//! Single mounts, made detached and attached in one step (`open_tree(2)`, `move_mount(2)`), so that no
//! path is walked twice and no symbolic link is followed out of the directory.

use std::time::Duration;

use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags};

/// How often a busy mount is tried again, and after how long: half a second in all.
const PATIENCE: u32 = 500;
const PAUSE: Duration = Duration::from_millis(1);

/// A detached mount of `name` in a directory, or of the directory itself for an empty name. A copy of a
/// mount has its flags.
pub(super) fn copy(directory: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    flags |= if name.is_empty() {
        OpenTreeFlags::AT_EMPTY_PATH
    } else {
        OpenTreeFlags::AT_SYMLINK_NOFOLLOW
    };
    rustix::mount::open_tree(directory, name, flags)
}

/// Attaches a detached mount over `name` in a directory, or over the directory itself for an empty name.
pub(super) fn attach(mount: &OwnedFd, over: &OwnedFd, name: &str) -> Result<(), Errno> {
    let mut flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    if name.is_empty() {
        flags |= MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    }
    rustix::mount::move_mount(mount, "", over, name, flags)
}

/// Makes an attached mount read-only: a program that writes to the name must fail instead of changing
/// what all readers see.
pub(super) fn protect(mount: &OwnedFd) -> Result<(), Errno> {
    let read_only = MountFlags::BIND
        | MountFlags::RDONLY
        | MountFlags::NOSUID
        | MountFlags::NODEV
        | MountFlags::NOEXEC;
    for _ in 1..PATIENCE {
        // Through the handle: by its name it could be a different mount by now.
        match rustix::mount::mount_remount(handle(mount), read_only, "") {
            // The kernel updates the access time for a reader, which counts as writing for a moment.
            Err(Errno::BUSY) => std::thread::sleep(PAUSE),
            answer => return answer,
        }
    }
    Err(Errno::BUSY)
}

/// Unmounts the mount whose root is opened, even while a file of it is open elsewhere.
pub(super) fn detach(mount: &OwnedFd) -> Result<(), Errno> {
    rustix::mount::unmount(handle(mount), UnmountFlags::DETACH)
}

/// Unmounts the topmost mount over `name` in a directory.
pub(super) fn detach_at(directory: &OwnedFd, name: &str) -> Result<(), Errno> {
    let path = format!("{}/{name}", handle(directory));
    rustix::mount::unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)
}

/// umount2(2) takes only a path, and this one needs no walk.
fn handle(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}
