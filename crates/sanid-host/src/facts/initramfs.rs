//! What the initramfs of this boot left in `/run`, which is the same before and after switch-root.

use std::collections::BTreeMap;

use crate::file::Disk;
use crate::parse::Hazard;
use crate::part::IdentityFile;

/// What the initramfs of this boot left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitramfsFacts {
    /// Files that its shell sourced, such as `/run/initiatorname.iscsi`: the name that dracut's iscsi module logged
    /// in with, and sanid's script for it.
    pub sourced: BTreeMap<IdentityFile, Vec<u8>>,
    /// What the storage programs of the initramfs found in their files, once sanid had run.
    pub used: Disk,
    /// What the image itself holds: the same files before sanid ran.
    pub image: Disk,
    /// Files of the image that its shell sources, such as `/etc/initiatorname.iscsi`, which Debian's iscsi script
    /// reads.
    pub image_sourced: BTreeMap<IdentityFile, Vec<u8>>,
}

impl InitramfsFacts {
    /// The name that the initramfs used, as its shell takes it; else as the file's own reader did.
    pub(crate) fn name(&self, file: IdentityFile) -> Option<Result<String, Hazard>> {
        let sourced = file.kind().sourced.as_ref().zip(self.sourced.get(&file));
        match sourced {
            Some((sourced, bytes)) => Some((sourced.shell)(bytes)),
            None => self.used.effective_text(file).map(Ok),
        }
    }
}
