//! A tree below an opened root: a mounted image, a chroot, an unpacked layer.
//!
//! Only the listed paths are read, so that the size of the tree does not matter. Every path is opened below
//! the root with links followed inside it, and nothing is opened for reading before it is known to be a
//! file: to open a device can start it, and to open a fifo can wait for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use rustix::fd::OwnedFd;
use rustix::fs::{FileType, OFlags, RawDir};
use rustix::io::Errno;
use sanid_host::Root;
use sanid_host::root::describe;

use super::finding::{Finding, TOO_MUCH, UNREADABLE};
use super::layer::{Layer, Linted};
use super::pattern;
use super::places::{Place, Reads, patterns, place};

/// Names of one directory that are read.
const NAMES: usize = 10_000;
/// Directories below each other, where a place is everything below one.
const DEPTH: usize = 16;

/// Looks at every place below a root. `step` is called with each path that is read.
pub fn directory(root: &Root, step: &mut dyn FnMut(&str)) -> Linted {
    let mut walk = Walk::new(root, step);
    for pattern in patterns() {
        let parts: Vec<&str> = pattern.split('/').collect();
        walk.expand("", &parts);
    }
    // The target of a link may be listed itself, and is then reported under its own name.
    for path in std::mem::take(&mut walk.links) {
        walk.open(&path, true);
    }
    walk.layer.done(None)
}

