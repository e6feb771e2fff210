//! `/run` as the initramfs left it.

use super::IDENTITY_FILE_LIMIT;
use crate::facts::InitramfsFacts;
use crate::file::{Disk, IdentityFile};
use crate::observed::Observed;
use crate::root::{ReadError, Root};

/// What the initramfs of this boot used and held: files such as `/run/initiatorname.iscsi`, and the copies that sanid's script
/// in the initramfs leaves in `/run/sanid/initramfs`. Nothing in a `/run` that is not in memory: it is not this
/// boot's.
pub(super) fn read(root: &Root, volatile_run: bool) -> Observed<InitramfsFacts> {
    if !volatile_run {
        return Observed::Saw(InitramfsFacts::default());
    }
    let read = || {
        let mut facts = InitramfsFacts {
            used: copies(root, "used"),
            image: copies(root, "image"),
            ..InitramfsFacts::default()
        };
        for file in IdentityFile::ALL {
            let Some(sourced) = &file.kind().sourced else {
                continue;
            };
            let bytes = |path: &str| {
                let content = root.read(path, IDENTITY_FILE_LIMIT)?;
                Ok::<_, ReadError>(content.map(|content| (file, content.bytes)))
            };
            facts.sourced.extend(bytes(sourced.used)?);
            let image = super::below_etc(sourced.image);
            let image = bytes(&format!("run/sanid/initramfs/image/{image}"))?;
            facts.image_sourced.extend(image);
        }
        Ok::<_, ReadError>(facts)
    };
    read().into()
}

/// The identity files as the script copied them at one moment.
fn copies(root: &Root, moment: &str) -> Disk {
    let mut disk = Disk::default();
    for file in IdentityFile::ALL {
        let path = format!(
            "run/sanid/initramfs/{moment}/{}",
            super::below_etc(file.path())
        );
        *disk.file_mut(file) = super::state(root.read(&path, IDENTITY_FILE_LIMIT));
    }
    disk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{IQN, NQN, OTHER_IQN};

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
        assert_eq!(read(&root, false), Observed::Saw(InitramfsFacts::default()));
        let Observed::Saw(seen) = read(&root, true) else {
            panic!("it was not seen");
        };
        let iqn = seen.name(IdentityFile::InitiatorName);
        assert_eq!(iqn, Some(Ok(IQN.into())));
        let text = |disk: &Disk, file| disk.effective_text(file);
        assert_eq!(
            text(&seen.used, IdentityFile::HostNqn).as_deref(),
            Some(NQN)
        );
        let held = text(&seen.image, IdentityFile::InitiatorName);
        assert_eq!(held.as_deref(), Some(OTHER_IQN));
        assert_eq!(seen.image_sourced.len(), 1);
    }
}
