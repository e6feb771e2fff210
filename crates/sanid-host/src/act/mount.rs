//! Single mounts, made detached and attached in one step (`open_tree(2)`, `move_mount(2)`), so that no
//! path is walked twice and a symbolic link leads nowhere else.

use std::time::Duration;

use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags};

/// How often a mount that is in use is asked for again, and after how long: half a second in all.
const PATIENCE: u32 = 500;
const PAUSE: Duration = Duration::from_millis(1);

/// Mounts what is opened over `name` in a directory, or over the directory itself for an empty name.
/// What is answered stays a handle on the mount.
///
/// Read-only: whoever writes over the name shall fail instead of changing what all readers see.
pub(super) fn attach(source: &OwnedFd, over: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    let clone = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    let mount = rustix::mount::open_tree(source, "", clone)?;
    let mut flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH;
    if name.is_empty() {
        flags |= MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    }
    rustix::mount::move_mount(&mount, "", over, name, flags)?;
    let read_only = MountFlags::BIND
        | MountFlags::RDONLY
        | MountFlags::NOSUID
        | MountFlags::NODEV
        | MountFlags::NOEXEC;
    for attempt in 1.. {
        // Through the handle: by its name it could be another mount by now.
        match rustix::mount::mount_remount(handle(&mount), read_only, "") {
            Ok(()) => break,
            // A reader has the time of its access noted, which is writing for a moment.
            Err(Errno::BUSY) if attempt < PATIENCE => std::thread::sleep(PAUSE),
            Err(errno) => {
                let _ = detach(&mount);
                return Err(errno);
            }
        }
    }
    Ok(mount)
}

/// Takes away the mount whose root is opened, whoever still has a file of it open.
pub(super) fn detach(mount: &OwnedFd) -> Result<(), Errno> {
    rustix::mount::unmount(handle(mount), UnmountFlags::DETACH)
}

/// Takes away the topmost mount over `name` in a directory.
pub(super) fn detach_at(directory: &OwnedFd, name: &str) -> Result<(), Errno> {
    let path = format!("{}/{name}", handle(directory));
    rustix::mount::unmount(path, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW)
}

/// umount2(2) takes a path only, and this one needs no walk.
fn handle(fd: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", fd.as_raw_fd())
}
