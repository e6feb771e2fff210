//! `/etc/iscsi/initiatorname.iscsi`, as each program reads it.
//!
//! The one form that all of them read alike is a single line `InitiatorName=` with the name, from
//! the first column, ended by a line feed, and nothing else in the file.

use super::Read::{Made, Text};
use super::{Hazard, Reader, ReaderView, before, only_relevant_line, shell, text, trim_c_space};

const KEY: &str = "InitiatorName";
const ASSIGNMENT: &str = "InitiatorName=";

/// The programs sanid knows, the one that logs in first.
static READERS: &[Reader] = &[
    Reader("iscsid", Text(iscsid)),
    Reader(
        "the shell of Debian's initramfs, dracut and SUSE's generator",
        Made(shell),
    ),
    Reader(
        "Debian's start of iscsid",
        Text(|bytes| debian_startup_check(bytes).and_then(|()| iscsid(bytes))),
    ),
    Reader("IBM's CSI driver", Text(only_line)),
    Reader("IBM's CSI driver, older releases", Text(after_only_key)),
    Reader("ZStack", Text(first_line)),
    Reader("goiscsi (Dell's CSI drivers)", Made(goiscsi)),
];

/// The result of every known reader of the file.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::initiatorname::all_readers;
///
/// let views = all_readers(b"InitiatorName=iqn.2004-05.com.example:a\n");
/// assert!(views.iter().all(|view| view.value.as_deref() == Ok("iqn.2004-05.com.example:a")));
/// ```
pub fn all_readers(bytes: &[u8]) -> Vec<ReaderView> {
    super::views(READERS, bytes)
}

/// The name iscsid, iscsiadm and iscsistart use.
///
/// Mirrors `cfg_get_string_param` in open-iscsi's `usr/iscsi_util.c`: lines of at most 1023 bytes
/// (a longer one goes on as the next), each cut at a NUL; the first with the key anywhere, no `#`
/// before the key and something after the `=` that follows it. The value is all of that, without
/// white space at its ends: a trailing comment belongs to the name.
///
/// # Errors
///
/// [`Hazard::NoValue`] when no line qualifies, and [`Hazard::NotUtf8`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::{Hazard, initiatorname::iscsid};
///
/// let file = b"# InitiatorName=old\nInitiatorName = iqn.2004-05.com.example:a # web1\n";
/// assert_eq!(iscsid(file), Ok("iqn.2004-05.com.example:a # web1"));
/// assert_eq!(iscsid(b"InitiatorName=\n"), Err(Hazard::NoValue));
/// ```
pub fn iscsid(bytes: &[u8]) -> Result<&str, Hazard> {
    /// `fgets` with a buffer of 1024 bytes leaves one for the terminating NUL.
    const PIECE: usize = 1023;

    bytes
        .split_inclusive(|&byte| byte == b'\n')
        .flat_map(|line| line.chunks(PIECE))
        .find_map(|piece| value_in_piece(before(piece, 0)))
        .map_or(Err(Hazard::NoValue), text)
}

fn value_in_piece(piece: &[u8]) -> Option<&[u8]> {
    let key = piece
        .windows(KEY.len())
        .position(|window| window == KEY.as_bytes())?;
    let (ahead, from_key) = piece.split_at_checked(key)?;
    if ahead.contains(&b'#') {
        return None;
    }
    let equals = from_key.iter().position(|&byte| byte == b'=')?;
    let value = trim_c_space(from_key.get(equals + 1..)?);
    (!value.is_empty()).then_some(value)
}

/// The value of `$InitiatorName` after a shell has sourced the file.
///
/// Debian's initramfs script `local-top/iscsi`, dracut's `iscsiroot.sh` and SUSE's generator do
/// that. Where this finds nothing, dracut makes up a random name.
///
/// # Errors
///
/// [`Hazard::Shell`] when a shell would do more than assign, anywhere in the file; and
/// [`Hazard::NoValue`], [`Hazard::Empty`] and [`Hazard::NotUtf8`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::initiatorname::shell;
///
/// let file = b"InitiatorName='iqn.2004-05.com.example:a' # web1\n";
/// assert_eq!(shell(file).as_deref(), Ok("iqn.2004-05.com.example:a"));
/// // Blanks around the '=' make it a call of a command with the key's name.
/// assert!(shell(b"InitiatorName = iqn.2004-05.com.example:a\n").is_err());
/// ```
pub fn shell(bytes: &[u8]) -> Result<String, Hazard> {
    let value = shell::assigned(bytes, KEY)?.ok_or(Hazard::NoValue)?;
    if value.is_empty() {
        return Err(Hazard::Empty);
    }
    String::from_utf8(value).map_err(|_| Hazard::NotUtf8)
}

