//! Modes of the directories, and SELinux labels where the kernel has SELinux.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, StatxFlags};

use crate::facts::Access;
use crate::file::IdentityFile;
use crate::root::Root;

/// selinuxfs is mounted here wherever the kernel has SELinux (selinux(8)).
const SELINUX: &str = "sys/fs/selinux/enforce";

pub(super) fn read(root: &Root) -> Vec<Access> {
    let labels = root.exists(SELINUX).unwrap_or(false);
    IdentityFile::ALL
        .into_iter()
        .filter_map(|file| one(root, file, labels))
        .collect()
}

fn one(root: &Root, file: IdentityFile, labels: bool) -> Option<Access> {
    let directory = root.open_dir(file.directory()).ok()?;
    let stat = rustix::fs::statx(&directory, "", AtFlags::EMPTY_PATH, StatxFlags::MODE).ok()?;
    let opened = labels.then(|| root.open_file(file.path())).flatten();
    Some(Access {
        file,
        directory_mode: u32::from(stat.stx_mode) & 0o7777,
        label: opened.map(|file| label(&file)),
        directory_label: labels.then(|| label(&directory)),
    })
}

/// The type of `user:role:type:level`; empty where there is no label.
fn label(file: &OwnedFd) -> String {
    let label = crate::act::dir::label_of(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&label);
    let kind = text.trim_end_matches('\0').split(':').nth(2);
    crate::root::escape(kind.unwrap_or_default().as_bytes())
}
