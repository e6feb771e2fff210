//! Bind placement: content in memory, mounted over the files.
//!
//! A bind mount of a file follows its inode, so a new name needs a new mount, and between two mounts
//! readers would see the file below. So a **cover** comes first: a copy of the whole directory as readers
//! see it, mounted over the directory in one step. The mounts change below it, and then it is unmounted.
//! A reader sees the old names or the new ones, both halves of the pair together, and the old ones if
//! any step fails. A run that is killed leaves its cover, and the next run unmounts it.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags};
use rustix::io::Errno;

use super::journal::{Detached, Journal, clear_covers};
use super::swap::Swap;
use super::{ActError, Step, dir, mount, tree};
use crate::facts::Facts;
use crate::facts::Mounted;
use crate::file::{FileState, IdentityFile};
use crate::observe::{below_etc, is_mount, on_run};
use crate::place::{CONTENT, COVERS, Form};
use crate::plan::{Plan, files};
use crate::resolve::Part;
use crate::root::Root;

/// How many mounts over one file are unmounted: each failed run can leave one more.
const DEEPEST: u32 = 64;

/// One part while it changes.
pub(super) struct Change<'a> {
    root: &'a Root,
    facts: &'a Facts,
    plan: &'a Plan,
    part: Part,
    /// The directory of the files.
    directory: &'static str,
    /// The directory of their content.
    content: String,
    /// The directory that is the cover.
    cover: String,
}

impl<'a> Change<'a> {
    pub(super) fn new(root: &'a Root, facts: &'a Facts, plan: &'a Plan, part: Part) -> Self {
        let directory = files(part).first().map_or("etc", |file| file.directory());
        Self {
            root,
            facts,
            plan,
            part,
            directory,
            content: format!("{CONTENT}/{}", below_etc(directory)),
            cover: format!("{COVERS}/{}", below_etc(directory)),
        }
    }

    /// Puts the part in place by mounts.
    pub(super) fn place(&self, form: Form, journal: &mut Journal<'a>) -> Result<(), ActError> {
        match form {
            Form::Files => {
                let under = self.covered(journal)?;
                self.exchange_mounts(&under, journal)
            }
            Form::Directory if self.here() == &Mounted::Directory => {
                // Before the cover, which appears over the content as well: where mounts are shared, both are peers.
                let content = self.open(&self.content)?;
                self.covered(journal)?;
                self.write_files(&content, &self.content, journal)
            }
            Form::Directory => self.mount_directory(journal),
            Form::Impossible => Ok(()),
        }
    }

    /// Takes the mounts away and writes the files that they hid.
    pub(super) fn lift(&self, journal: &mut Journal<'a>) -> Result<(), ActError> {
        match self.here() {
            Mounted::Nothing => return Ok(()),
            Mounted::Files(_) => {
                let under = self.covered(journal)?;
                self.detach_all(&under, journal)?;
                self.write_files(&under, self.directory, journal)?;
            }
            Mounted::Directory => self.directory_to_files(journal)?,
        }
        journal.obsolete(&self.content);
        Ok(())
    }

    fn here(&self) -> &Mounted {
        &self.facts.places.of(self.part).mounted
    }

    /// The files of the part that have a value afterwards, with its bytes.
    fn values(&self) -> impl Iterator<Item = (IdentityFile, Vec<u8>)> {
        files(self.part).iter().filter_map(|file| {
            let value = self.plan.after.of(*file)?;
            Some((*file, file.bytes(value)))
        })
    }

    fn failed(&self, what: &'static str, path: &str, errno: Errno) -> ActError {
        let root = self.root;
        Step { root, what, path }.failed(errno)
    }

    /// Covers the directory, and returns what is below the cover.
    fn covered(&self, journal: &mut Journal<'a>) -> Result<OwnedFd, ActError> {
        dir::make(self.root, self.directory, 0o755)?;
        let under = self.open(self.directory)?;
        let copy = self.copied(&self.cover, &under)?;
        let cover = self.attach(&copy, "", &under, "", self.directory, |cover| {
            journal.covered(cover, self.directory, &self.cover);
        });
        cover.map(|()| under)
    }

    /// A directory in memory with a copy of what readers see in another.
    fn copied(&self, path: &str, like: &OwnedFd) -> Result<OwnedFd, ActError> {
        tree::remove(self.root, path).map_err(|errno| self.failed("remove", path, errno))?;
        dir::make(self.root, path, 0o755)?;
        let made = self.open(path)?;
        tree::copy(like, &made).map_err(|errno| self.failed("copy into", path, errno))?;
        Ok(made)
    }

