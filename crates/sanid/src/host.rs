//! From arguments to a host: which root, and whether it may be taken for a host at all.

use std::path::Path;

use sanid_host::root::{self, ReadError};
use sanid_host::{Facts, Look, Root, container};

use crate::exit::Failure;

/// Opens the root that the command is about.
///
/// Without `--root` it is `/`, and `/` of a container is nobody's host (safety rule 4): its machine-id
/// is the image's or none, and its `/etc` is read by no storage program of the host.
pub(crate) fn open(given: Option<&Path>) -> Result<Root, Failure> {
    match given {
        Some(path) => Root::open(path).map_err(|error| unusable(path, &error)),
        None => match container::detect() {
            None => Ok(Root::host()?),
            Some(evidence) => Err(Failure::refused(&format!(
                "this is a container or a chroot ({evidence}), so / is not the host's, and an identity made here would be nobody's\n\
                 Ways out:\n  \
                 --root DIR   where the host's root, or the image to work on, is mounted\n  \
                 --root /     if this really is the system to be named"
            ))),
        },
    }
}

/// Observes the host below a root.
pub(crate) fn observe(root: &Root, look: Look<'_>) -> Result<Facts, Failure> {
    // A service's credentials belong to the machine it runs on.
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").filter(|_| root.is_running_host());
    let look = Look {
        credentials: credentials.as_deref().map(Path::new),
        ..look
    };
    Ok(sanid_host::observe(root, &look)?)
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
