//! The mount table, `/proc/self/mountinfo`.
//!
//! The format is that of `proc_pid_mountinfo(5)` and of `show_mountinfo` in Linux'
//! `fs/proc_namespace.c`: fields separated by one space, any number of optional fields before a
//! single `-`, and spaces, tabs, line feeds, backslashes and `#` in names as octal escapes.

use std::borrow::Cow;

/// One mount. Everything in it is bytes, as the kernel's paths are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount<'a> {
    /// The id, unique while the mount lives.
    pub mount_id: u64,
    /// The id of the mount it is on.
    pub parent_id: u64,
    /// The directory or file of the file system that is its root: `/machine-id` for a bind mount
    /// of one file.
    pub root: Cow<'a, [u8]>,
    /// Where it is, relative to the root of the process.
    pub mount_point: Cow<'a, [u8]>,
    /// The options of this mount.
    pub options: &'a [u8],
    /// The file system type, as `tmpfs`.
    pub fstype: &'a [u8],
    /// The mounted source, as the file system reports it.
    pub source: Cow<'a, [u8]>,
    /// The options of the file system.
    pub super_options: &'a [u8],
}

/// A line that is not in the kernel's format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} of the mount table is not in the format of /proc/self/mountinfo; \
     was the table read in full?"
)]
pub struct MountInfoError {
    /// The line, counted from 1.
    pub line: usize,
}

/// The mounts of a table, in its order.
///
/// # Errors
///
/// Each item is [`MountInfoError`] for a line that cannot be understood.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::mountinfo::mounts;
///
/// let table = b"46 29 0:37 /machine-id /etc/machine-id ro,nosuid - tmpfs tmpfs rw,mode=755\n";
/// let mount = mounts(table).next().unwrap()?;
/// assert_eq!(mount.mount_point.as_ref(), b"/etc/machine-id");
/// assert_eq!((mount.fstype, mount.root.as_ref()), (&b"tmpfs"[..], &b"/machine-id"[..]));
/// # Ok::<(), sanid_host::parse::mountinfo::MountInfoError>(())
/// ```
pub fn mounts(table: &[u8]) -> impl Iterator<Item = Result<Mount<'_>, MountInfoError>> {
    table
        .split(|&byte| byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .map(|(index, line)| mount(line).ok_or(MountInfoError { line: index + 1 }))
}

/// The mount that is seen at a path: of several on one mount point, the last.
///
/// # Errors
///
/// [`MountInfoError`] for the first line that cannot be understood, since it could be the one.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::mountinfo::mounted_at;
///
/// let table = b"29 1 8:2 / / rw - ext4 /dev/sda2 rw\n30 29 0:5 / /dev rw - devtmpfs udev rw\n";
/// assert_eq!(mounted_at(table, b"/dev")?.unwrap().fstype, b"devtmpfs");
/// assert!(mounted_at(table, b"/etc/machine-id")?.is_none());
/// # Ok::<(), sanid_host::parse::mountinfo::MountInfoError>(())
/// ```
pub fn mounted_at<'a>(
    table: &'a [u8],
    mount_point: &[u8],
) -> Result<Option<Mount<'a>>, MountInfoError> {
    let mut found = None;
    for mount in mounts(table) {
        let mount = mount?;
        if mount.mount_point == mount_point {
            found = Some(mount);
        }
    }
    Ok(found)
}

fn mount(line: &[u8]) -> Option<Mount<'_>> {
    let mut fields = line.split(|&byte| byte == b' ');
    let mount_id = number(fields.next()?)?;
    let parent_id = number(fields.next()?)?;
    let _device = fields.next()?;
    let root = unescaped(fields.next()?);
    let mount_point = unescaped(fields.next()?);
    let options = fields.next()?;
    // The optional fields: none, or some of shared:N, master:N and whatever is yet to come.
    fields.find(|field| *field == b"-")?;
    Some(Mount {
        mount_id,
        parent_id,
        root,
        mount_point,
        options,
        fstype: fields.next()?,
        source: unescaped(fields.next()?),
        super_options: fields.next()?,
    })
}

