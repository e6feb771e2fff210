//! Why something below a root could not be read, in words.

use rustix::io::Errno;

/// Why a file that is there could not be read.
///
/// A missing file is not an error: [`Root::read`](super::Root::read) answers `None`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Its path is not a regular file.
    #[error("{path} is {kind}, not a file; move it away")]
    NotRegular {
        /// The path as the user knows it.
        path: String,
        /// What is there, with its article.
        kind: &'static str,
    },
    /// The file is larger than any file of its purpose can be.
    #[error("{path} is larger than {limit} bytes; a file of this kind never is, so it is not read")]
    TooLarge {
        /// The path as the user knows it.
        path: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The kernel refused.
    #[error("cannot read {path}: {}{}", describe(*errno), hint(*errno))]
    Io {
        /// The path as the user knows it.
        path: String,
        /// The kernel's answer.
        errno: Errno,
    },
}

impl ReadError {
    /// The same of a file in the directory that it is about.
    pub(crate) fn below(mut self, name: &str) -> Self {
        match &mut self {
            Self::NotRegular { path, .. } | Self::TooLarge { path, .. } | Self::Io { path, .. } => {
                path.push('/');
                path.push_str(name);
            }
        }
        self
    }

    /// The path the error is about, as the user knows it.
    pub fn path(&self) -> &str {
        match self {
            Self::NotRegular { path, .. } | Self::TooLarge { path, .. } | Self::Io { path, .. } => {
                path
            }
        }
    }
}

fn hint(errno: Errno) -> &'static str {
    match errno {
        Errno::ACCESS | Errno::PERM => "; run it as root",
        Errno::NOTDIR => "; something above it is a file and not a directory: move it away",
        Errno::LOOP => "; symbolic links lead in a circle: remove one",
        _ => "",
    }
}

/// The kernel's answer in words and by name, such as `Permission denied (EACCES)`.
pub fn describe(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    match errno_name(errno) {
        Some(name) => format!("{words} ({name})"),
        None => text,
    }
}

/// An error of the standard library in the words of [`describe`]; its own where no system call failed.
pub fn describe_io(error: &std::io::Error) -> String {
    error.raw_os_error().map_or_else(
        || error.to_string(),
        |code| describe(Errno::from_raw_os_error(code)),
    )
}

fn errno_name(errno: Errno) -> Option<&'static str> {
    [
        (Errno::ACCESS, "EACCES"),
        (Errno::PERM, "EPERM"),
        (Errno::IO, "EIO"),
        (Errno::NOSPC, "ENOSPC"),
        (Errno::DQUOT, "EDQUOT"),
        (Errno::ROFS, "EROFS"),
        (Errno::NOTDIR, "ENOTDIR"),
        (Errno::ISDIR, "EISDIR"),
        (Errno::LOOP, "ELOOP"),
        (Errno::NOENT, "ENOENT"),
    ]
    .into_iter()
    .find_map(|(known, name)| (known == errno).then_some(name))
}