struct Walk<'a> {
    root: &'a Root,
    step: &'a mut dyn FnMut(&str),
    layer: Layer,
    seen: BTreeSet<String>,
    /// Device and inode of the files that were read, with the path by which they were.
    files: BTreeMap<(u64, u64), String>,
    links: Vec<String>,
    reported: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn new(root: &'a Root, step: &'a mut dyn FnMut(&str)) -> Self {
        Self {
            root,
            step,
            layer: Layer::default(),
            seen: BTreeSet::new(),
            files: BTreeMap::new(),
            links: Vec::new(),
            reported: BTreeSet::new(),
        }
    }

    /// Everything below `at` that matches the parts.
    fn expand(&mut self, at: &str, parts: &[&str]) {
        let Some((part, rest)) = parts.split_first() else {
            self.look(at);
            return;
        };
        if *part == "**" {
            self.below(at, DEPTH);
        } else if part.contains('*') {
            for name in self.names(at, part) {
                self.expand(&join(at, &name), rest);
            }
        } else {
            self.expand(&join(at, part), rest);
        }
    }

    /// Everything below a directory; links to directories are not entered, so none leads in a circle.
    fn below(&mut self, at: &str, depth: usize) {
        for name in self.names(at, "*") {
            let path = join(at, &name);
            match self.root.open_at(&path, OFlags::PATH | OFlags::NOFOLLOW) {
                Ok(fd) if kind(&fd) == Ok(FileType::Directory) => {
                    if depth > 0 {
                        self.below(&path, depth - 1);
                    } else {
                        self.too_much(&path, "directories below each other");
                    }
                }
                _ => self.look(&path),
            }
        }
    }

    /// The names in a directory that match, in no order, and no more than there is reason for.
    fn names(&mut self, at: &str, wanted: &str) -> Vec<String> {
        // What a spent budget leaves out is noted once.
        if self.layer.budget.is_spent() {
            return Vec::new();
        }
        let shown = if at.is_empty() { "." } else { at };
        let fd = match self.root.open_dir(shown) {
            Ok(fd) => fd,
            Err(Errno::NOENT | Errno::NOTDIR) => return Vec::new(),
            Err(errno) => {
                self.unreadable(at, errno);
                return Vec::new();
            }
        };
        let mut names = Vec::new();
        let mut read = 0;
        let mut buffer = Vec::with_capacity(32 * 1024);
        let mut entries = RawDir::new(&fd, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(errno) => {
                    self.unreadable(at, errno);
                    break;
                }
            };
            let bytes = entry.file_name().to_bytes();
            if matches!(bytes, b"." | b"..") {
                continue;
            }
            read += 1;
            if read > NAMES || self.layer.budget.member().is_err() {
                self.too_much(at, "names in a directory");
                break;
            }
            match std::str::from_utf8(bytes) {
                Ok(name) if pattern::name(wanted, name) => names.push(name.to_owned()),
                Ok(_) => {}
                Err(_) => {
                    let path = [at.as_bytes(), b"/", bytes].concat();
                    self.layer
                        .odd_name(&path, "its name is not UTF-8, so it was not read");
                }
            }
        }
        names.sort_unstable();
        names
    }

    fn look(&mut self, path: &str) {
        if !self.seen.insert(path.to_owned()) {
            return;
        }
        match self.root.open_at(path, OFlags::PATH | OFlags::NOFOLLOW) {
            Ok(fd) if kind(&fd) == Ok(FileType::Symlink) => self.links.push(path.to_owned()),
            _ => self.open(path, false),
        }
    }

    fn open(&mut self, path: &str, link: bool) {
        let probe = match self.root.open_at(path, OFlags::PATH) {
            Ok(probe) => probe,
            // A link that leads nowhere holds nothing.
            Err(Errno::NOENT | Errno::NOTDIR) => return,
            Err(errno) => return self.unreadable(path, errno),
        };
        if let Ok(stat) = rustix::fs::fstat(&probe) {
            if let Some(first) = self.files.get(&(stat.st_dev, stat.st_ino)) {
                // By another way to the same name, such as a link to a directory above it.
                if link || stat.st_nlink == 1 {
                    return;
                }
                if are_images(first, path) {
                    return self.layer.hard_link(path, first);
                }
            } else {
                let path = path.to_owned();
                self.files.insert((stat.st_dev, stat.st_ino), path);
            }
        }
        (self.step)(path);
        match kind(&probe) {
            Ok(FileType::RegularFile) => self.read(path),
            Ok(FileType::Directory) => self.layer.directory(path),
            Ok(FileType::Fifo) => self.layer.other(path, "a fifo"),
            Ok(FileType::Socket) => self.layer.other(path, "a socket"),
            Ok(FileType::CharacterDevice) if is_null(&probe) => {}
            Ok(_) => self.layer.other(path, "a device"),
            Err(errno) => self.unreadable(path, errno),
        }
    }

    fn read(&mut self, path: &str) {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = self.root.open_at(path, flags);
        // Exchanged since, it is nothing to read either.
        match opened.and_then(|fd| rustix::fs::fstat(&fd).map(|stat| (fd, stat))) {
            Ok((fd, stat)) if FileType::from_raw_mode(stat.st_mode).is_file() => {
                let size = u64::try_from(stat.st_size).unwrap_or_default();
                self.layer.file(path, size, &mut File::from(fd));
            }
            Ok(_) => self
                .layer
                .other(path, "something else than a moment before"),
            Err(errno) => self.unreadable(path, errno),
        }
    }

    fn unreadable(&mut self, path: &str, errno: Errno) {
        if self.reported.insert(path.to_owned()) {
            let fix = match errno {
                Errno::ACCESS | Errno::PERM => "run it as root".to_owned(),
                _ => format!("inspect /{path}"),
            };
            self.layer
                .note(Finding::by_hand(&UNREADABLE, path, describe(errno), fix));
        }
    }

    fn too_much(&mut self, path: &str, what: &str) {
        if self.reported.insert(path.to_owned()) {
            let seen = format!("too many {what}; the rest were not read");
            let fix = format!("remove the files that do not belong in /{path}, and lint again");
            self.layer
                .note(Finding::by_hand(&TOO_MUCH, path, seen, fix));
        }
    }
}

/// Whether two names of one file are images, which take long to decode, and are judged in the same way.
fn are_images(first: &str, second: &str) -> bool {
    let is_image = |place: &Place| matches!(place.reads, Reads::Image | Reads::Unified);
    let places = place(first).zip(place(second));
    places.is_some_and(|(first, second)| std::ptr::eq(first, second) && is_image(first))
}

fn join(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}/{name}")
    }
}

fn kind(fd: &OwnedFd) -> Result<FileType, Errno> {
    Ok(FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode))
}

/// A link to `/dev/null` masks a file (null(4): device 1, 3).
fn is_null(fd: &OwnedFd) -> bool {
    rustix::fs::fstat(fd).is_ok_and(|stat| stat.st_rdev == rustix::fs::makedev(1, 3))
}

#[cfg(test)]
mod tests;
