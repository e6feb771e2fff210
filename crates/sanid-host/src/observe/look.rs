//! What to read: decided before anything is read.

use std::path::Path;

use crate::act::NewMachineId;
use crate::place::Via;

/// What to observe besides what every decision about the identity needs.
///
/// # Examples
/// ```
/// use sanid_host::{Covered, Look};
///
/// let report = Look::everything();
/// assert!(report.hardware && report.others);
/// assert_eq!(Look::default().covered, Covered::Leave);
/// ```
#[derive(Clone, Copy, Default)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own, and every combination is asked"
)]
pub struct Look<'a> {
    /// The directory of the service's credentials; `None` for the one that the service manager names to this
    /// process (`$CREDENTIALS_DIRECTORY`, systemd.exec(5)).
    pub credentials: Option<&'a Path>,
    /// The files that sanid's own mounts cover.
    pub covered: Covered,
    /// What the initramfs of this boot left.
    pub initramfs: bool,
    /// The hardware and its record.
    pub hardware: bool,
    /// Other writers and other readers of the files.
    pub others: bool,
    /// The host's own name and its addresses.
    pub name: bool,
    /// Seeds of the firmware, to recognise names that were made of them.
    pub seeds: bool,
    /// The claim of this host.
    pub claim: bool,
    /// The machine-id that the host is to get, in place of the present one.
    pub new_machine_id: Option<&'a NewMachineId>,
}

/// What to do about files that sanid's own mounts cover.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Covered {
    /// They are not read.
    #[default]
    Leave,
    /// They are read beside what the mounts show.
    Report,
    /// Where this placement takes mounts away, the facts are those of the files below; the configured placement
    /// where none is given.
    Uncover(Option<Via>),
}

impl Look<'_> {
    /// All that a report has.
    pub fn everything() -> Self {
        Self {
            credentials: None,
            covered: Covered::Report,
            initramfs: true,
            hardware: true,
            others: true,
            name: true,
            seeds: true,
            claim: true,
            new_machine_id: None,
        }
    }
}
