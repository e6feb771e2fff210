//! The places where identities hide: one file for each kind and one line in [`PLACES`].

mod boot_entries;
mod command_line;
mod credentials;
mod identity_files;
mod initramfs;
mod iscsi_records;
mod machine_id;
mod nvme_config;
mod pins;
mod record;

use super::finding::Finding;
use super::pattern;
use crate::initramfs::Image;

/// The places. The first that a path matches has it.
pub static PLACES: &[&Place] = &[
    &machine_id::PLACE,
    &identity_files::INITIATOR_NAME,
    &identity_files::HOST_NQN,
    &identity_files::HOST_ID,
    &nvme_config::PLACE,
    &iscsi_records::PLACE,
    &credentials::PLACE,
    &initramfs::PLACE,
    &boot_entries::PLACE,
    &command_line::PLACE,
    &pins::PLACE,
    &record::PLACE,
];

/// Where an identity may hide, and what to make of what is there.
pub struct Place {
    /// Paths below the root: `*` is a part of a name, `**` everything below.
    pub patterns: &'static [&'static str],
    /// What is read of it.
    pub reads: Reads,
    /// What is found in it, by its path below the root.
    pub judge: fn(&str, &Content) -> Vec<Finding>,
}

/// What is read of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Its bytes, up to [`TEXT`].
    Text,
    /// Its bytes, which are a machine-id.
    MachineId,
    /// An initramfs.
    Image,
}

/// What was read of a file.
pub enum Content {
    /// Its first bytes, [`TEXT`] at most.
    Text(Vec<u8>),
    /// What an initramfs carries.
    Image(Image),
}

/// No configuration is longer, in bytes; `grub.cfg` of a machine with many kernels has 60,000.
pub const TEXT: usize = 1 << 20;

impl Content {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(bytes) => bytes,
            Self::Image(_) => &[],
        }
    }

    /// Text, with a sign in place of each byte that is none.
    fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.bytes())
    }
}

/// The place that a path below the root is.
///
/// # Examples
/// ```
/// use sanid_image::lint::places::place;
///
/// assert!(place("usr/local/etc/nvme/hostid").is_some());
/// assert!(place("etc/hostname").is_none());
/// ```
pub fn place(path: &str) -> Option<&'static Place> {
    let matches = |place: &Place| place.patterns.iter().any(|one| pattern::path(one, path));
    PLACES.iter().copied().find(|place| matches(place))
}

/// Whether places are below this directory.
pub(crate) fn is_above(path: &str) -> bool {
    let mut patterns = PLACES.iter().flat_map(|place| place.patterns);
    patterns.any(|one| pattern::is_above(one, path))
}

/// The last part of a path.
fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
