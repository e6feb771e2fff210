//! What a change has done so far, so that a failure at any step can undo it.
//!
//! Each step is noted right after it is done; [`Journal::undo`] takes them back in the reverse order. What
//! undoing needs is made beforehand: the old files exist under their temporary names, and a copy of each
//! mount that is taken away is held until the end. Covers hide all of it from readers until the old state
//! or the new one is whole.

use rustix::fd::OwnedFd;
use rustix::io::Errno;

use super::swap::Swap;
use super::{ActError, Step, mount, tree};
use crate::place::COVERS;
use crate::root::Root;

/// How often a cover is unmounted before the change is given up.
const ATTEMPTS: u32 = 3;

/// The steps of one change, in order.
pub(super) struct Journal<'a> {
    root: &'a Root,
    done: Vec<Done<'a>>,
    covers: Vec<Cover>,
    /// Content that nothing shows once the change is complete.
    obsolete: Vec<String>,
}

/// One step.
enum Done<'a> {
    /// Files changed places.
    Swapped(Swap<'a>),
    /// A directory in memory was made.
    Made(String),
    /// A mount was attached.
    Attached { mount: OwnedFd, path: String },
    /// A mount was taken away.
    Detached(Detached),
}

/// A mount that was taken away, and where it was.
pub(super) struct Detached {
    /// A copy that was made before.
    pub(super) copy: OwnedFd,
    /// The directory in which it was.
    pub(super) directory: OwnedFd,
    /// The name that it was mounted over; empty for the directory itself.
    pub(super) name: String,
    /// The same as a path below the root, for messages.
    pub(super) path: String,
}

/// A copy of a directory that is mounted over it.
struct Cover {
    mount: OwnedFd,
    /// The directory below the root.
    directory: &'static str,
    /// Where the copy is.
    copy: String,
}

impl<'a> Journal<'a> {
    pub(super) fn new(root: &'a Root) -> Self {
        Self {
            root,
            done: Vec::new(),
            covers: Vec::new(),
            obsolete: Vec::new(),
        }
    }

    pub(super) fn swapped(&mut self, swap: Swap<'a>) {
        self.done.push(Done::Swapped(swap));
    }

    pub(super) fn made(&mut self, path: &str) {
        self.done.push(Done::Made(path.to_owned()));
    }

    pub(super) fn attached(&mut self, mount: OwnedFd, path: &str) {
        let path = path.to_owned();
        self.done.push(Done::Attached { mount, path });
    }

    pub(super) fn detached(&mut self, detached: Detached) {
        self.done.push(Done::Detached(detached));
    }

    pub(super) fn covered(&mut self, mount: OwnedFd, directory: &'static str, copy: &str) {
        self.covers.push(Cover {
            mount,
            directory,
            copy: copy.to_owned(),
        });
    }

    pub(super) fn obsolete(&mut self, path: &str) {
        self.obsolete.push(path.to_owned());
    }

    /// Shows readers what was done below the covers.
    pub(super) fn uncover(&mut self) -> Result<(), ActError> {
        while let Some(cover) = self.covers.pop() {
            if let Err(errno) = unmount(&cover.mount) {
                let step = Step {
                    root: self.root,
                    what: "unmount the cover of",
                    path: cover.directory,
                };
                let error = step.failed(errno);
                self.covers.push(cover);
                return Err(error);
            }
            let _ = tree::remove(self.root, &cover.copy);
        }
        Ok(())
    }

    /// Lets the old state go. Best effort: the new one is in place, and the next change removes leftovers.
    pub(super) fn commit(self) {
        for done in self.done {
            if let Done::Swapped(swap) = done {
                swap.commit();
            }
        }
        for path in &self.obsolete {
            let _ = tree::remove(self.root, path);
        }
    }

    /// Puts the old state back and returns the error to report.
    pub(super) fn undo(mut self, mut first: ActError) -> ActError {
        let mut broken = None;
        for done in std::mem::take(&mut self.done).into_iter().rev() {
            match done {
                Done::Swapped(mut swap) => first = swap.undo(first),
                // It shows nothing, and the next change makes it anew.
                Done::Made(path) => drop(tree::remove(self.root, &path)),
                Done::Attached { mount, path } => {
                    if let Err(errno) = unmount(&mount) {
                        broken = Some((path, errno));
                    }
                }
                Done::Detached(was) => {
                    if let Err(errno) = mount::attach(&was.copy, &was.directory, &was.name) {
                        broken = Some((was.path, errno));
                    }
                }
            }
        }
        // A cover shows the old state, so it stays where that could not be restored below it; the next run
        // unmounts it.
        if broken.is_none() && self.uncover().is_ok() {
            clear_covers(self.root);
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
}

/// Removes the copies that were covers. Best effort: they are not visible to any reader.
pub(super) fn clear_covers(root: &Root) {
    let _ = tree::remove(root, COVERS);
}

/// Unmounting takes memory, which may be there a moment later.
fn unmount(mount: &OwnedFd) -> Result<(), Errno> {
    let mut last = Ok(());
    for _ in 0..ATTEMPTS {
        last = mount::detach(mount);
        if last.is_ok() {
            break;
        }
    }
    last
}