    fn open(&self, path: &str) -> Result<OwnedFd, ActError> {
        let opened = self.root.open_dir(path);
        opened.map_err(|errno| self.failed("open", path, errno))
    }

    /// New content, and every file of the part mounted anew.
    fn exchange_mounts(&self, under: &OwnedFd, journal: &mut Journal<'a>) -> Result<(), ActError> {
        dir::make(self.root, &self.content, 0o755)?;
        let content = self.open(&self.content)?;
        // First of all: a mount that a failed run left below another one makes a file of the content a mount
        // point, which cannot be renamed.
        self.detach_all(under, journal)?;
        let (mut new, mut lower) = self.prepared(&content, under)?;
        if let Err(error) = lower.exchange() {
            return Err(new.undo(error));
        }
        journal.swapped(lower);
        new.exchange()?;
        journal.swapped(new);
        for (file, bytes) in self.values() {
            let name = file.name();
            self.attach(&content, name, under, name, file.path(), |mount| {
                journal.attached(mount, file.path());
            })?;
            self.verify(under, file, &bytes)?;
        }
        Ok(())
    }

    /// The new content, and the empty files to mount it over, under temporary names.
    fn prepared(
        &self,
        content: &OwnedFd,
        under: &OwnedFd,
    ) -> Result<(Swap<'a>, Swap<'a>), ActError> {
        let mut new = Swap::new(self.root);
        let mut lower = Swap::new(self.root);
        for (file, bytes) in self.values() {
            let label = dir::label(under, file.name());
            let label = label.as_deref();
            new.prepare_in(content, &self.content, file, &bytes, None, label)
                .and_then(|()| self.prepare_placeholder(&mut lower, under, file))
                .map_err(|error| lower.undo(new.undo(error)))?;
        }
        Ok((new, lower))
    }

    /// An empty file to mount over, where none is or where the one that is there stores the identity.
    fn prepare_placeholder(
        &self,
        lower: &mut Swap<'_>,
        under: &OwnedFd,
        file: IdentityFile,
    ) -> Result<(), ActError> {
        let place = self.facts.places.of(self.part);
        if place.read_only || place.is_mounted(file) {
            return Ok(());
        }
        let desired = self.plan.after.of(file);
        let old = match self.facts.disk.file(file) {
            FileState::Missing => None,
            FileState::Present(content)
                if self.facts.disk.effective_text(file).as_deref() == desired =>
            {
                Some(content)
            }
            _ => return Ok(()),
        };
        let label = old.and_then(|_| dir::label(under, file.name()));
        lower.prepare_in(under, self.directory, file, b"", old, label.as_deref())
    }

    fn is_ours(&self, file: IdentityFile) -> bool {
        self.facts.places.of(self.part).is_mounted(file)
    }

    /// Mounts one thing over another. `note` gets the mount as soon as it is attached.
    fn attach(
        &self,
        source: &OwnedFd,
        source_name: &str,
        over: &OwnedFd,
        name: &str,
        path: &str,
        note: impl FnOnce(OwnedFd),
    ) -> Result<(), ActError> {
        let failed = |errno| self.failed("mount over", path, errno);
        let mount = mount::copy(source, source_name).map_err(failed)?;
        mount::attach(&mount, over, name).map_err(failed)?;
        let protected = mount::protect(&mount).map_err(failed);
        note(mount);
        protected
    }

    /// Writes the files below the mount of the directory, through a copy of the mount that it is on, and then
    /// unmounts it: readers see the new ones at once.
    fn directory_to_files(&self, journal: &mut Journal<'a>) -> Result<(), ActError> {
        let name = below_etc(self.directory);
        let etc = self.open("etc")?;
        let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let lower = mount::copy(&etc, "")
            .and_then(|copy| rustix::fs::openat(&copy, name, directory, Mode::empty()))
            .map_err(|errno| self.failed("open below the mount", self.directory, errno))?;
        self.write_files(&lower, self.directory, journal)?;
        self.take_away(etc, name, self.directory, journal)?;
        let under = self.open(self.directory)?;
        if is_same(&lower, &under) {
            return Ok(());
        }
        // Another file system was mounted there before.
        self.write_files(&under, self.directory, journal)
    }

    /// Unmounts sanid's mounts over the files, also those that a failed run left below the topmost.
    fn detach_all(&self, under: &OwnedFd, journal: &mut Journal<'a>) -> Result<(), ActError> {
        for (file, _) in self.values().filter(|(file, _)| self.is_ours(*file)) {
            let mut left = DEEPEST;
            while left > 0 && is_mount_of_run(self.root, under, file) {
                let directory = rustix::io::fcntl_dupfd_cloexec(under, 0)
                    .map_err(|errno| self.failed("unmount", file.path(), errno))?;
                self.take_away(directory, file.name(), file.path(), journal)?;
                left -= 1;
            }
        }
        Ok(())
    }

