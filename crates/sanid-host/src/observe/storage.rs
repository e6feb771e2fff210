//! Whether the bytes of a file are there after a reboot: a question to the file system that holds them.
//!
//! It is not one to the root that the file was found below: a file can be mounted from a disk over a root in
//! memory, and from memory over a root on a disk. An overlay holds no bytes itself. A file that was changed
//! since the boot is in its upper layer, and gone with it where that is in memory; any other is in a lower
//! layer, as the image brought it.

use std::ffi::OsStr;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fd::{AsFd as _, OwnedFd};
use rustix::fs::{AtFlags, CWD, StatxFlags};

use super::MOUNTINFO_LIMIT;
use crate::parse::mountinfo::{self, Mount};
use crate::root::{FileSystem, Root, file_system};

/// Whether an opened file is in memory.
pub(super) fn is_in_memory(root: &Root, file: &OwnedFd) -> bool {
    match file_system(file.as_fd()) {
        FileSystem::Memory => true,
        FileSystem::Overlay => is_in_volatile_layer(root, file).unwrap_or(false),
        FileSystem::Other => false,
    }
}

/// Of a file on an overlay; nothing where the layers cannot be seen, as in a container.
fn is_in_volatile_layer(root: &Root, file: &OwnedFd) -> Option<bool> {
    let here = Root::host().ok()?;
    let table = here.read("proc/self/mountinfo", MOUNTINFO_LIMIT).ok()??;
    let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
    let opened = rustix::fs::readlinkat(CWD, opened, Vec::new()).ok()?;
    let mount = mount_of(file, opened.to_bytes(), &table.bytes)?;
    let options = Options::of(mount.super_options);
    let Some(upper) = options.upper else {
        return Some(false);
    };
    let below = opened
        .to_bytes()
        .strip_prefix(trimmed(&mount.mount_point))?;
    let inner = [trimmed(&mount.root), below].concat();
    let inner = String::from_utf8(inner).ok()?;
    // As the option was given: in this mount namespace, or in that of the host below the root.
    let upper = [&here, root]
        .into_iter()
        .find_map(|root| root.open_dir(&upper).ok())?;
    let upper = Root::of_stranger(upper, root.path().to_owned());
    let in_upper = upper.exists(inner.trim_start_matches('/')).ok()?;
    Some(in_upper && (options.volatile || upper.is_volatile(".")))
}

/// The mount that a file was opened through: by its id, or for kernels before 5.8 by the longest mount point.
fn mount_of<'a>(file: &OwnedFd, opened: &[u8], table: &'a [u8]) -> Option<Mount<'a>> {
    let stat = rustix::fs::statx(file, "", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok()?;
    let id = StatxFlags::from_bits_retain(stat.stx_mask).contains(StatxFlags::MNT_ID);
    let mut found: Option<Mount<'a>> = None;
    for mount in mountinfo::mounts(table) {
        let mount = mount.ok()?;
        if id {
            if mount.mount_id == stat.stx_mnt_id {
                return Some(mount);
            }
            continue;
        }
        let covers =
            Path::new(OsStr::from_bytes(opened)).starts_with(OsStr::from_bytes(&mount.mount_point));
        let longer = |other: &Mount<'_>| other.mount_point.len() <= mount.mount_point.len();
        if covers && found.as_ref().is_none_or(longer) {
            found = Some(mount);
        }
    }
    found
}

fn trimmed(path: &[u8]) -> &[u8] {
    match path {
        b"/" => b"",
        [rest @ .., b'/'] => rest,
        path => path,
    }
}

/// Options of an overlay (Documentation/filesystems/overlayfs.rst).
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// The directory of the upper layer.
    upper: Option<String>,
    /// Whether it was mounted to be thrown away.
    volatile: bool,
}

impl Options {
    fn of(options: &[u8]) -> Self {
        let mut this = Self::default();
        // The kernel escapes a comma in a path.
        for option in options.split(|byte| *byte == b',') {
            if let Some(path) = option.strip_prefix(b"upperdir=") {
                let path = mountinfo::unescaped(path);
                this.upper = String::from_utf8(path.into_owned()).ok();
            }
            // Newer kernels show the first, older ones the second.
            this.volatile |= matches!(option, b"fsync=volatile" | b"volatile");
        }
        this
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_of_an_overlay() {
        let with = |upper: Option<&str>, volatile| Options {
            upper: upper.map(str::to_owned),
            volatile,
        };
        let table: &[(&str, Options)] = &[
            ("ro,lowerdir=/a:/b", with(None, false)),
            (
                "rw,lowerdir=/a,upperdir=/run/u,workdir=/run/w,xino=off",
                with(Some("/run/u"), false),
            ),
            (
                "rw,lowerdir=/a,upperdir=/u,workdir=/w,volatile",
                with(Some("/u"), true),
            ),
            (
                "rw,lowerdir=/a,upperdir=/with\\040blank,workdir=/w",
                with(Some("/with blank"), false),
            ),
            ("rw,upperdir=/a\\054b,workdir=/w", with(Some("/a,b"), false)),
        ];
        for (options, expected) in table {
            assert_eq!(Options::of(options.as_bytes()), *expected, "{options}");
        }
    }
}