fn number(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// Decodes `\040` and its like; a backslash without three octal digits is literal.
pub(crate) fn unescaped(field: &[u8]) -> Cow<'_, [u8]> {
    if !field.contains(&b'\\') {
        return Cow::Borrowed(field);
    }
    let mut decoded = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match (byte, tail) {
            (
                b'\\',
                [
                    a @ b'0'..=b'3',
                    b @ b'0'..=b'7',
                    c @ b'0'..=b'7',
                    after @ ..,
                ],
            ) => {
                decoded.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                rest = after;
            }
            _ => decoded.push(*byte),
        }
    }
    Cow::Owned(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn optional_fields_may_be_missing_or_many() {
        for optional in [
            "",
            "shared:1 ",
            "shared:1 master:2 propagate_from:3 unbindable new:x ",
        ] {
            let line = format!(
                "36 35 98:0 /mnt1 /mnt2 rw,noatime {optional}- ext3 /dev/root rw,errors=continue"
            );
            let expected = Mount {
                mount_id: 36,
                parent_id: 35,
                root: Cow::Borrowed(b"/mnt1"),
                mount_point: Cow::Borrowed(b"/mnt2"),
                options: b"rw,noatime",
                fstype: b"ext3",
                source: Cow::Borrowed(b"/dev/root"),
                super_options: b"rw,errors=continue",
            };
            assert_eq!(mount(line.as_bytes()), Some(expected), "{line}");
        }
    }

    #[test]
    fn octal_escapes_are_decoded() {
        for (field, expected) in [
            ("/plain", &b"/plain"[..]),
            ("/two\\040words", b"/two words"),
            ("/tab\\011line\\012hash\\043", b"/tab\tline\nhash#"),
            ("/back\\134slash\\040", b"/back\\slash "),
            ("\\134040", b"\\040"),
            ("/latin\\351", b"/latin\xe9"),
            ("/short\\04", b"/short\\04"),
            ("/no\\xyz\\", b"/no\\xyz\\"),
            ("/range\\400", b"/range\\400"),
        ] {
            assert_eq!(unescaped(field.as_bytes()).as_ref(), expected, "{field}");
        }
    }

    #[test]
    fn an_empty_source_is_a_field() {
        let mount = mount(b"36 35 0:5 / /mnt rw - tmpfs  rw").unwrap();
        assert_eq!(mount.source.as_ref(), b"");
        assert_eq!(mount.super_options, b"rw");
    }

    #[test]
    fn a_line_that_is_cut_off_is_an_error_with_its_number() {
        for bad in [
            "36",
            "x 35 98:0 / /mnt rw - ext3 /dev/root rw",
            "36 35 98:0 / /mnt rw shared:1",
            "36 35 98:0 / /mnt rw - ext3",
            "36 35 98:0 / /mnt rw ext3 /dev/root rw",
        ] {
            let table = format!("36 35 98:0 / /mnt rw - ext3 /dev/root rw\n{bad}\n");
            let error = mounted_at(table.as_bytes(), b"/mnt").unwrap_err();
            assert_eq!(error.line, 2, "{bad}");
        }
    }

    #[test]
    fn the_last_mount_on_a_path_is_the_one_that_is_seen() {
        let table = "1 0 0:1 / /etc/machine-id rw - ext4 /dev/sda rw\n\
                     2 0 0:2 /machine-id /etc/machine-id ro - tmpfs tmpfs rw\n\
                     3 0 0:3 / /etc/machine-id2 rw - xfs /dev/sdb rw\n";
        let mount = mounted_at(table.as_bytes(), b"/etc/machine-id");
        assert_eq!(mount.unwrap().unwrap().mount_id, 2);
    }

    #[test]
    fn this_machine_has_a_readable_table() {
        let table = std::fs::read("/proc/self/mountinfo").unwrap();
        assert!(mounts(&table).all(|mount| mount.is_ok()));
        assert!(mounted_at(&table, b"/").unwrap().is_some());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(table in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = mounts(&table).count();
        }

        #[test]
        fn arbitrary_fields_never_panic(table in "([0-9/\\\\a-z-]{0,6} ){0,12}") {
            let _ = mounts(table.as_bytes()).count();
        }

        #[test]
        fn any_path_survives_escaping(path in proptest::collection::vec(any::<u8>(), 0..40)) {
            let escaped: Vec<_> = path.iter().map(|byte| format!("\\{byte:03o}")).collect();
            prop_assert_eq!(unescaped(escaped.concat().as_bytes()).into_owned(), path);
        }
    }
}
