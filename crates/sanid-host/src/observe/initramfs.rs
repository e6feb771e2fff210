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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{IQN, NQN, OTHER_IQN, facts};

    #[test]
    fn only_a_run_in_memory_is_this_boots() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: String| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("run/initiatorname.iscsi", format!("InitiatorName={IQN}\n"));
        put("run/sanid/initramfs/used/nvme/hostnqn", format!("{NQN}\n"));
        for place in ["image/iscsi", "image"] {
            let path = format!("run/sanid/initramfs/{place}/initiatorname.iscsi");
            put(&path, format!("InitiatorName={OTHER_IQN}\n"));
        }
        let root = Root::open(dir.path()).unwrap();
        let mut facts = facts();
        facts.root.volatile_run = false;
        look_at_initramfs(&root, &mut facts);
        assert_eq!(facts.initramfs, crate::facts::InitramfsFacts::default());

        facts.root.volatile_run = true;
        look_at_initramfs(&root, &mut facts);
        let seen = &facts.initramfs;
        assert_eq!(seen.iqn(), Some(Ok(IQN.into())));
        let text = |disk: &Disk, file| disk.effective_text(file);
        assert_eq!(
            text(&seen.used, IdentityFile::HostNqn).as_deref(),
            Some(NQN)
        );
        let held = text(&seen.image, IdentityFile::InitiatorName);
        assert_eq!(held.as_deref(), Some(OTHER_IQN));
        assert!(seen.image_copy.is_some());
    }
}