/// Whether Debian lets iscsid start with the file.
///
/// Mirrors `/lib/open-iscsi/startup-checks.sh`, which iscsid's unit runs first. It writes a file
/// of its own if a line begins with `GenerateName=yes`; then it wants a line that matches
/// `^InitiatorName=[^ \t\n]`. The brackets are meant to exclude white space. For grep they exclude
/// a space, a backslash and the letters `t` and `n`, and so every `naa.` name.
///
/// # Errors
///
/// [`Hazard::Overwrites`] and [`Hazard::Refused`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::initiatorname::debian_startup_check;
///
/// assert!(debian_startup_check(b"InitiatorName=iqn.2004-05.com.example:a\n").is_ok());
/// assert!(debian_startup_check(b"InitiatorName=naa.52004567ba64678d\n").is_err());
/// ```
pub fn debian_startup_check(bytes: &[u8]) -> Result<(), Hazard> {
    let lines = || bytes.split(|&byte| byte == b'\n');
    if lines().any(|line| line.starts_with(b"GenerateName=yes")) {
        return Err(Hazard::Overwrites);
    }
    let accepted = lines().any(|line| {
        line.strip_prefix(ASSIGNMENT.as_bytes())
            .and_then(<[u8]>::first)
            .is_some_and(|byte| !b" \\tn".contains(byte))
    });
    if accepted {
        Ok(())
    } else {
        Err(Hazard::Refused(
            "no line begins with InitiatorName= and a character other than ' ', '\\', 't' or 'n'",
        ))
    }
}

/// IBM's block storage CSI driver: what follows `InitiatorName=` on the only line.
///
/// Mirrors `readAfterPrefix` in its `node/pkg/driver/node_utils.go`. Blank lines and lines that
/// begin with `#` or `//` do not count; white space at the ends of the line is dropped.
///
/// # Errors
///
/// [`Hazard::Refused`] for a second line, or one that does not begin with the key;
/// [`Hazard::NoValue`] and [`Hazard::NotUtf8`].
pub fn only_line(bytes: &[u8]) -> Result<&str, Hazard> {
    let line = only_relevant_line(bytes)?;
    let value = line.strip_prefix(ASSIGNMENT).ok_or(Hazard::Refused(
        "its line does not begin with InitiatorName=",
    ))?;
    non_empty(value)
}

/// Older releases of that driver: everything after the only `InitiatorName=`, other lines
/// included, without white space at the ends.
///
/// Mirrors `ParseIscsiInitiators` in the same file, which splits the text at the key and wants two
/// parts. A key in a comment is a key.
///
/// # Errors
///
/// [`Hazard::Refused`] for a second key; [`Hazard::NoValue`], [`Hazard::Empty`] and
/// [`Hazard::NotUtf8`].
pub fn after_only_key(bytes: &[u8]) -> Result<&str, Hazard> {
    let (_, value) = text(bytes)?.split_once(ASSIGNMENT).ok_or(Hazard::NoValue)?;
    if value.contains(ASSIGNMENT) {
        return Err(Hazard::Refused("it has InitiatorName= more than once"));
    }
    non_empty(value.trim())
}

/// The iSCSI plug-in of `ZStack`: the first line, whatever it is, from after its last
/// `InitiatorName=`.
///
/// Mirrors `get_initiator_name` in the `kvmagent` of `zstack-utility`. On a file that begins with a
/// comment, as Debian's does, the comment is the name.
///
/// # Errors
///
/// [`Hazard::NoValue`], [`Hazard::Empty`] and [`Hazard::NotUtf8`].
pub fn first_line(bytes: &[u8]) -> Result<&str, Hazard> {
    let text = text(bytes)?;
    if text.is_empty() {
        return Err(Hazard::NoValue);
    }
    let line = text.split(['\n', '\r']).next().unwrap_or(text);
    non_empty(line.rsplit(ASSIGNMENT).next().unwrap_or(line))
}

/// Dell's goiscsi: of every line that begins with `InitiatorName=` once all white space is
/// removed from it, what is between the first and the second `=`.
///
/// Mirrors `getInitiators` in `goiscsi_iscsi.go`.
///
/// # Errors
///
/// [`Hazard::Several`] for several such lines, each of which it reports as an initiator;
/// [`Hazard::NoValue`], [`Hazard::Empty`] and [`Hazard::NotUtf8`].
pub fn goiscsi(bytes: &[u8]) -> Result<String, Hazard> {
    let mut names: Vec<String> = text(bytes)?
        .split('\n')
        .map(|line| line.split_whitespace().collect::<String>())
        .filter(|line| line.starts_with(ASSIGNMENT))
        .filter_map(|line| line.split('=').nth(1).map(str::to_owned))
        .collect();
    if names.len() > 1 {
        return Err(Hazard::Several(names));
    }
    match names.pop() {
        None => Err(Hazard::NoValue),
        Some(name) if name.is_empty() => Err(Hazard::Empty),
        Some(name) => Ok(name),
    }
}

/// A name on a line of its own, without `InitiatorName=` before it: scripts of image builds write that. iscsid takes no
/// name from such a line.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::initiatorname::name_without_key;
///
/// let file = b"# made by the build\niqn.2004-05.com.example:a\n";
/// assert_eq!(name_without_key(file), Some("iqn.2004-05.com.example:a"));
/// assert_eq!(name_without_key(b"InitiatorName=iqn.2004-05.com.example:a\n"), None);
/// ```
pub fn name_without_key(bytes: &[u8]) -> Option<&str> {
    let lines = bytes.split(|&byte| byte == b'\n').map(trim_c_space);
    let is_name = |line: &&[u8]| {
        let lower = line.get(..4).unwrap_or_default().to_ascii_lowercase();
        matches!(lower.as_slice(), b"iqn." | b"eui." | b"naa.")
    };
    lines.filter(is_name).find_map(|line| text(line).ok())
}

fn non_empty(value: &str) -> Result<&str, Hazard> {
    if value.is_empty() {
        Err(Hazard::Empty)
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests;
