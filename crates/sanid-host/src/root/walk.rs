//! `RESOLVE_IN_ROOT` by hand, for kernels before 5.6 and for system-call filters that do not know
//! `openat2(2)`.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Component, Path};

use rustix::fd::{AsFd as _, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;

/// As many as the kernel follows (`MAXSYMLINKS`, `path_resolution(7)`).
const MAX_LINKS: u32 = 40;

/// Opens `relative` below `root`; links, absolute ones too, are followed as if `root` were `/`.
pub(super) fn open_in_root(
    root: BorrowedFd<'_>,
    relative: &str,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let mut walk = Walk {
        root,
        below: Vec::new(),
        todo: VecDeque::new(),
        links: 0,
    };
    walk.enter(Path::new(relative));
    while let Some(name) = walk.todo.pop_front() {
        if name == ".." {
            walk.below.pop();
        } else if let Some(opened) = walk.step(&name, flags)? {
            return Ok(opened);
        }
    }
    rustix::fs::openat(walk.here(), ".", flags, Mode::empty())
}

struct Walk<'root> {
    root: BorrowedFd<'root>,
    /// The directories entered so far; `..` leaves the last one and never the root.
    below: Vec<OwnedFd>,
    todo: VecDeque<OsString>,
    links: u32,
}

impl Walk<'_> {
    fn here(&self) -> BorrowedFd<'_> {
        self.below.last().map_or(self.root, |fd| fd.as_fd())
    }

    /// Puts the parts of a path in front of what is still to walk.
    fn enter(&mut self, path: &Path) {
        let parts = path.components().rev();
        for part in parts {
            match part {
                Component::Normal(name) => self.todo.push_front(name.to_owned()),
                Component::ParentDir => self.todo.push_front("..".into()),
                Component::RootDir => self.below.clear(),
                Component::CurDir | Component::Prefix(_) => {}
            }
        }
    }

    /// One name: the opened file when it was the last one.
    fn step(&mut self, name: &OsString, flags: OFlags) -> Result<Option<OwnedFd>, Errno> {
        let probe = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = rustix::fs::openat(self.here(), name, probe, Mode::empty())?;
        let kind = FileType::from_raw_mode(rustix::fs::fstat(&found)?.st_mode);
        let last = self.todo.is_empty();
        if kind == FileType::Symlink && !(last && flags.contains(OFlags::NOFOLLOW)) {
            self.links += 1;
            if self.links > MAX_LINKS {
                return Err(Errno::LOOP);
            }
            let target = rustix::fs::readlinkat(&found, "", Vec::new())?;
            let target = OsString::from_vec(target.into_bytes());
            if target.as_bytes().is_empty() {
                return Err(Errno::NOENT);
            }
            self.enter(Path::new(&target));
            return Ok(None);
        }
        if last {
            // NOFOLLOW: were the name exchanged for a link since, it would lead out of the root.
            return rustix::fs::openat(self.here(), name, flags | OFlags::NOFOLLOW, Mode::empty())
                .map(Some);
        }
        if kind != FileType::Directory {
            return Err(Errno::NOTDIR);
        }
        self.below.push(found);
        Ok(None)
    }
}
