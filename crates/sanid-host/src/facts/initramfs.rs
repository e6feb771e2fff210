//! What the initramfs of this boot left in `/run`, which is the same before and after switch-root.

use crate::file::Disk;
use crate::parse::{Hazard, initiatorname};

/// What the initramfs of this boot left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InitramfsFacts {
    /// `/run/initiatorname.iscsi`: the name that dracut's iscsi module logged in with, and sanid's script
    /// for it.
    pub initiator_name: Option<Vec<u8>>,
    /// What the storage programs of the initramfs found in their files, once sanid had run.
    pub used: Disk,
    /// What the image itself holds: the same files before sanid ran.
    pub image: Disk,
    /// The image's `/etc/initiatorname.iscsi`, which Debian's iscsi script reads.
    pub image_copy: Option<Vec<u8>>,
}

impl InitramfsFacts {
    /// The name that the initramfs used, as the shell of dracut takes it; else as iscsid did.
    pub fn iqn(&self) -> Option<Result<String, Hazard>> {
        match &self.initiator_name {
            Some(bytes) => Some(initiatorname::shell(bytes)),
            None => self
                .used
                .effective_text(crate::file::IdentityFile::InitiatorName)
                .map(Ok),
        }
    }
}
