//! What commands say of files, and which ones they may replace.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use rustix::io::Errno;
use sanid_host::Root;
use sanid_host::root::{describe, printable};

/// What the system said, in words and by name, such as `No such file or directory (ENOENT)`.
pub(crate) fn said(error: &io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |code| describe(Errno::from_raw_os_error(code)),
    )
}

/// The content of a file of at most `limit` bytes. Below a root it is a regular one, and no link leads out of the
/// root; what an administrator typed may be a pipe, too.
///
/// # Errors
/// Why it cannot be read, with its path.
pub(crate) fn content(path: &Path, below: Option<&Path>, limit: usize) -> Result<Vec<u8>, String> {
    let Some(root) = below else {
        return given(path, limit);
    };
    let root = Root::open(root).map_err(|error| error.to_string())?;
    let relative = relative(path)?;
    match root.read(relative, limit) {
        Ok(Some(file)) => Ok(file.bytes),
        Ok(None) => Err(cannot_read(&root.show(relative), Errno::NOENT)),
        Err(error) => Err(error.to_string()),
    }
}

/// A path of a configuration, as the path below its root.
pub(crate) fn relative(path: &Path) -> Result<&str, String> {
    let text = path
        .to_str()
        .ok_or_else(|| format!("{} is not UTF-8", printable(path)))?;
    Ok(text.trim_start_matches('/'))
}

fn given(path: &Path, limit: usize) -> Result<Vec<u8>, String> {
    let shown = printable(path);
    let longest = u64::try_from(limit).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(longest.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| format!("cannot read {shown}: {}", said(&error)))?;
    if bytes.len() > limit {
        return Err(format!("{shown} is larger than {limit} bytes"));
    }
    Ok(bytes)
}

fn cannot_read(shown: &str, errno: Errno) -> String {
    format!("cannot read {shown}: {}", describe(errno))
}

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
