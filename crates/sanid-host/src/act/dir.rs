//! Steps below an opened directory: make it, put a file into it whole, take one away.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags, XattrFlags};
use rustix::io::Errno;

use super::{ActError, Step};
use crate::file::IdentityFile;
use crate::root::Root;

/// The label of a file on SELinux systems (xattr(7)).
pub(super) const SELINUX: &str = "security.selinux";

/// How a temporary name ends.
pub(super) const SUFFIX: &str = ".sanid-tmp";

/// The name under which a file is made before it takes its place. There is one for each file, so what a
/// crash leaves is found and removed by the next change.
pub(super) fn temporary(name: &str) -> String {
    format!(".{name}{SUFFIX}")
}

/// Makes a directory and those above it, each on stable storage in its parent before the next.
pub(super) fn make(root: &Root, path: &str, mode: u32) -> Result<(), ActError> {
    match root.open_dir(path) {
        Ok(_) => return Ok(()),
        Err(Errno::NOENT) => {}
        Err(errno) => {
            return Err(Step {
                root,
                what: "open",
                path,
            }
            .failed(errno));
        }
    }
    let mut below = ".";
    let ends = path
        .match_indices('/')
        .map(|(at, _)| at)
        .chain([path.len()]);
    for end in ends {
        let (Some(this), Some(name)) = (
            path.get(..end),
            path.get(..end).and_then(|p| p.rsplit('/').next()),
        ) else {
            continue;
        };
        let last = end == path.len();
        make_one(root, below, name, if last { mode } else { 0o755 }).map_err(|errno| {
            Step {
                root,
                what: "make the directory",
                path: this,
            }
            .failed(errno)
        })?;
        below = this;
    }
    Ok(())
}

fn make_one(root: &Root, parent: &str, name: &str, mode: u32) -> Result<(), Errno> {
    let parent = root.open_dir(parent)?;
    match rustix::fs::mkdirat(&parent, name, Mode::from_raw_mode(mode)) {
        Ok(()) => {}
        Err(Errno::EXIST) => return Ok(()),
        Err(errno) => return Err(errno),
    }
    // The umask of the caller is not this directory's.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(&parent, name, flags, Mode::empty())?;
    rustix::fs::fchmod(&directory, Mode::from_raw_mode(mode))?;
    rustix::fs::fsync(&parent)
}

/// Makes a new file with this content on stable storage, under its temporary name.
pub(super) fn write_temporary(
    dir: &OwnedFd,
    name: &str,
    mode: u32,
    label: Option<&[u8]>,
    bytes: &[u8],
) -> Result<(), Errno> {
    let temporary = temporary(name);
    unlink(dir, &temporary)?;
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, temporary.as_str(), flags, Mode::RUSR | Mode::WUSR)?;
    let filled = fill(&file, mode, label, bytes);
    if filled.is_err() {
        let _ = unlink(dir, &temporary);
    }
    filled
}

fn fill(file: &OwnedFd, mode: u32, label: Option<&[u8]>, bytes: &[u8]) -> Result<(), Errno> {
    write_all(file, bytes)?;
    rustix::fs::fchmod(file, Mode::from_raw_mode(mode))?;
    if let Some(label) = label {
        rustix::fs::fsetxattr(file, SELINUX, label, XattrFlags::empty())?;
    }
    rustix::fs::fsync(file)
}

pub(super) fn write_all(file: &OwnedFd, bytes: &[u8]) -> Result<(), Errno> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(file, rest) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// The SELinux label of a file in a directory; none where the system has none.
pub(super) fn label(dir: &OwnedFd, name: &str) -> Option<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::fs::openat(dir, name, flags, Mode::empty()).ok()?;
    label_of(&file)
}

/// The SELinux label of an opened file.
pub(crate) fn label_of(file: &OwnedFd) -> Option<Vec<u8>> {
    let mut label = [0; 256];
    let length = rustix::fs::fgetxattr(file.as_fd(), SELINUX, &mut label).ok()?;
    label.get(..length).map(<[u8]>::to_vec)
}

/// Removes a file; one that is not there is removed already.
pub(super) fn unlink(dir: &OwnedFd, name: &str) -> Result<(), Errno> {
    match rustix::fs::unlinkat(dir, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Puts one file in place whole: temporary name, stable storage, rename.
pub(super) fn replace(
    root: &Root,
    dir: &str,
    name: &str,
    mode: u32,
    bytes: &[u8],
) -> Result<(), ActError> {
    let path = format!("{dir}/{name}");
    let step = |what| Step {
        root,
        what,
        path: &path,
    };
    let dir = root
        .open_dir(dir)
        .map_err(|errno| step("open the directory of").failed(errno))?;
    let label = label(&dir, name);
    write_temporary(&dir, name, mode, label.as_deref(), bytes)
        .map_err(|errno| step("write").failed(errno))?;
    let temporary = temporary(name);
    if let Err(errno) = rustix::fs::renameat(&dir, temporary.as_str(), &dir, name) {
        let _ = unlink(&dir, &temporary);
        return Err(step("install").failed(errno));
    }
    rustix::fs::fsync(&dir).map_err(|errno| step("store").failed(errno))
}

/// Takes a file away for good.
pub(super) fn remove(root: &Root, dir: &str, name: &str) -> Result<(), ActError> {
    let path = format!("{dir}/{name}");
    let step = Step {
        root,
        what: "remove",
        path: &path,
    };
    let dir = root.open_dir(dir).map_err(|errno| step.failed(errno))?;
    unlink(&dir, name)
        .and_then(|()| rustix::fs::fsync(&dir))
        .map_err(|errno| step.failed(errno))
}

/// Gives an identity file the mode that all of its readers need, and no other change.
pub(super) fn set_mode(root: &Root, file: IdentityFile) -> Result<(), ActError> {
    let step = Step {
        root,
        what: "change the mode of",
        path: file.path(),
    };
    let opened = root.open_at(file.path(), OFlags::RDONLY | OFlags::NONBLOCK);
    opened
        .and_then(|opened| rustix::fs::fchmod(&opened, Mode::from_raw_mode(file.mode())))
        .map_err(|errno| step.failed(errno))
}
