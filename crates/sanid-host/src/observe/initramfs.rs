//! `/run` as the initramfs left it.

use super::IDENTITY_FILE_LIMIT;
use crate::facts::Facts;
use crate::file::{Disk, FileState, IdentityFile};
use crate::root::Root;

/// Sees what the initramfs of this boot used and held: `/run/initiatorname.iscsi`, and the copies that
/// sanid's script in the initramfs leaves in `/run/sanid/initramfs`.
///
/// Apart from [`observe`](super::observe): only a report asks for it. A `/run` that is not in memory is
/// no boot's.
pub fn look_at_initramfs(root: &Root, facts: &mut Facts) {
    if !facts.root.volatile_run {
        return;
    }
    let bytes = |path: &str| {
        let file = root.read(path, IDENTITY_FILE_LIMIT).ok()??;
        Some(file.bytes)
    };
    let seen = &mut facts.initramfs;
    seen.initiator_name = bytes("run/initiatorname.iscsi");
    seen.used = copies(root, "used");
    seen.image = copies(root, "image");
    seen.image_copy = bytes("run/sanid/initramfs/image/initiatorname.iscsi");
}

/// The identity files as the script copied them at one moment.
fn copies(root: &Root, moment: &str) -> Disk {
    let mut disk = Disk::default();
    for file in IdentityFile::ALL {
        let path = format!(
            "run/sanid/initramfs/{moment}/{}",
            super::below_etc(file.path())
        );
        if let Ok(Some(content)) = root.read(&path, IDENTITY_FILE_LIMIT) {
            *disk.file_mut(file) = FileState::Present(content);
        }
    }
    disk
}
