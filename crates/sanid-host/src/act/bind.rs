//! Bind placement: content in memory, seen in the place of files.
//!
//! A bind mount of a file follows its inode, so a new name needs another mount, and where one mount
//! goes before the other comes, what lies beneath would be seen. So a **cover** comes first: a copy of
//! the whole directory with the new names in it, mounted over the directory in one step. Beneath it the
//! mounts change, and then it is taken away. Whoever opens a file sees the old names or the new ones,
//! both halves of the pair together. A run that is killed leaves its cover, and the next takes it away.

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use super::swap::Swap;
use super::{ActError, Step, dir, mount, tree};
use crate::facts::Facts;
use crate::facts::Mounted;
use crate::file::{FileState, IdentityFile};
use crate::observe::below_etc;
use crate::place::{CONTENT, COVERS, Form};
use crate::plan::{Plan, files};
use crate::resolve::Part;
use crate::root::Root;

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
    pub(super) fn place(&self, form: Form) -> Result<(), ActError> {
        match form {
            Form::Files => self.under_cover(|under| self.exchange_mounts(under)),
            Form::Directory if self.here() == &Mounted::Directory => self.write_content(),
            Form::Directory => self.mount_directory(),
            Form::Impossible => Ok(()),
        }
    }

    /// Takes the mounts away and writes the files that they hid.
    pub(super) fn lift(&self) -> Result<(), ActError> {
        match self.here() {
            Mounted::Nothing => return Ok(()),
            Mounted::Files(_) => {
                self.under_cover(|under| self.mounts_to_files(under))?;
            }
            Mounted::Directory => self.directory_to_files()?,
        }
        // Nobody sees it any more.
        let _ = tree::remove(self.root, &self.content);
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

    fn under_cover(
        &self,
        change: impl FnOnce(&OwnedFd) -> Result<(), ActError>,
    ) -> Result<(), ActError> {
        dir::make(self.root, self.directory, 0o755)?;
        let under = self.open(self.directory)?;
        let cover = self.filled(&self.cover, &under)?;
        let cover = mount::attach(&cover, &under, "")
            .map_err(|errno| self.failed("mount over", self.directory, errno))?;
        let changed = change(&under);
        let uncovered = mount::detach(&cover);
        let _ = tree::remove(self.root, &self.cover);
        changed?;
        uncovered.map_err(|errno| self.failed("unmount the cover of", self.directory, errno))
    }

    /// A directory in memory with what is in another, and the part's values.
    fn filled(&self, path: &str, like: &OwnedFd) -> Result<OwnedFd, ActError> {
        tree::remove(self.root, path).map_err(|errno| self.failed("remove", path, errno))?;
        dir::make(self.root, path, 0o755)?;
        let made = self.open(path)?;
        tree::copy(like, &made).map_err(|errno| self.failed("copy into", path, errno))?;
        for (file, bytes) in self.values() {
            let (name, label) = (file.name(), dir::label(like, file.name()));
            dir::write_temporary(&made, name, file.mode(), label.as_deref(), &bytes)
                .and_then(|()| rustix::fs::renameat(&made, dir::temporary(name), &made, name))
                .map_err(|errno| self.failed("write into", path, errno))?;
        }
        Ok(made)
    }

    fn open(&self, path: &str) -> Result<OwnedFd, ActError> {
        let opened = self.root.open_dir(path);
        opened.map_err(|errno| self.failed("open", path, errno))
    }

    /// New content, and every file of the part mounted anew.
    fn exchange_mounts(&self, under: &OwnedFd) -> Result<(), ActError> {
        dir::make(self.root, &self.content, 0o755)?;
        let content = self.open(&self.content)?;
        let mut new = Swap::new(self.root);
        let mut lower = Swap::new(self.root);
        for (file, bytes) in self.values() {
            let label = dir::label(under, file.name());
            new.prepare_in(
                &content,
                &self.content,
                file,
                &bytes,
                None,
                label.as_deref(),
            )?;
            if let Err(error) = self.prepare_placeholder(&mut lower, under, file) {
                return Err(new.undo(error));
            }
        }
        if let Err(error) = lower.exchange() {
            return Err(new.undo(error));
        }
        if let Err(error) = new.exchange() {
            return Err(lower.undo(error));
        }
        let result = self.values().try_for_each(|(file, bytes)| {
            if self.is_ours(file) {
                mount::detach_at(under, file.name())
                    .map_err(|errno| self.failed("unmount", file.path(), errno))?;
            }
            self.attach(&content, under, file)?;
            self.verify(under, file, &bytes)
        });
        if let Err(error) = result {
            let _ = self
                .values()
                .try_for_each(|(file, _)| mount::detach_at(under, file.name()));
            let error = lower.undo(new.undo(error));
            return Err(self.remount(&content, under, error));
        }
        new.commit();
        lower.commit();
        Ok(())
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

    fn attach(
        &self,
        content: &OwnedFd,
        under: &OwnedFd,
        file: IdentityFile,
    ) -> Result<(), ActError> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(content, file.name(), flags, Mode::empty())
            .and_then(|source| mount::attach(&source, under, file.name()))
            .map(drop)
            .map_err(|errno| self.failed("mount over", file.path(), errno))
    }

    /// After a failure: mounts again what was mounted before.
    fn remount(&self, content: &OwnedFd, under: &OwnedFd, first: ActError) -> ActError {
        for (file, _) in self.values().filter(|(file, _)| self.is_ours(*file)) {
            if let Err(error) = self.attach(content, under, file) {
                return ActError::NotRestored {
                    first: first.to_string(),
                    path: self.root.show(file.path()),
                    errno: match error {
                        ActError::Failed { errno, .. } => errno,
                        _ => Errno::IO,
                    },
                };
            }
        }
        first
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

    fn mounts_to_files(&self, under: &OwnedFd) -> Result<(), ActError> {
        let content = self.open(&self.content)?;
        for (file, _) in self.values().filter(|(file, _)| self.is_ours(*file)) {
            if let Err(errno) = mount::detach_at(under, file.name()) {
                let error = self.failed("unmount", file.path(), errno);
                return Err(self.remount(&content, under, error));
            }
        }
        self.write_files(under, self.directory)
            .map_err(|error| self.remount(&content, under, error))
    }

    fn directory_to_files(&self) -> Result<(), ActError> {
        let mounted = self.open(self.directory)?;
        mount::detach(&mounted).map_err(|errno| self.failed("unmount", self.directory, errno))?;
        let under = self.open(self.directory)?;
        let written = self.write_files(&under, self.directory);
        if written.is_err() {
            let content = self.open(&self.content);
            let _ = content.map(|content| mount::attach(&content, &under, ""));
        }
        written
    }

    /// New content below a directory that is mounted whole.
    fn write_content(&self) -> Result<(), ActError> {
        let content = self.open(&self.content)?;
        self.write_files(&content, &self.content)
    }

    fn write_files(&self, directory: &OwnedFd, path: &str) -> Result<(), ActError> {
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
        for write in self.plan.writes_of(self.part) {
            let bytes = write.file.bytes(&write.value);
            if let Err(error) = self.verify(directory, write.file, &bytes) {
                return Err(swap.undo(error));
            }
        }
        swap.commit();
        Ok(())
    }

    fn mount_directory(&self) -> Result<(), ActError> {
        let under = self.open(self.directory)?;
        let content = self.filled(&self.content, &under)?;
        mount::attach(&content, &under, "")
            .map(drop)
            .map_err(|errno| self.failed("mount over", self.directory, errno))
    }
}

/// Removes what covers were made of. Best effort: it is in nobody's way.
pub(super) fn clear_covers(root: &Root) {
    let _ = tree::remove(root, COVERS);
}

/// Takes away the covers that a killed run left.
pub(super) fn uncover(root: &Root, facts: &Facts) -> Result<(), ActError> {
    for part in [Part::Iqn, Part::Nvme] {
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
