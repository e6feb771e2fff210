//! Where an identity is stored: into files of `/etc`, or into memory and over `/etc` with a bind mount.
//!
//! What a directory allows is a fact ([`PlaceFacts`], seen by `observe`), what is to be done there a
//! pure decision ([`decide`], [`form`]). How the mounts are made is in `act`.

use crate::config::Placement;
use crate::facts::{Mounted, PlaceFacts, RootFacts};
use crate::file::{Disk, FileState, IdentityFile};
pub use crate::part::part_of;
use crate::part::{Part, files};

/// Where the content of bind placement is, relative to the root: below it each file has the path that
/// it has below the root.
pub(crate) const CONTENT: &str = "run/sanid/etc";
/// Where copies of whole directories are while the files below them change.
pub(crate) const COVERS: &str = "run/sanid/cover";

/// The way in which a part is put into its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// A file of `/etc`.
    File,
    /// Content in `/run`, bind-mounted over `/etc`.
    Bind,
}

impl Via {
    /// The word for it on the command line and in reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Bind => "bind",
        }
    }
}

/// What bind placement mounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Each file over the one that is there, or over an empty one that can be made.
    Files,
    /// A copy of the directory that has the files over the one that lacks them and cannot get them.
    Directory,
    /// Nothing: there is no directory and none can be made.
    Impossible,
}

/// Why an identity cannot be placed as asked.
const NOT_VOLATILE: &str = "is not in memory, so bind placement would store the identity there, and no program reads a mount made below a root that is not running; use --via file, or mount a tmpfs on it";

/// Why an identity cannot be placed at all.
pub(crate) const NO_DIRECTORY: &str = "/etc/iscsi and /etc/nvme are not there, and the file system is read-only: there is nothing to mount over. Make the two empty directories when the image is built (mkdir -p /etc/iscsi /etc/nvme)";

/// The way for one part: as asked, else as configured, else what the directory allows. A mount of
/// sanid's stays what it is until an administrator asks for the other way: a plain `apply` must not store what
/// was put into memory.
///
/// # Errors
/// A sentence: bind placement was asked for where nothing volatile could hold the content.
pub fn decide(
    place: &PlaceFacts,
    asked: Option<Via>,
    setting: Placement,
    root: &RootFacts,
) -> Result<Via, String> {
    let asked = asked.or(match setting {
        Placement::Auto => None,
        Placement::File => Some(Via::File),
        Placement::Bind => Some(Via::Bind),
    });
    match asked {
        Some(Via::Bind) if !root.volatile_run => {
            let slash = if root.path.ends_with('/') { "" } else { "/" };
            Err(format!("{}{slash}run {NOT_VOLATILE}", root.path))
        }
        Some(via) => Ok(via),
        None if place.mounted != Mounted::Nothing || place.content => Ok(Via::Bind),
        None if place.read_only && root.volatile_run => Ok(Via::Bind),
        None => Ok(Via::File),
    }
}

/// What is mounted where a part goes by bind.
pub fn form(part: Part, place: &PlaceFacts, disk: &Disk) -> Form {
    let missing = |file: &IdentityFile| *disk.file(*file) == FileState::Missing;
    match place.mounted {
        Mounted::Directory => Form::Directory,
        _ if !place.read_only => Form::Files,
        _ if !place.exists => Form::Impossible,
        _ if files(part).iter().any(missing) => Form::Directory,
        _ => Form::Files,
    }
}

#[cfg(test)]
mod tests;
