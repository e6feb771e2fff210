//! Where the file may lie.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use sanid_host::Root;

use crate::store::{StoreError, StoreOptions};

/// What Linux calls file systems that another machine may write to at the same time (`statfs(2)`,
/// `linux/magic.h`), with the name that people know. SQLite's write-ahead log needs memory that all its
/// users share, and locks that hold (sqlite.org/wal.html): there neither is given.
const NETWORK: &[(u32, &str)] = &[
    (0x6969, "NFS"),
    (0x517B, "SMB"),
    (0xFF53_4D42, "CIFS"),
    (0xFE53_4D42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x00C3_6400, "Ceph"),
    (0x5346_414F, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0116_1970, "GFS2"),
    (0x7461_636F, "OCFS2"),
    (0x0BD0_0BD0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0xAAD7_AAEA, "PanFS"),
    (0x6165_6676, "virtiofs"),
];

/// What is done with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// It is made, read and written.
    Write,
    /// It is read, beside others that write.
    Read,
    /// It is read, and no byte of it or beside it changes.
    Untouched,
}

impl Access {
    pub(super) fn of(options: &StoreOptions) -> Self {
        match (options.untouched, options.read_only) {
            (true, _) => Self::Untouched,
            (false, true) => Self::Read,
            (false, false) => Self::Write,
        }
    }
}

/// The path of a store below a root, and what messages call it. The directory is found inside of the root, wherever
/// its links lead.
pub(super) fn inside(root: &Path, path: &Path) -> Result<(PathBuf, String), StoreError> {
    let failed = |why: String| StoreError::Failed(why);
    let relative = crate::files::relative(path).map_err(failed)?;
    let root = Root::open(root).map_err(|error| failed(error.to_string()))?;
    let name = root.show(relative);
    let (directory, file) = relative.rsplit_once('/').unwrap_or((".", relative));
    let found = root
        .open_at(directory, OFlags::PATH | OFlags::DIRECTORY)
        .and_then(|fd| {
            rustix::fs::readlinkat(
                rustix::fs::CWD,
                format!("/proc/self/fd/{}", fd.as_raw_fd()),
                Vec::new(),
            )
        });
    let found = found.map_err(|errno| {
        failed(format!(
            "cannot find the directory of {name}: {}",
            sanid_host::root::describe(errno)
        ))
    })?;
    let directory = PathBuf::from(OsString::from_vec(found.into_bytes()));
    Ok((directory.join(file), name))
}

/// The file with the links of its directory resolved; it is made where it may be and is not there.
pub(super) fn usable(path: &Path, name: &str, access: Access) -> Result<PathBuf, StoreError> {
    let failed = |what: &str, error: &io::Error| {
        let why = sanid_host::root::describe_io(error);
        StoreError::Failed(format!("{what} {name}: {why}"))
    };
    let (Some(directory), Some(file)) = (path.parent(), path.file_name()) else {
        return Err(StoreError::Usage(format!("{name} is no file")));
    };
    let directory = if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    };
    let directory = directory
        .canonicalize()
        .map_err(|error| failed("cannot find the directory of", &error))?;
    let path = directory.join(file);
    let kind = rustix::fs::statfs(&directory)
        .map_err(|error| failed("cannot see the file system of", &error.into()))?;
    if let Some(kind) = network(kind.f_type) {
        return Err(StoreError::Refused(format!(
            "{name} lies on {kind}, where SQLite's locks do not keep two hosts apart, so both could get one identity\n\
             Ways out:\n  \
             sqlite:FILE  on a local file system, for the claims that one machine makes\n  \
             etcd:URL     for the hosts of a site"
        )));
    }
    let found = match path.symlink_metadata() {
        Ok(found) => Some(found),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("cannot see", &error)),
    };
    match found {
        Some(found) if !found.is_file() => {
            return Err(StoreError::Refused(format!(
                "{name} is not a regular file; a link, a directory or a device cannot be a store"
            )));
        }
        Some(_) => {}
        None if access != Access::Write => {
            return Err(StoreError::Failed(format!(
                "{name} is not there; the first claim makes it"
            )));
        }
        None => make(&path).map_err(|error| failed("cannot make", &error))?,
    }
    Ok(path)
}

/// Before SQLite would, with a mode that the umask does not decide; the files beside it get the same.
fn make(path: &Path) -> io::Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The kernel's number is signed on some architectures, and means 32 bits on all.
fn network(number: impl TryInto<i128>) -> Option<&'static str> {
    let number = number.try_into().ok()?;
    let low = u32::try_from(number & 0xFFFF_FFFF).ok()?;
    NETWORK
        .iter()
        .find(|(magic, _)| *magic == low)
        .map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_several_hosts_are_refused() {
        for (number, kind) in [
            (0x6969_i64, Some("NFS")),
            (0xFE53_4D42, Some("SMB2")),
            (-28_095_166, Some("SMB2")),
            (0x6573_5546, Some("FUSE")),
            // ext4, tmpfs, btrfs, xfs, overlay
            (0xEF53, None),
            (0x0102_1994, None),
            (0x9123_683E, None),
            (0x5846_5342, None),
            (0x794C_7630, None),
        ] {
            assert_eq!(network(number), kind, "{number:#x}");
        }
    }
}
