//! What the initramfs used, and what its image has.

use super::{Case, clean};
use crate::facts::Facts;
use crate::file::IdentityFile;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts, saw};

pub(super) fn cases() -> Vec<Case> {
    vec![
        (
            "an initramfs that used the same",
            clean()
                .used(IdentityFile::InitiatorName, IQN)
                .used(IdentityFile::HostNqn, NQN)
                .used(IdentityFile::HostId, &ID.to_uppercase())
                .baked(IdentityFile::InitiatorName, IQN),
            vec![],
        ),
        (
            "an initramfs that used others",
            clean()
                .used(IdentityFile::InitiatorName, OTHER_IQN)
                .used(IdentityFile::HostNqn, OTHER_NQN)
                .used(IdentityFile::HostId, OTHER_ID),
            vec!["initramfs-differs"; 3],
        ),
        (
            "an image for one host with the names that it had, which it used",
            clean()
                .used(IdentityFile::InitiatorName, OTHER_IQN)
                .baked(IdentityFile::InitiatorName, OTHER_IQN),
            vec!["initramfs-differs"],
        ),
        (
            "an image with a stale copy that sanid replaced",
            clean()
                .used(IdentityFile::InitiatorName, IQN)
                .baked(IdentityFile::InitiatorName, OTHER_IQN)
                .baked(IdentityFile::HostId, OTHER_ID),
            vec!["initramfs-stale"; 2],
        ),
        (
            "what dracut logged in with, whatever sanid left",
            dracut(
                clean().used(IdentityFile::InitiatorName, IQN),
                &format!("InitiatorName='{OTHER_IQN}' # by hand\n"),
            ),
            vec!["initramfs-differs"],
        ),
        (
            "a name in /run that no shell takes",
            dracut(clean(), "InitiatorName=$(hostname)\n"),
            vec!["initramfs-differs"],
        ),
        (
            "Debian's copy in the image",
            debian(clean(), &format!("InitiatorName={OTHER_IQN}\n")),
            vec!["initramfs-stale"],
        ),
        (
            "an initramfs with the desired name, on a host that keeps another",
            facts()
                .on_disk(OTHER_IQN, NQN, ID)
                .used(IdentityFile::InitiatorName, IQN),
            vec!["iqn-differs", "initramfs-differs"],
        ),
        (
            "an initramfs with the kept name, which is not the desired one",
            facts()
                .on_disk(OTHER_IQN, NQN, ID)
                .used(IdentityFile::InitiatorName, OTHER_IQN),
            vec!["iqn-differs", "initramfs-differs"],
        ),
    ]
}

/// With a `/run/initiatorname.iscsi`.
fn dracut(mut facts: Facts, text: &str) -> Facts {
    let sourced = &mut saw(&mut facts.initramfs).sourced;
    sourced.insert(IdentityFile::InitiatorName, text.into());
    facts
}

/// With an `/etc/initiatorname.iscsi` in the image of the initramfs.
fn debian(mut facts: Facts, text: &str) -> Facts {
    let copies = &mut saw(&mut facts.initramfs).image_sourced;
    copies.insert(IdentityFile::InitiatorName, text.into());
    facts
}
