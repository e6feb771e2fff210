//! The directories of the identity files, and what sanid mounted there.

use crate::file::IdentityFile;
use crate::part::{Part, PerPart, part_of};

/// What is mounted by sanid in the directory of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mounted {
    /// Nothing.
    #[default]
    Nothing,
    /// These files, one by one.
    Files(Vec<IdentityFile>),
    /// The whole directory.
    Directory,
}

/// The directory of one part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and every combination exists"
)]
pub struct PlaceFacts {
    /// Whether it is there.
    pub exists: bool,
    /// Whether its mount, or that of the nearest directory above it, is read-only (statvfs(3)). A trial
    /// would write at every boot and at every dry run, and leave a file where it is killed.
    pub read_only: bool,
    /// What sanid mounted there.
    pub mounted: Mounted,
    /// Whether there is content for it in memory: it was mounted this boot, and is not where somebody
    /// took the mount away or a run was killed.
    pub content: bool,
    /// Whether a killed run left its cover over the directory.
    pub covered: bool,
}

impl PlaceFacts {
    /// Whether sanid's mount is what a reader of this file sees.
    pub(crate) fn is_mounted(&self, file: IdentityFile) -> bool {
        match &self.mounted {
            Mounted::Nothing => false,
            Mounted::Files(files) => files.contains(&file),
            Mounted::Directory => true,
        }
    }
}

/// The directories of the parts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(pub(crate) PerPart<PlaceFacts>);

impl Places {
    /// The directory of a part.
    pub fn of(&self, part: Part) -> &PlaceFacts {
        &self.0[part]
    }

    /// Whether a killed run left a cover.
    pub(crate) fn is_covered(&self) -> bool {
        self.0.iter().any(|place| place.covered)
    }

    /// Whether sanid's mount is what a reader of this file sees.
    pub(crate) fn is_mounted(&self, file: IdentityFile) -> bool {
        self.of(part_of(file)).is_mounted(file)
    }
}
