//! From arguments to a host: which root, and whether it may be taken for a host at all.

use std::path::Path;

use sanid_cli::Failure;
use sanid_host::root::{self, ReadError};
use sanid_host::{Facts, Root, container};

/// What a command does to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It only reads.
    Read,
    /// It changes files.
    Write,
}

impl Access {
    /// That of a command with `--dry-run`.
    pub(crate) fn unless_dry(dry_run: bool) -> Self {
        if dry_run { Self::Read } else { Self::Write }
    }
}

/// Opens the root that the command is about.
///
/// Without `--root` it is `/`, but not in a container (safety rule 4): its machine-id is the image's or missing,
/// and no storage program of the host reads its `/etc`. Where that cannot be determined, a command that writes
/// refuses.
pub(crate) fn open(given: Option<&Path>, access: Access) -> Result<Root, Failure> {
    if let Some(path) = given {
        return Root::open(path).map_err(|error| unusable(path, &error));
    }
    match container::detect().allows(access == Access::Write) {
        Ok(()) => Ok(Root::host()?),
        Err(why) => Err(Failure::refused(&format!(
            "{why}\n\
             Fixes:\n  \
             as root, with /proc mounted   if this is the host\n  \
             --root DIR   the directory where the host's root, or the image to work on, is mounted\n  \
             --root /     if this is the system to name"
        ))),
    }
}

/// A notice that a source of names could not be read, for a command that only reads. One that writes refuses
/// ([`Transaction`](sanid_host::Transaction)).
pub(crate) fn unseen(facts: &Facts) -> Option<String> {
    let error = facts.credentials.unseen.as_ref()?;
    Some(format!(
        "{error}; a credential may give this host different names"
    ))
}

fn unusable(path: &Path, error: &ReadError) -> Failure {
    let path = root::printable(path);
    let why = match error {
        ReadError::Io { errno, .. } => root::describe(*errno),
        other => other.to_string(),
    };
    Failure::error(&format!(
        "--root {path} cannot be opened as a directory: {why}"
    ))
}
