//! The directory that is a host's `/`, and every way in which sanid reads below it.
//!
//! All paths are relative to one opened directory, and symbolic links are followed *inside* it, as if
//! it were `/`: an absolute link in an image leads into the image, never out to the machine that
//! inspects it. The kernel does this itself since 5.6 (`openat2(2)`, `RESOLVE_IN_ROOT`); where the call
//! is missing or filtered, `root/walk.rs` does the same step by step.
//!
//! Opening and reading are separate from meaning: nothing here knows what a file is for.

mod error;
mod read;
mod show;
mod walk;

use core::cell::Cell;
use core::fmt;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

pub use error::{ReadError, describe, describe_io};
pub use read::FileContent;
pub(crate) use read::{FileSystem, file_system};
pub use show::{escape, printable};

/// An opened root directory: `/` of the running host, or any directory given by `--root`.
///
/// Use [`Root::host`] for the machine sanid runs on and [`Root::open`] for a mounted image, a chroot or
/// a host's root as a container sees it. The descriptor is opened once, so a later rename of the
/// directory changes nothing.
///
/// # Examples
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// std::fs::create_dir(dir.path().join("etc")).unwrap();
/// std::fs::write(dir.path().join("etc/hostname"), "n1\n").unwrap();
/// let root = sanid_host::Root::open(dir.path()).unwrap();
/// let file = root.read("etc/hostname", 64).unwrap().unwrap();
/// assert_eq!(file.bytes, b"n1\n");
/// ```
pub struct Root {
    dir: OwnedFd,
    path: PathBuf,
    running_host: bool,
    no_openat2: Cell<bool>,
    /// Asked once, where it matters.
    live: Cell<Option<bool>>,
}

impl Root {
    /// The root of the machine sanid runs on.
    ///
    /// # Errors
    /// Those of `open(2)` on `/`.
    pub fn host() -> Result<Self, ReadError> {
        Self::at(Path::new("/"), true)
    }

    /// A directory that is the host's `/`.
    ///
    /// # Errors
    /// [`ReadError::Io`] when it is missing, not a directory or not accessible.
    pub fn open(path: &Path) -> Result<Self, ReadError> {
        Self::at(path, path == Path::new("/"))
    }

    fn at(path: &Path, running_host: bool) -> Result<Self, ReadError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let dir =
            rustix::fs::openat(CWD, path, flags, Mode::empty()).map_err(|errno| ReadError::Io {
                path: printable(path),
                errno,
            })?;
        Ok(Self {
            dir,
            path: path.to_owned(),
            running_host,
            no_openat2: Cell::new(false),
            live: Cell::new(None),
        })
    }

    /// A root that is opened already, and is not the running host's.
    pub(crate) fn of(dir: OwnedFd, path: PathBuf) -> Self {
        Self {
            dir,
            path,
            running_host: false,
            no_openat2: Cell::new(false),
            live: Cell::new(None),
        }
    }

    /// A directory of a different system, whatever is in its `/run`: nothing is opened there before
    /// it is known to be a file.
    pub(crate) fn of_stranger(dir: OwnedFd, path: PathBuf) -> Self {
        let root = Self::of(dir, path);
        root.live.set(Some(false));
        root
    }

    /// Whether this is `/` of the running host.
    pub fn is_running_host(&self) -> bool {
        self.running_host
    }

    /// The directory as it was given.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A path below the root, as the user would type it on this machine.
    pub fn show(&self, relative: &str) -> String {
        printable(&self.path.join(relative))
    }

    /// Opens something below the root, following links inside the root only.
    ///
    /// # Errors
    /// Those of `openat2(2)`.
    pub fn open_at(&self, relative: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC;
        if !self.no_openat2.get() {
            let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
            match rustix::fs::openat2(&self.dir, relative, flags, Mode::empty(), resolve) {
                // Old kernels answer ENOSYS, old container filters EPERM; a path that may really not be
                // opened gives EPERM again below.
                Err(Errno::NOSYS | Errno::PERM) => self.no_openat2.set(true),
                // The kernel gives up when something was renamed while it walked.
                Err(Errno::AGAIN) => {}
                answer => return answer,
            }
        }
        walk::open_in_root(self.dir.as_fd(), relative, flags)
    }

    /// Opens a directory below the root for reading and for `fsync(2)`.
    ///
    /// # Errors
    /// Those of `openat2(2)`.
    pub fn open_dir(&self, relative: &str) -> Result<OwnedFd, Errno> {
        self.open_at(relative, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// Whether anything, a dangling link included, has this name.
    ///
    /// # Errors
    /// [`ReadError::Io`] when the kernel does not say.
    pub fn exists(&self, relative: &str) -> Result<bool, ReadError> {
        match self.open_at(relative, OFlags::PATH | OFlags::NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT | Errno::NOTDIR) => Ok(false),
            Err(errno) => Err(self.io(relative, errno)),
        }
    }

    pub(crate) fn io(&self, relative: &str, errno: Errno) -> ReadError {
        ReadError::Io {
            path: self.show(relative),
            errno,
        }
    }

    #[cfg(test)]
    fn without_openat2(self) -> Self {
        self.no_openat2.set(true);
        self
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
