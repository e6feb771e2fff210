//! Files that a configuration names: read below a root, or as an administrator typed them.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use rustix::io::Errno;
use sanid_host::Root;
use sanid_host::root::{describe, describe_io, printable};

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
        .map_err(|error| format!("cannot read {shown}: {}", describe_io(&error)))?;
    if bytes.len() > limit {
        return Err(format!("{shown} is larger than {limit} bytes"));
    }
    Ok(bytes)
}

fn cannot_read(shown: &str, errno: Errno) -> String {
    format!("cannot read {shown}: {}", describe(errno))
}
