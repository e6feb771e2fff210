//! Modes of the directories, and SELinux labels where the kernel has SELinux.

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, StatxFlags};
use rustix::io::Errno;

use crate::facts::Access;
use crate::file::IdentityFile;
use crate::observed::Observed;
use crate::root::{ReadError, Root};

/// selinuxfs is mounted here wherever the kernel has SELinux (selinux(8)).
const SELINUX: &str = "sys/fs/selinux/enforce";

pub(super) fn read(root: &Root) -> Observed<Vec<Access>> {
    let read = || {
        let labels = root.exists(SELINUX)?;
        let all = IdentityFile::ALL.into_iter();
        all.filter_map(|file| one(root, file, labels).transpose())
            .collect::<Result<Vec<Access>, ReadError>>()
    };
    read().into()
}

fn one(root: &Root, file: IdentityFile, labels: bool) -> Result<Option<Access>, ReadError> {
    let failed = |errno| root.io(file.directory(), errno);
    let directory = match root.open_dir(file.directory()) {
        Ok(directory) => directory,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(None),
        Err(errno) => return Err(failed(errno)),
    };
    let stat =
        rustix::fs::statx(&directory, "", AtFlags::EMPTY_PATH, StatxFlags::MODE).map_err(failed)?;
    let opened = labels.then(|| root.open_file(file.path())).flatten();
    Ok(Some(Access {
        file,
        directory_mode: u32::from(stat.stx_mode) & 0o7777,
        label: opened.map(|file| label(&file)),
        directory_label: labels.then(|| label(&directory)),
    }))
}

/// The type of `user:role:type:level`; empty where there is no label.
fn label(file: &OwnedFd) -> String {
    let label = crate::act::dir::label_of(file).unwrap_or_default();
    let text = String::from_utf8_lossy(&label);
    let kind = text.trim_end_matches('\0').split(':').nth(2);
    crate::root::escape(kind.unwrap_or_default().as_bytes())
}
