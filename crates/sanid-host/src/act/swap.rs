//! Several files changed as one: all prepared first, then exchanged, then kept or put back.
//!
//! `renameat2(RENAME_EXCHANGE)` leaves the old file whole under the temporary name, so putting it back
//! is one more rename and needs no space on a full disk. File systems without it get a plain rename,
//! and the old content is put back by writing it again.

use rustix::fd::OwnedFd;
use rustix::fs::RenameFlags;
use rustix::io::Errno;

use super::dir::{label, temporary, unlink, write_temporary};
use super::{ActError, Step};
use crate::file::IdentityFile;
use crate::root::{FileContent, Root};

pub(super) struct Swap<'a> {
    root: &'a Root,
    files: Vec<Prepared>,
}

struct Prepared {
    file: IdentityFile,
    /// Where it is, for messages.
    path: String,
    dir: OwnedFd,
    old: Option<FileContent>,
    state: State,
}

/// Where the new and the old file are.
#[derive(PartialEq, Eq)]
enum State {
    /// The new one under the temporary name.
    Prepared,
    /// The new one in place, the old one under the temporary name.
    Exchanged,
    /// The new one in place, the old one gone or never there.
    Replaced,
}

impl<'a> Swap<'a> {
    pub(super) fn new(root: &'a Root) -> Self {
        Self {
            root,
            files: Vec::new(),
        }
    }

    /// Makes the new file under its temporary name. On failure nothing of the whole swap remains.
    pub(super) fn prepare(
        &mut self,
        file: IdentityFile,
        bytes: &[u8],
        old: Option<&FileContent>,
    ) -> Result<(), ActError> {
        match self.root.open_dir(file.directory()) {
            Ok(dir) => {
                let label = old.and_then(|_| label(&dir, file.name()));
                self.prepare_in(&dir, file.directory(), file, bytes, old, label.as_deref())
            }
            Err(errno) => {
                self.discard();
                Err(self.step("write", file.path()).failed(errno))
            }
        }
    }

    fn step<'b>(&self, what: &'static str, path: &'b str) -> Step<'b>
    where
        'a: 'b,
    {
        Step {
            root: self.root,
            what,
            path,
        }
    }

    /// The same in a directory that is opened already, which is at `path`.
    pub(super) fn prepare_in(
        &mut self,
        dir: &OwnedFd,
        path: &str,
        file: IdentityFile,
        bytes: &[u8],
        old: Option<&FileContent>,
        label: Option<&[u8]>,
    ) -> Result<(), ActError> {
        let path = format!("{path}/{}", file.name());
        let made = write_temporary(dir, file.name(), file.mode(), label, bytes);
        match made.and_then(|()| rustix::io::fcntl_dupfd_cloexec(dir, 0)) {
            Ok(dir) => {
                self.files.push(Prepared {
                    file,
                    path,
                    dir,
                    old: old.cloned(),
                    state: State::Prepared,
                });
                Ok(())
            }
            Err(errno) => {
                self.discard();
                Err(self.step("write", &path).failed(errno))
            }
        }
    }

    /// Puts every new file in place. The renames come one right after the other, and only then the
    /// slow part, so that the time in which a crash leaves a mixture is as short as it can be.
    pub(super) fn exchange(&mut self) -> Result<(), ActError> {
        for index in 0..self.files.len() {
            let Some(prepared) = self.files.get_mut(index) else {
                continue;
            };
            if let Err(errno) = prepared.put_in_place() {
                let path = prepared.path.clone();
                let error = self.step("install", &path).failed(errno);
                return Err(self.undo(error));
            }
        }
        for index in 0..self.files.len() {
            let Some(prepared) = self.files.get(index) else {
                continue;
            };
            if let Err(errno) = rustix::fs::fsync(&prepared.dir) {
                let path = prepared.path.clone();
                let error = self.step("store", &path).failed(errno);
                return Err(self.undo(error));
            }
        }
        Ok(())
    }

    /// Lets the old files go.
    pub(super) fn commit(mut self) {
        // A temporary file that stays is removed by the next change; the identity is in place.
        self.discard();
        for prepared in &self.files {
            let _ = rustix::fs::fsync(&prepared.dir);
        }
    }

    /// Puts every old file back, in the reverse order, and gives the error to report.
    pub(super) fn undo(&mut self, first: ActError) -> ActError {
        let mut broken = None;
        for prepared in self.files.iter_mut().rev() {
            if let Err(errno) = prepared.put_back() {
                broken = Some((prepared.path.clone(), errno));
            }
        }
        self.discard();
        for prepared in &self.files {
            let _ = rustix::fs::fsync(&prepared.dir);
        }
        match broken {
            None => first,
            Some((path, errno)) => ActError::NotRestored {
                first: first.to_string(),
                path: self.root.show(&path),
                errno,
            },
        }
    }

    fn discard(&mut self) {
        for prepared in &self.files {
            let _ = unlink(&prepared.dir, &temporary(prepared.file.name()));
        }
    }
}

impl Prepared {
    fn put_in_place(&mut self) -> Result<(), Errno> {
        let (temporary, name) = (temporary(self.file.name()), self.file.name());
        let exchanged = rustix::fs::renameat_with(
            &self.dir,
            temporary.as_str(),
            &self.dir,
            name,
            RenameFlags::EXCHANGE,
        );
        match exchanged {
            Ok(()) => self.state = State::Exchanged,
            // No old file, or a file system or kernel without the exchange.
            Err(Errno::NOENT | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
                rustix::fs::renameat(&self.dir, temporary.as_str(), &self.dir, name)?;
                self.state = State::Replaced;
            }
            Err(errno) => return Err(errno),
        }
        Ok(())
    }

    fn put_back(&mut self) -> Result<(), Errno> {
        let (temporary, name) = (temporary(self.file.name()), self.file.name());
        match self.state {
            State::Prepared => return Ok(()),
            State::Exchanged => {
                rustix::fs::renameat(&self.dir, temporary.as_str(), &self.dir, name)?;
            }
            State::Replaced => match &self.old {
                None => unlink(&self.dir, name)?,
                Some(old) => {
                    write_temporary(&self.dir, name, old.mode, None, &old.bytes)?;
                    rustix::fs::renameat(&self.dir, temporary.as_str(), &self.dir, name)?;
                }
            },
        }
        self.state = State::Prepared;
        Ok(())
    }
}
