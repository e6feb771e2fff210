//! Files that may write an identity file, and those of them that could not be read.

use std::cell::RefCell;

use crate::root::{ReadError, Root};

/// In bytes.
const FILE_LIMIT: usize = 64 * 1024;

/// The scripts and units below a root.
pub(super) struct Scripts<'a> {
    pub(super) root: &'a Root,
    unread: RefCell<Vec<String>>,
}

impl<'a> Scripts<'a> {
    pub(super) fn of(root: &'a Root) -> Self {
        Self {
            root,
            unread: RefCell::new(Vec::new()),
        }
    }

    /// Why each file or directory that is there could not be read.
    pub(super) fn unread(self) -> Vec<String> {
        let mut unread = self.unread.into_inner();
        unread.sort_unstable();
        unread.dedup();
        unread
    }

    /// The names in a directory; none where there is no such directory.
    pub(super) fn list(&self, path: &str) -> Vec<String> {
        match self.root.list(path) {
            Ok(names) => names,
            // A file of that name, or none.
            Err(ReadError::Io {
                errno: rustix::io::Errno::NOTDIR,
                ..
            }) => Vec::new(),
            Err(error) => {
                self.unread.borrow_mut().push(error.to_string());
                Vec::new()
            }
        }
    }

    /// The text of a regular file; `None` for anything else, such as the device that masks a unit.
    pub(super) fn text(&self, path: &str) -> Option<String> {
        match self.root.read(path, FILE_LIMIT) {
            Ok(file) => Some(String::from_utf8_lossy(&file?.bytes).into_owned()),
            Err(error) => {
                if let ReadError::Io { .. } = error {
                    self.unread.borrow_mut().push(error.to_string());
                }
                None
            }
        }
    }
}
