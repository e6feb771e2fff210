//! Reading below a root: nothing blocks, and only regular files are read.

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, OFlags, Statx, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::{ReadError, Root};

/// A regular file as it was read: its bytes and its attributes.
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
    /// kernel only for a file that is a mount point: elsewhere it does not identify the file.
    pub volatile: bool,
}

impl Root {
    /// The content of a regular file of at most `limit` bytes; `None` where there is no such file.
    ///
    /// Never blocks on a fifo and never opens a device below a root that is not the running host's:
    /// in an image both are input like any other.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn read(&self, relative: &str, limit: usize) -> Result<Option<FileContent>, ReadError> {
        Ok(self.read_opened(relative, limit)?.map(|(file, _)| file))
    }

    /// The same, with the opened file.
    pub(crate) fn read_opened(
        &self,
        relative: &str,
        limit: usize,
    ) -> Result<Option<(FileContent, OwnedFd)>, ReadError> {
        let Some((fd, stat)) = self.open_regular(relative)? else {
            return Ok(None);
        };
        // The kernel returns its own files in pages, and does not report the size of most.
        let size = usize::try_from(stat.stx_size).ok().filter(|size| *size > 0);
        let bytes = self.read_all(&fd, relative, limit, size.unwrap_or(usize::MAX))?;
        let known = stat
            .stx_attributes_mask
            .contains(StatxAttributes::MOUNT_ROOT);
        let mount_point = known.then(|| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT));
        let content = FileContent {
            bytes,
            mode: u32::from(stat.stx_mode) & 0o7777,
            uid: stat.stx_uid,
            gid: stat.stx_gid,
            mount_point,
            volatile: mount_point == Some(true) && is_volatile(fd.as_fd()),
        };
        Ok(Some((content, fd)))
    }

    /// Whether this is the root of a system that runs: `/`, or one with a `/run` in memory, as a
    /// container or a rescue shell sees the host's. An image cannot mount one.
    pub(crate) fn is_live(&self) -> bool {
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
            // The error of open(2) for a socket.
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

    /// The text of a kernel attribute (sysfs, procfs), without its line end; `None` where it is missing, its
    /// device is gone, or the driver has no answer.
    ///
    /// # Errors
    /// [`ReadError`]: there may be an answer, and it could not be read.
    pub fn attribute(&self, relative: &str) -> Result<Option<String>, ReadError> {
        const PAGE: usize = 4096;
        let read = || {
            if self.probe(relative)?.is_none() {
                return Ok(None);
            }
            let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
            let fd = self
                .open_at(relative, flags)
                .map_err(|errno| self.io(relative, errno))?;
            self.read_all(&fd, relative, PAGE, 0).map(Some)
        };
        match read() {
            Ok(bytes) => Ok(bytes.map(|bytes| {
                let text = String::from_utf8_lossy(&bytes);
                text.trim_end_matches('\n').to_owned()
            })),
            Err(ReadError::Io { errno, .. }) if is_no_answer(errno) => Ok(None),
            Err(error) => Err(error),
        }
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
    pub(crate) fn link_target(&self, relative: &str) -> Option<String> {
        let fd = self
            .open_at(relative, OFlags::PATH | OFlags::NOFOLLOW)
            .ok()?;
        let target = rustix::fs::readlinkat(&fd, "", Vec::new()).ok()?;
        Some(target.to_string_lossy().into_owned())
    }

    /// Whether a directory below the root is on a file system that is empty after a reboot.
    pub(crate) fn is_volatile(&self, relative: &str) -> bool {
        self.open_at(relative, OFlags::PATH | OFlags::DIRECTORY)
            .is_ok_and(|fd| is_volatile(fd.as_fd()))
    }

    /// Reads to the end: until a read returns nothing or, to save that call, until the first short read that
    /// reaches `size`. The buffer grows as needed: to clear one of the largest limit takes milliseconds at boot.
    fn read_all(
        &self,
        fd: &OwnedFd,
        relative: &str,
        limit: usize,
        size: usize,
    ) -> Result<Vec<u8>, ReadError> {
        const FIRST: usize = 16 * 1024 + 1;
        let most = limit.saturating_add(1);
        let mut bytes = vec![0; most.min(FIRST)];
        let mut filled = 0;
        while filled < most {
            if filled == bytes.len() {
                bytes.resize(filled.saturating_mul(2).min(most), 0);
            }
            let rest = bytes.get_mut(filled..).unwrap_or_default();
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
}

/// What drivers answer for an attribute that has no value now, and the kernel for one that is gone.
fn is_no_answer(errno: Errno) -> bool {
    matches!(
        errno,
        Errno::NOENT
            | Errno::NODEV
            | Errno::NXIO
            | Errno::INVAL
            | Errno::NOSYS
            | Errno::OPNOTSUPP
            | Errno::NOTCONN
            | Errno::NODATA
            | Errno::AGAIN
    )
}

/// A file system, as far as it matters what is there after a reboot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileSystem {
    /// tmpfs or ramfs.
    Memory,
    /// overlayfs, which holds no bytes itself.
    Overlay,
    /// Any other.
    Other,
}

/// The file system of an opened file.
pub(crate) fn file_system(fd: BorrowedFd<'_>) -> FileSystem {
    // linux/magic.h
    const TMPFS_OR_RAMFS: [rustix::fs::FsWord; 2] = [0x0102_1994, 0x8584_58f6];
    const OVERLAY: rustix::fs::FsWord = 0x794c_7630;
    match rustix::fs::fstatfs(fd) {
        Ok(fs) if TMPFS_OR_RAMFS.contains(&fs.f_type) => FileSystem::Memory,
        Ok(fs) if fs.f_type == OVERLAY => FileSystem::Overlay,
        _ => FileSystem::Other,
    }
}

fn is_volatile(fd: BorrowedFd<'_>) -> bool {
    file_system(fd) == FileSystem::Memory
}
