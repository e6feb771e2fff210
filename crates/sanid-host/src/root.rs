//! The directory that stands for a host's `/`, and every way in which sanid reads below it.
//!
//! All paths are relative to one opened directory, and symbolic links are followed *inside* it, as if
//! it were `/`: an absolute link in an image leads into the image, never out to the machine that
//! inspects it. The kernel does this itself since 5.6 (`openat2(2)`, `RESOLVE_IN_ROOT`); where the call
//! is missing or filtered, `root/walk.rs` does the same step by step.
//!
//! Opening and reading are separate from meaning: nothing here knows what a file is for.

mod walk;

use core::cell::Cell;
use core::fmt;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Statx, StatxAttributes, StatxFlags,
};
use rustix::io::Errno;

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

/// A regular file as it was read: its bytes and what the file system says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileContent {
    /// The whole content.
    pub bytes: Vec<u8>,
    /// Permission bits (`st_mode & 0o7777`).
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Whether something is mounted on exactly this file (`STATX_ATTR_MOUNT_ROOT`, `statx(2)`); `None`
    /// where the kernel does not tell (before 5.8).
    pub mount_point: Option<bool>,
    /// Whether the file lives on a file system that is empty after a reboot (tmpfs, ramfs). Asked of the
    /// kernel only for a file that is a mount point: elsewhere it says nothing of the one file.
    pub volatile: bool,
}

/// Why a file that is there could not be read.
///
/// A missing file is not an error: [`Root::read`] answers `None`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Something that is not a regular file stands in its place.
    #[error("{path} is {kind}, not a file; move it away")]
    NotRegular {
        /// The path as the user knows it.
        path: String,
        /// What is there, with its article.
        kind: &'static str,
    },
    /// The file is larger than any file of its purpose can be.
    #[error("{path} is larger than {limit} bytes; a file of this kind never is, so it is not read")]
    TooLarge {
        /// The path as the user knows it.
        path: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The kernel refused.
    #[error("cannot read {path}: {}{}", describe(*errno), hint(*errno))]
    Io {
        /// The path as the user knows it.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl ReadError {
    /// The path the error is about, as the user knows it.
    pub fn path(&self) -> &str {
        match self {
            Self::NotRegular { path, .. } | Self::TooLarge { path, .. } | Self::Io { path, .. } => {
                path
            }
        }
    }
}

fn hint(errno: Errno) -> &'static str {
    match errno {
        Errno::ACCESS | Errno::PERM => "; run it as root",
        Errno::NOTDIR => "; something above it is a file and not a directory: move it away",
        Errno::LOOP => "; symbolic links lead in a circle: remove one",
        _ => "",
    }
}

/// The kernel's answer in words and by name, such as `Permission denied (EACCES)`.
pub fn describe(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    match errno_name(errno) {
        Some(name) => format!("{words} ({name})"),
        None => text,
    }
}

fn errno_name(errno: Errno) -> Option<&'static str> {
    [
        (Errno::ACCESS, "EACCES"),
        (Errno::PERM, "EPERM"),
        (Errno::IO, "EIO"),
        (Errno::NOSPC, "ENOSPC"),
        (Errno::DQUOT, "EDQUOT"),
        (Errno::ROFS, "EROFS"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::ISDIR, "EISDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::NOENT, "ENOENT"),
    ]
    .into_iter()
    .find_map(|(known, name)| (known == errno).then_some(name))
}

impl Root {
    /// The root of the machine sanid runs on.
    ///
    /// # Errors
    /// Those of `open(2)` on `/`.
    pub fn host() -> Result<Self, ReadError> {
        Self::at(Path::new("/"), true)
    }

    /// A directory that stands for `/`.
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

    /// A directory of somebody else's system, whatever its `/run` says: nothing is opened there before
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

