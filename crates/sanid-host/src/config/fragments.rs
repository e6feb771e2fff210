//! Stage one: which configuration files are read, and in which order.
//!
//! The rules are those of systemd's drop-in directories (`systemd.unit(5)`, `conf_files_list` in
//! systemd's `src/basic/conf-files.c`), so that administrators know the rules already:
//!
//! - `*.toml` in [`DIRECTORIES`], later directories above earlier ones;
//! - of several files with one name only the one in the highest directory is read;
//! - a file that is a symbolic link to `/dev/null` masks the lower ones of its name (an empty
//!   file does the same, by saying nothing);
//! - files apply in the order of their names, whatever directory they are in;
//! - [`MAIN_FILE`] applies after all of them, and the credential [`CREDENTIAL`] after that;
//! - hidden files, and names that do not end in `.toml`, are not configuration.

use super::error::ConfigError;
use std::collections::BTreeMap;
use std::io;

/// The drop-in directories, relative to the root, in rising precedence.
pub const DIRECTORIES: [&str; 3] = [
    "usr/lib/sanid/config.d",
    "run/sanid/config.d",
    "etc/sanid/config.d",
];

/// The administrator's own file, relative to the root; it applies last.
pub const MAIN_FILE: &str = "etc/sanid/config.toml";

/// The credential that holds a configuration file (systemd.exec(5)).
pub const CREDENTIAL: &str = "sanid.config";

/// The largest configuration file sanid reads, in bytes.
///
/// A generous multiple of what all keys together can fill; a larger file is not a configuration,
/// and the boot command has a memory budget to keep.
pub const MAX_BYTES: usize = 64 * 1024;

/// One name in a drop-in directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The file name, without its directory.
    pub name: String,
    /// Whether it is a symbolic link to `/dev/null`.
    pub masked: bool,
}

/// Where configuration files come from: a root directory, or a test's table.
pub trait ConfigSource {
    /// Lists a directory, given relative to the root (`etc/sanid/config.d`), in any order.
    /// A directory that does not exist has no entries.
    ///
    /// # Errors
    ///
    /// Anything but a missing directory.
    fn list(&self, dir: &str) -> io::Result<Vec<Entry>>;

    /// Reads a file, given relative to the root (`etc/sanid/config.toml`); `None` if it does not
    /// exist. A symbolic link to `/dev/null` reads as empty.
    ///
    /// At most `limit + 1` bytes need be returned: more than `limit` tells that the file is too
    /// large.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::IsADirectory`] for anything that is not a regular file; other kinds as
    /// the system reports them.
    fn read(&self, path: &str, limit: usize) -> io::Result<Option<Vec<u8>>>;
}

/// One configuration file: its path as shown to people, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The path with a leading `/`, relative to the root sanid was given.
    pub path: String,
    /// The content.
    pub text: String,
}

/// Chooses the files to read from the listings of [`DIRECTORIES`], in the order they apply.
///
/// `listings` pairs each directory with its entries, in rising precedence; the result holds paths
/// of the form `directory/name`. Directories without entries may be left out.
///
/// # Examples
///
/// ```
/// use sanid_host::config::{Entry, fragments::select};
///
/// let file = |name: &str| Entry { name: name.into(), masked: false };
/// let order = select(&[
///     ("usr/lib/sanid/config.d", vec![file("10-scheme.toml"), file("50-vendor.toml")]),
///     ("etc/sanid/config.d", vec![file("10-scheme.toml"), file("20-iqn.toml")]),
/// ]);
/// assert_eq!(order, [
///     "etc/sanid/config.d/10-scheme.toml",
///     "etc/sanid/config.d/20-iqn.toml",
///     "usr/lib/sanid/config.d/50-vendor.toml",
/// ]);
/// ```
pub fn select(listings: &[(&str, Vec<Entry>)]) -> Vec<String> {
    let mut by_name = BTreeMap::new();
    for (dir, entries) in listings {
        for entry in entries.iter().filter(|entry| is_configuration(&entry.name)) {
            // A mask takes part like a file, so that a file above it can lift it again.
            by_name.insert(entry.name.as_str(), (*dir, entry.masked));
        }
    }
    by_name
        .into_iter()
        .filter(|(_, (_, masked))| !masked)
        .map(|(name, (dir, _))| format!("{dir}/{name}"))
        .collect()
}

/// Lists, selects and reads the files that apply, in order.
///
/// # Errors
///
/// [`ConfigError`] when a directory cannot be listed, or a selected file cannot be read, is not a
/// regular file, is larger than [`MAX_BYTES`] or is not UTF-8.
pub fn read<S: ConfigSource + ?Sized>(source: &S) -> Result<Vec<Fragment>, ConfigError> {
    let mut listings = Vec::new();
    for dir in DIRECTORIES {
        let entries = source.list(dir).map_err(|cause| ConfigError::List {
            path: shown(dir),
            cause,
        })?;
        if !entries.is_empty() {
            listings.push((dir, entries));
        }
    }
    let mut fragments = Vec::new();
    for path in select(&listings) {
        // A listed file that is not there to read is a dangling link or a file that was just
        // removed: either way something the administrator wrote would be ignored.
        let fragment =
            read_one(source, &path)?.ok_or_else(|| ConfigError::Dangling { path: shown(&path) })?;
        fragments.push(fragment);
    }
    fragments.extend(read_one(source, MAIN_FILE)?);
    Ok(fragments)
}

/// Reads [`CREDENTIAL`] from a directory of credentials.
///
/// # Errors
///
/// As [`read`].
pub fn credential<S: ConfigSource + ?Sized>(source: &S) -> Result<Option<Fragment>, ConfigError> {
    read_as(source, CREDENTIAL, format!("credential {CREDENTIAL}"))
}

fn read_one<S: ConfigSource + ?Sized>(
    source: &S,
    path: &str,
) -> Result<Option<Fragment>, ConfigError> {
    read_as(source, path, shown(path))
}

fn read_as<S: ConfigSource + ?Sized>(
    source: &S,
    path: &str,
    shown: String,
) -> Result<Option<Fragment>, ConfigError> {
    let bytes = match source.read(path, MAX_BYTES) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(cause) => return Err(read_error(shown, cause)),
    };
    let path = shown;
    if bytes.len() > MAX_BYTES {
        return Err(ConfigError::TooLarge { path });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Some(Fragment { path, text })),
        Err(error) => Err(ConfigError::NotUtf8 {
            path,
            offset: error.utf8_error().valid_up_to(),
        }),
    }
}

fn read_error(path: String, cause: io::Error) -> ConfigError {
    match cause.kind() {
        io::ErrorKind::IsADirectory => ConfigError::NotAFile { path },
        io::ErrorKind::FileTooLarge => ConfigError::TooLarge { path },
        _ => ConfigError::Read { path, cause },
    }
}

/// The name rule of systemd's `conf_files_list`: a suffix, and not hidden.
fn is_configuration(name: &str) -> bool {
    !name.starts_with('.')
        && name
            .strip_suffix(".toml")
            .is_some_and(|stem| !stem.is_empty())
}

fn shown(path: &str) -> String {
    format!("/{path}")
}
