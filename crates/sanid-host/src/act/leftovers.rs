//! Temporary files of a run that was killed.

use super::dir::{temporary, unlink};
use super::reseed;
use crate::file::IdentityFile;
use crate::root::Root;

/// Removes what a killed run left beside the identity files. Best effort: it harms nothing, and
/// the next change tries again.
pub(super) fn clear(root: &Root) {
    for file in IdentityFile::ALL {
        if let Ok(dir) = root.open_dir(file.directory()) {
            let _ = unlink(&dir, &temporary(file.name()));
        }
        let content = format!("run/sanid/{}", file.directory());
        if let Ok(dir) = root.open_dir(&content) {
            let _ = unlink(&dir, &temporary(file.name()));
        }
    }
    for directory in reseed::DIRECTORIES {
        if let Ok(dir) = root.open_dir(directory) {
            let _ = unlink(&dir, &temporary(reseed::NAME));
        }
    }
}