    /// The content of a regular file of at most `limit` bytes; `None` where there is no such file.
    ///
    /// Never blocks on a fifo and never opens a device below a root that is not the running host's:
    /// in an image both are input like any other.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self, relative: &str, limit: usize) -> Result<Option<FileContent>, ReadError> {
        let Some((fd, stat)) = self.open_regular(relative)? else {
            return Ok(None);
        };
        // The kernel hands out its own files in pages, and does not tell the size of most.
        let size = usize::try_from(stat.stx_size).ok().filter(|size| *size > 0);
        let bytes = self.read_all(&fd, relative, limit, size.unwrap_or(usize::MAX))?;
        let told = stat
            .stx_attributes_mask
            .contains(StatxAttributes::MOUNT_ROOT);
        let mount_point = told.then(|| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT));
        Ok(Some(FileContent {
            bytes,
            mode: u32::from(stat.stx_mode) & 0o7777,
            uid: stat.stx_uid,
            gid: stat.stx_gid,
            mount_point,
            volatile: mount_point == Some(true) && is_volatile(fd.as_fd()),
        }))
    }

    /// Whether this is the root of a system that runs: `/`, or one with a `/run` in memory, as a
    /// container or a rescue shell sees the host's. An image cannot mount one.
    fn is_live(&self) -> bool {
        self.running_host || self.has_volatile_run()
    }

    /// Whether `/run` below the root is empty after a reboot; asked once.
    pub fn has_volatile_run(&self) -> bool {
        let live = self.live.get().unwrap_or_else(|| self.is_volatile("run"));
        self.live.set(Some(live));
        live
    }

    /// In an image nothing is opened before it is known to be a file: to open a device can start it.
    fn probe(&self, relative: &str) -> Result<Option<()>, ReadError> {
        if self.is_live() {
            return Ok(Some(()));
        }
        match self.open_at(relative, OFlags::PATH) {
            Ok(fd) => self.regular(fd.as_fd(), relative).map(|_| Some(())),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(self.io(relative, errno)),
        }
    }

    fn open_regular(&self, relative: &str) -> Result<Option<(OwnedFd, Statx)>, ReadError> {
        if self.probe(relative)?.is_none() {
            return Ok(None);
        }
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        match self.open_at(relative, flags) {
            Ok(fd) => {
                let stat = self.regular(fd.as_fd(), relative)?;
                Ok(Some((fd, stat)))
            }
            Err(Errno::NOENT) => Ok(None),
            // What open(2) says of a socket.
            Err(Errno::NXIO) => Err(ReadError::NotRegular {
                path: self.show(relative),
                kind: "a socket or fifo",
            }),
            Err(errno) => Err(self.io(relative, errno)),
        }
    }

    /// A regular file, opened.
    pub(crate) fn open_file(&self, relative: &str) -> Option<OwnedFd> {
        Some(self.open_regular(relative).ok()??.0)
    }

    fn regular(&self, fd: BorrowedFd<'_>, relative: &str) -> Result<Statx, ReadError> {
        let stat = rustix::fs::statx(fd, "", AtFlags::EMPTY_PATH, StatxFlags::BASIC_STATS)
            .map_err(|errno| self.io(relative, errno))?;
        let kind = match FileType::from_raw_mode(u32::from(stat.stx_mode)) {
            FileType::RegularFile => return Ok(stat),
            FileType::Directory => "a directory",
            FileType::Fifo => "a fifo",
            FileType::Socket => "a socket",
            FileType::CharacterDevice | FileType::BlockDevice => "a device",
            _ => "something else",
        };
        Err(ReadError::NotRegular {
            path: self.show(relative),
            kind,
        })
    }

    /// The text of a kernel attribute (sysfs, procfs), without its line end; `None` where it is missing
    /// or the driver has no answer, which sysfs says with an error of its own choice.
    pub fn attribute(&self, relative: &str) -> Option<String> {
        const PAGE: usize = 4096;
        self.probe(relative).ok()??;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let fd = self.open_at(relative, flags).ok()?;
        let bytes = self.read_all(&fd, relative, PAGE, 0).ok()?;
        Some(
            String::from_utf8_lossy(&bytes)
                .trim_end_matches('\n')
                .to_owned(),
        )
    }

    /// The names in a directory, sorted; empty where there is none.
    ///
    /// # Errors
    /// [`ReadError::Io`] when it is there and cannot be read.
    pub fn list(&self, relative: &str) -> Result<Vec<String>, ReadError> {
        let fd = match self.open_dir(relative) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(errno) => return Err(self.io(relative, errno)),
        };
        let mut names = Vec::new();
        let mut buffer = Vec::with_capacity(4096);
        let mut entries = rustix::fs::RawDir::new(&fd, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|errno| self.io(relative, errno))?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Where a symbolic link points, as it is written; `None` for anything else.
    pub fn link_target(&self, relative: &str) -> Option<String> {
        let fd = self
            .open_at(relative, OFlags::PATH | OFlags::NOFOLLOW)
            .ok()?;
        let target = rustix::fs::readlinkat(&fd, "", Vec::new()).ok()?;
        Some(target.to_string_lossy().into_owned())
    }

    /// Whether a directory below the root is on a file system that is empty after a reboot.
    pub fn is_volatile(&self, relative: &str) -> bool {
        self.open_at(relative, OFlags::PATH | OFlags::DIRECTORY)
            .is_ok_and(|fd| is_volatile(fd.as_fd()))
    }

    /// Reads to the end: to where nothing comes any more or, to save that question, to the first short
    /// read that reaches `size`.
    fn read_all(
        &self,
        fd: &OwnedFd,
        relative: &str,
        limit: usize,
        size: usize,
    ) -> Result<Vec<u8>, ReadError> {
        let mut bytes = vec![0; limit.saturating_add(1)];
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let room = rest.len();
            match rustix::io::read(fd, rest) {
                Ok(count) => {
                    filled += count;
                    if count == 0 || (count < room && filled >= size) {
                        break;
                    }
                }
                Err(Errno::INTR) => {}
                Err(errno) => return Err(self.io(relative, errno)),
            }
        }
        if filled > limit {
            return Err(ReadError::TooLarge {
                path: self.show(relative),
                limit,
            });
        }
        bytes.truncate(filled);
        Ok(bytes)
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

fn is_volatile(fd: BorrowedFd<'_>) -> bool {
    // linux/magic.h
    const TMPFS_OR_RAMFS: [rustix::fs::FsWord; 2] = [0x0102_1994, 0x8584_58f6];
    rustix::fs::fstatfs(fd).is_ok_and(|fs| TMPFS_OR_RAMFS.contains(&fs.f_type))
}

/// A path for messages: what is not printable is escaped, so that a hostile name cannot write to the
/// terminal.
pub fn printable(path: &Path) -> String {
    escape(OsStr::as_bytes(path.as_os_str()))
}

/// Bytes for messages: text as it is, everything else escaped.
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for char in chunk.valid().chars() {
            if char.is_control() {
                out.extend(char.escape_default());
            } else {
                out.push(char);
            }
        }
        for byte in chunk.invalid() {
            out.extend(core::ascii::escape_default(*byte).map(char::from));
        }
    }
    out
}

#[cfg(test)]
mod tests;
