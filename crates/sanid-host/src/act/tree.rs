//! Small trees: copied with all that a reader can tell, and removed.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, XattrFlags};
use rustix::io::Errno;

use super::dir;
use crate::root::Root;

/// Deeper than any directory of an identity file is.
const DEPTH: usize = 8;

/// Copies what is in a directory: files, links and directories. Other kinds of file are left out.
pub(super) fn copy(from: &OwnedFd, to: &OwnedFd) -> Result<(), Errno> {
    copy_below(from, to, DEPTH)
}

fn copy_below(from: &OwnedFd, to: &OwnedFd, depth: usize) -> Result<(), Errno> {
    if depth == 0 {
        return Err(Errno::LOOP);
    }
    alike(from, to)?;
    for entry in Dir::read_from(from)? {
        let entry = entry?;
        let name = entry.file_name();
        let bytes = name.to_bytes();
        if matches!(bytes, b"." | b"..") || bytes.ends_with(dir::SUFFIX.as_bytes()) {
            continue;
        }
        let stat = rustix::fs::statat(from, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let reading = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let source = rustix::fs::openat(from, name, reading, Mode::empty())?;
                let making = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
                let target = rustix::fs::openat(to, name, making, Mode::RUSR | Mode::WUSR)?;
                pour(&source, &target)?;
                alike(&source, &target)?;
            }
            FileType::Directory => {
                let directory = reading | OFlags::DIRECTORY;
                let source = rustix::fs::openat(from, name, directory, Mode::empty())?;
                rustix::fs::mkdirat(to, name, Mode::RWXU)?;
                let target = rustix::fs::openat(to, name, directory, Mode::empty())?;
                copy_below(&source, &target, depth - 1)?;
            }
            FileType::Symlink => {
                let link = rustix::fs::readlinkat(from, name, Vec::new())?;
                rustix::fs::symlinkat(link, to, name)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn pour(from: &OwnedFd, to: &OwnedFd) -> Result<(), Errno> {
    let mut buffer = [0; 4096];
    loop {
        match rustix::io::read(from, &mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => dir::write_all(to, buffer.get(..count).unwrap_or_default())?,
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Gives a copy the owner, mode and label of the original.
fn alike(from: &OwnedFd, to: &OwnedFd) -> Result<(), Errno> {
    let stat = rustix::fs::fstat(from)?;
    let (uid, gid) = (stat.st_uid, stat.st_gid);
    rustix::fs::fchown(
        to,
        Some(rustix::fs::Uid::from_raw(uid)),
        Some(rustix::fs::Gid::from_raw(gid)),
    )?;
    rustix::fs::fchmod(to, Mode::from_raw_mode(stat.st_mode & 0o7777))?;
    if let Some(label) = dir::label_of(from) {
        rustix::fs::fsetxattr(to, dir::SELINUX, &label, XattrFlags::empty())?;
    }
    Ok(())
}

/// Removes a directory with all that is in it; one that is not there is removed already.
pub(super) fn remove(root: &Root, path: &str) -> Result<(), Errno> {
    let Some((parent, name)) = path.rsplit_once('/') else {
        return Err(Errno::INVAL);
    };
    match root.open_dir(parent) {
        Ok(parent) => remove_below(&parent, name.as_bytes(), DEPTH),
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}

fn remove_below(parent: &OwnedFd, name: &[u8], depth: usize) -> Result<(), Errno> {
    if depth == 0 {
        return Err(Errno::LOOP);
    }
    match rustix::fs::unlinkat(parent, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {}
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(errno) => return Err(errno),
    }
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(parent, name, flags, Mode::empty())?;
    for entry in Dir::read_from(&directory)? {
        let entry = entry?;
        let inner = entry.file_name().to_bytes();
        if !matches!(inner, b"." | b"..") {
            remove_below(&directory, inner, depth - 1)?;
        }
    }
    rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR)
}
