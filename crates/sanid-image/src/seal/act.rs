//! The only code here that writes.

use std::fs::File;
use std::io::Read as _;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags};
use rustix::io::Errno;
use sanid_host::Root;
use sanid_host::root::describe;

use super::guard::same;
use super::{Action, Step};
use crate::lint::places::TEXT;

/// First boot makes a machine-id in its place (machine-id(5), First Boot Semantics).
const UNINITIALIZED: &[u8] = b"uninitialized\n";
/// The name under which a file is made, in the directory where it goes.
const TEMPORARY: &str = ".sanid-seal.tmp";
const SELINUX: &str = "security.selinux";

/// Why a step was not done. Those before it were.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The kernel refused.
    #[error("cannot {what} {path}: {}", describe(*errno))]
    Io {
        /// What was tried.
        what: &'static str,
        /// The path as the user knows it.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The file can no longer be edited.
    #[error("cannot edit {path}: {why}")]
    Unsafe {
        /// The path as the user knows it.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// It is a file of the machine that seals.
    #[error(
        "{path} is this machine's own file, mounted into the image: it is not touched. Unmount it from the \
         image, and seal again"
    )]
    OfThisHost {
        /// The path as the user knows it.
        path: String,
    },
}

/// Carries out one step. A file that is already gone is not an error.
///
/// Everything happens relative to a directory that was opened below the root, on a name that is not a link: a
/// link to an identity is followed inside the root, and the file at its end is what changes.
///
/// # Errors
/// [`SealError`].
pub fn carry_out(root: &Root, step: &Step, this_host: bool) -> Result<(), SealError> {
    let failed = |what| {
        let path = root.show(&step.path);
        move |errno| SealError::Io { what, path, errno }
    };
    let Some(found) = locate(root, &step.path).map_err(failed("find"))? else {
        return Ok(());
    };
    if !this_host && is_of_this_host(&found.stat, &found.path) {
        return Err(SealError::OfThisHost {
            path: root.show(&step.path),
        });
    }
    match step.action {
        Action::Edit(config) => {
            let bytes = read(&found).map_err(failed("read"))?;
            let without = config.without(&bytes).map_err(|why| SealError::Unsafe {
                path: root.show(&step.path),
                why,
            })?;
            replace(&found, &without).map_err(failed("edit"))
        }
        // Other names may lead to it; without the file there is no first boot (machine-id(5)).
        Action::Remove if !is_machine_id(root, &found.stat) => {
            remove(&found).map_err(failed("remove"))
        }
        Action::Remove | Action::Reset => replace(&found, UNINITIALIZED).map_err(failed("reset")),
    }
}

/// A file, and the opened directory it is in.
struct Located {
    dir: OwnedFd,
    name: String,
    path: String,
    stat: Stat,
}

/// Follows links inside the root to the file itself.
fn locate(root: &Root, path: &str) -> Result<Option<Located>, Errno> {
    // As many as the kernel follows (path_resolution(7)).
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let (parent, name) = match path.rsplit_once('/') {
            Some((parent, name)) => (parent, name.to_owned()),
            None => (".", path.clone()),
        };
        let dir = match root.open_dir(parent) {
            Ok(dir) => dir,
            Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let stat = match rustix::fs::statat(&dir, name.as_str(), flags) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(errno) => return Err(errno),
        };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {
                let found = Located {
                    dir,
                    name,
                    path,
                    stat,
                };
                return Ok(Some(found));
            }
            FileType::Symlink => {
                let target = rustix::fs::readlinkat(&dir, name.as_str(), Vec::new())?;
                let target = target.to_str().map_err(|_| Errno::ILSEQ)?;
                path = match target.strip_prefix('/') {
                    Some(absolute) => absolute.to_owned(),
                    None => format!("{parent}/{target}"),
                };
            }
            // Not a file, so not an identity; lint reports it.
            _ => return Ok(None),
        }
    }
    Err(Errno::LOOP)
}

/// Whether this is the file that this machine has at the same path.
fn is_of_this_host(stat: &Stat, path: &str) -> bool {
    let own = format!("/{path}");
    rustix::fs::statat(CWD, own.as_str(), AtFlags::empty()).is_ok_and(|own| same(stat, &own))
}

/// Whether this is the file at `/etc/machine-id`, by any path.
fn is_machine_id(root: &Root, stat: &Stat) -> bool {
    let opened = root.open_at("etc/machine-id", OFlags::PATH);
    let own = opened.and_then(rustix::fs::fstat);
    own.is_ok_and(|own| same(&own, stat))
}

fn remove(found: &Located) -> Result<(), Errno> {
    match rustix::fs::unlinkat(&found.dir, found.name.as_str(), AtFlags::empty()) {
        Ok(()) => rustix::fs::fsync(&found.dir),
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// Exchanges what is in the file: temporary name, stable storage, rename.
fn replace(found: &Located, bytes: &[u8]) -> Result<(), Errno> {
    let dir = &found.dir;
    let clear = || rustix::fs::unlinkat(dir, TEMPORARY, AtFlags::empty());
    match clear() {
        Ok(()) | Err(Errno::NOENT) => {}
        Err(errno) => return Err(errno),
    }
    let done = write(found, bytes).and_then(|()| {
        rustix::fs::renameat(dir, TEMPORARY, dir, found.name.as_str())?;
        rustix::fs::fsync(dir)
    });
    if done.is_err() {
        let _ = clear();
    }
    done
}

fn write(found: &Located, bytes: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mode = Mode::from_raw_mode(0o600);
    let file = rustix::fs::openat(&found.dir, TEMPORARY, flags, mode)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(&file, rest) {
            Ok(0) => return Err(Errno::IO),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    let own = rustix::fs::fstat(&file)?;
    let Stat { st_uid, st_gid, .. } = found.stat;
    if (own.st_uid, own.st_gid) != (st_uid, st_gid) {
        let (user, group) = (Uid::from_raw(st_uid), Gid::from_raw(st_gid));
        rustix::fs::fchown(&file, Some(user), Some(group))?;
    }
    rustix::fs::fchmod(&file, Mode::from_raw_mode(found.stat.st_mode & 0o7777))?;
    if let Some(label) = label(found) {
        rustix::fs::fsetxattr(&file, SELINUX, &label, XattrFlags::empty())?;
    }
    rustix::fs::fsync(&file)
}

fn read(found: &Located) -> Result<Vec<u8>, Errno> {
    let mut bytes = Vec::new();
    let read = File::from(open(found)?)
        .take(TEXT as u64 + 1)
        .read_to_end(&mut bytes);
    read.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    // lint read no more either, and has reported that.
    if bytes.len() > TEXT {
        return Err(Errno::FBIG);
    }
    Ok(bytes)
}

fn open(found: &Located) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    rustix::fs::openat(&found.dir, found.name.as_str(), flags, Mode::empty())
}

/// The SELinux label of the file that is replaced; `None` where there is none.
fn label(found: &Located) -> Option<Vec<u8>> {
    let file = open(found).ok()?;
    let mut label = vec![0; 256];
    let length = rustix::fs::fgetxattr(&file, SELINUX, &mut label).ok()?;
    label.truncate(length);
    Some(label)
}
