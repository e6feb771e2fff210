//! Why a change was not made, with the command that helps.

use rustix::fs::{AtFlags, OFlags, StatxAttributes, StatxFlags, statx};
use rustix::io::Errno;

use crate::root::{Root, describe};

/// Why a plan was not carried out. The files are as they were unless the text says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActError {
    /// A step failed, and everything was put back.
    #[error("cannot {step} {path}: {}{}; nothing was changed", describe(*errno), hint(*errno))]
    Failed {
        /// What was tried.
        step: &'static str,
        /// On what.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
    /// An attribute of the file or of its directory forbids the step, to root as well.
    #[error(
        "cannot {step} {path}: {holder} has the attribute {attribute}, which forbids changes to root, too. `chattr -{letter} {holder}` removes it; nothing was changed"
    )]
    Protected {
        /// What was tried.
        step: &'static str,
        /// On what.
        path: String,
        /// The file or directory with the attribute.
        holder: String,
        /// The attribute (`ioctl_iflags(2)`).
        attribute: &'static str,
        /// Its letter for chattr(1).
        letter: char,
    },
    /// What was read back is not what was written; the old files are in place again.
    #[error(
        "{path} reads back as {found:?} instead of {written:?}; the old state was restored. A different program writes this file, or the file system does not store what is written"
    )]
    ReadBack {
        /// The file.
        path: String,
        /// What was written.
        written: String,
        /// What its reader takes from it.
        found: String,
    },
    /// Putting the old state back failed as well.
    #[error("{first}; and {path} could not be restored: {}. Run `sanid status`, then `sanid apply` again", describe(*errno))]
    NotRestored {
        /// The first error.
        first: String,
        /// The file that is not as it was.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The machine-id is a new one, and putting the identity in place failed.
    #[error(
        "the machine-id is new, and the files do not have the new identity yet: {0}. Run `sanid apply` to complete it"
    )]
    Reseeded(String),
    /// A source of names could not be read, and it may give this host different names.
    #[error("{0}; a credential may set the names of this host, so nothing was changed")]
    SourceNotRead(String),
    /// Another sanid is at work and does not end.
    #[error(
        "a different sanid process has held {path} for more than {seconds} seconds; `fuser -v {path}` shows it"
    )]
    Locked {
        /// The lock.
        path: String,
        /// How long this one waited.
        seconds: u64,
    },
}

impl ActError {
    /// The text without the promise that nothing was changed, for a step after the change.
    pub(crate) fn brief(&self) -> String {
        match self {
            Self::Failed { step, path, errno } => {
                format!("cannot {step} {path}: {}", describe(*errno))
            }
            Self::Protected {
                step,
                path,
                holder,
                attribute,
                letter,
            } => format!(
                "cannot {step} {path}: {holder} has the attribute {attribute}; `chattr -{letter} {holder}` removes it"
            ),
            other => other.to_string(),
        }
    }
}

fn hint(errno: Errno) -> &'static str {
    match errno {
        Errno::ROFS => "; the file system is mounted read-only",
        Errno::NOSPC | Errno::DQUOT => "; make room and run it again",
        Errno::ACCESS | Errno::PERM => "; run it as root",
        Errno::NOTDIR => "; a parent of this path is not a directory: move that file away",
        _ => "",
    }
}

/// A step on a path, for errors.
#[derive(Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) root: &'a Root,
    pub(super) what: &'static str,
    pub(super) path: &'a str,
}

impl Step<'_> {
    pub(super) fn failed(self, errno: Errno) -> ActError {
        if errno == Errno::PERM {
            if let Some(error) = self.protected() {
                return error;
            }
        }
        ActError::Failed {
            step: self.what,
            path: self.root.show(self.path),
            errno,
        }
    }

    /// The error where the file or its directory is immutable or takes appended text only.
    fn protected(self) -> Option<ActError> {
        let parent = self.path.rsplit_once('/').map_or(".", |(parent, _)| parent);
        let mut holders = [self.path, parent].into_iter();
        let (holder, (attribute, letter)) =
            holders.find_map(|path| Some((path, attribute(self.root, path)?)))?;
        Some(ActError::Protected {
            step: self.what,
            path: self.root.show(self.path),
            holder: self.root.show(holder),
            attribute,
            letter,
        })
    }
}

/// The attribute of a file that forbids changes, and its letter (`ioctl_iflags(2)`).
fn attribute(root: &Root, path: &str) -> Option<(&'static str, char)> {
    let file = root.open_at(path, OFlags::PATH | OFlags::NOFOLLOW).ok()?;
    let stat = statx(&file, "", AtFlags::EMPTY_PATH, StatxFlags::empty()).ok()?;
    let attributes = [
        (StatxAttributes::IMMUTABLE, ("\"immutable\"", 'i')),
        (StatxAttributes::APPEND, ("\"append only\"", 'a')),
    ];
    let mut set = attributes
        .into_iter()
        .filter(|(one, _)| stat.stx_attributes.contains(*one));
    set.next().map(|(_, named)| named)
}
