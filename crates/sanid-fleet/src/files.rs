//! Which files commands may replace.

use std::io;
use std::path::Path;

/// Whether a file may be put at this place by renaming it: where there is a file, or nothing. A device such as
/// `/dev/null`, or a link such as `/dev/stdout`, would be gone for every program on the machine.
///
/// # Errors
/// What is there, and what to do.
pub(crate) fn replaceable(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if !found.is_file() => Err(io::Error::other(
            "it is there and no file, but a link, a device or a directory, which is not replaced; name a file",
        )),
        _ => Ok(()),
    }
}
