//! Readers of the files an identity lives in, each as its real consumer reads it.
//!
//! A file has no meaning of its own: it says what the programs that read it take from it, and they
//! do not agree. A trailing comment becomes part of the name for one and is dropped by another; a
//! second line is a second host for a third. So sanid asks every known reader, and reports where
//! they would part ways ([`IdentityFile::disagreement`](crate::IdentityFile::disagreement)).
//!
//! Everything here takes bytes or text and knows no files. Nothing here judges whether a value is
//! a legal name; that is for `sanid_core`.
//!
//! - [`initiatorname`][]: `/etc/iscsi/initiatorname.iscsi`
//! - [`hostfile`][]: `/etc/nvme/hostnqn` and `/etc/nvme/hostid`
//! - [`cmdline`][]: `/proc/cmdline`
//! - [`mountinfo`][]: `/proc/self/mountinfo`
//! - [`ibft`][] and [`nbft`][]: what boot firmware left in `/sys/firmware`
//! - [`smbios`][]: the system UUID
//! - [`writer`][]: scripts, units and tmpfiles that write an identity file

pub mod acpi;
pub mod addresses;
pub mod cmdline;
pub mod hostfile;
pub mod ibft;
pub mod initiatorname;
pub mod mountinfo;
pub mod nbft;
pub mod shell;
pub mod smbios;
pub mod writer;

pub use shell::ShellHazard;

/// Why a reader takes no single value from a file.
///
/// The text continues a sentence that begins with the reader's name.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::{Hazard, hostfile};
///
/// assert_eq!(hostfile::libnvme_hostnqn(b""), Err(Hazard::NoValue));
/// assert_eq!(Hazard::NoValue.to_string(), "finds no value");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Hazard {
    /// There is nothing the reader takes for a value.
    #[error("finds no value")]
    NoValue,
    /// There is a value, and it is the empty text.
    #[error("finds an empty value")]
    Empty,
    /// The value is not UTF-8, as no name is.
    #[error("finds bytes that are not UTF-8 text")]
    NotUtf8,
    /// The reader takes each of several values for a name of this host.
    #[error("finds {} names: {}", .0.len(), .0.join(", "))]
    Several(Vec<String>),
    /// The reader is a shell, and more would happen than an assignment.
    #[error(transparent)]
    Shell(#[from] ShellHazard),
    /// The reader stops with an error.
    #[error("refuses the file: {0}")]
    Refused(&'static str),
    /// The reader writes a file of its own.
    #[error("replaces the file by one with a new random name, as its line GenerateName=yes asks")]
    Overwrites,
}

/// What one reader takes from a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderView {
    /// The reader.
    pub reader: &'static str,
    /// The value that reader ends up with, or why it ends up with none.
    pub value: Result<String, Hazard>,
}

/// A program, and its way to read a file.
struct Reader(&'static str, Read);

/// A way to read a file.
enum Read {
    /// The value is a piece of the file.
    Text(fn(&[u8]) -> Result<&str, Hazard>),
    /// The value is made of the file.
    Made(fn(&[u8]) -> Result<String, Hazard>),
}

fn views(readers: &[Reader], bytes: &[u8]) -> Vec<ReaderView> {
    let view = |Reader(reader, read): &Reader| ReaderView {
        reader,
        value: match read {
            Read::Text(read) => read(bytes).map(str::to_owned),
            Read::Made(read) => read(bytes),
        },
    };
    readers.iter().map(view).collect()
}

pub(crate) fn unlike(expected: &str, mut views: Vec<ReaderView>) -> Vec<ReaderView> {
    views.retain(|view| view.value.as_deref() != Ok(expected));
    views
}

fn text(bytes: &[u8]) -> Result<&str, Hazard> {
    std::str::from_utf8(bytes).map_err(|_| Hazard::NotUtf8)
}

/// The bytes before the first `end`, or all of them.
fn before(bytes: &[u8], end: u8) -> &[u8] {
    bytes.split(|&byte| byte == end).next().unwrap_or(bytes)
}

/// `isspace()` in the C locale.
fn is_c_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// Without the whitespace of C's `isspace()` at the ends.
pub(crate) fn trim_c_space(mut bytes: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = bytes {
        if !is_c_space(*first) {
            break;
        }
        bytes = rest;
    }
    while let [rest @ .., last] = bytes {
        if !is_c_space(*last) {
            break;
        }
        bytes = rest;
    }
    bytes
}

/// `str.isspace()` in Python: what Unicode calls white space, and four ASCII separators.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\x1c'..='\x1f')
}

/// `getRelevantLines` and `readFile` of IBM's block storage CSI driver
/// (`node/pkg/driver/node_utils.go`): the only line that is neither empty nor a comment.
fn only_relevant_line(bytes: &[u8]) -> Result<&str, Hazard> {
    let mut lines = text(bytes)?
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("//"));
    let first = lines.next().ok_or(Hazard::NoValue)?;
    match lines.next() {
        None => Ok(first),
        Some(_) => Err(Hazard::Refused(
            "it has more than one line that is not a comment",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn trimming_removes_whitespace_at_the_ends_and_nothing_else(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            let trimmed = trim_c_space(&bytes);
            prop_assert!(bytes.windows(trimmed.len().max(1)).any(|w| w == trimmed) || trimmed.is_empty());
            prop_assert!(!trimmed.first().copied().is_some_and(is_c_space));
            prop_assert!(!trimmed.last().copied().is_some_and(is_c_space));
            let dark = |bytes: &[u8]| bytes.iter().filter(|b| !is_c_space(**b)).count();
            prop_assert_eq!(dark(&bytes), dark(trimmed));
        }
    }
}