    /// Unmounts what is mounted over a name, with a copy to put it back.
    fn take_away(
        &self,
        directory: OwnedFd,
        name: &str,
        path: &str,
        journal: &mut Journal<'a>,
    ) -> Result<(), ActError> {
        let copy = mount::copy(&directory, name);
        let copy = copy.and_then(|copy| mount::detach_at(&directory, name).map(|()| copy));
        let copy = copy.map_err(|errno| self.failed("unmount", path, errno))?;
        journal.detached(Detached {
            copy,
            directory,
            name: name.to_owned(),
            path: path.to_owned(),
        });
        Ok(())
    }

    /// Reads a file as its reader will once the cover is gone.
    fn verify(&self, under: &OwnedFd, file: IdentityFile, bytes: &[u8]) -> Result<(), ActError> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut buffer = vec![0; bytes.len() + 1];
        let read = rustix::fs::openat(under, file.name(), flags, Mode::empty())
            .and_then(|opened| rustix::io::read(&opened, buffer.as_mut_slice()));
        let count = read.map_err(|errno| self.failed("read", file.path(), errno))?;
        let found = buffer.get(..count).unwrap_or_default();
        if found == bytes {
            return Ok(());
        }
        Err(ActError::ReadBack {
            path: self.root.show(file.path()),
            written: crate::root::escape(bytes),
            found: crate::root::escape(found),
        })
    }

    fn write_files(
        &self,
        directory: &OwnedFd,
        path: &str,
        journal: &mut Journal<'a>,
    ) -> Result<(), ActError> {
        let mut swap = Swap::new(self.root);
        for write in self.plan.writes_of(self.part) {
            let old = match self.facts.disk.file(write.file) {
                FileState::Present(content) => Some(content),
                FileState::Missing | FileState::Unreadable(_) => None,
            };
            let label = old.and_then(|_| dir::label(directory, write.file.name()));
            let bytes = write.file.bytes(&write.value);
            swap.prepare_in(directory, path, write.file, &bytes, old, label.as_deref())?;
        }
        swap.exchange()?;
        journal.swapped(swap);
        self.plan.writes_of(self.part).try_for_each(|write| {
            self.verify(directory, write.file, &write.file.bytes(&write.value))
        })
    }

    /// Mounts a copy of the directory with the new files over it.
    fn mount_directory(&self, journal: &mut Journal<'a>) -> Result<(), ActError> {
        let under = self.open(self.directory)?;
        journal.made(&self.content);
        let content = self.copied(&self.content, &under)?;
        for (file, bytes) in self.values() {
            let (name, label) = (file.name(), dir::label(&under, file.name()));
            dir::write_temporary(&content, name, file.mode(), label.as_deref(), &bytes)
                .and_then(|()| rustix::fs::renameat(&content, dir::temporary(name), &content, name))
                .map_err(|errno| self.failed("write into", &self.content, errno))?;
        }
        self.attach(&content, "", &under, "", self.directory, |mount| {
            journal.attached(mount, self.directory);
        })?;
        let mounted = self.open(self.directory)?;
        self.values()
            .try_for_each(|(file, bytes)| self.verify(&mounted, file, &bytes))
    }
}

/// Whether a file is the root of a mount from sanid's directory in memory.
fn is_mount_of_run(root: &Root, directory: &OwnedFd, file: IdentityFile) -> bool {
    let nofollow = AtFlags::SYMLINK_NOFOLLOW;
    let over = rustix::fs::statx(directory, file.name(), nofollow, StatxFlags::BASIC_STATS);
    over.is_ok_and(|over| is_mount(&over) && on_run(root, &over))
}

/// Whether two handles are of one directory.
fn is_same(one: &OwnedFd, other: &OwnedFd) -> bool {
    let inode = |fd| rustix::fs::fstat(fd).map(|stat| (stat.st_dev, stat.st_ino));
    matches!((inode(one), inode(other)), (Ok(one), Ok(other)) if one == other)
}

/// Unmounts the covers that a killed run left.
pub(super) fn uncover(root: &Root, facts: &Facts) -> Result<(), ActError> {
    for part in Part::ALL {
        if facts.places.of(part).covered {
            let Some(file) = files(part).first() else {
                continue;
            };
            let step = Step {
                root,
                what: "unmount the cover of",
                path: file.directory(),
            };
            root.open_dir(file.directory())
                .and_then(|cover| mount::detach(&cover))
                .map_err(|errno| step.failed(errno))?;
        }
    }
    clear_covers(root);
    Ok(())
}
