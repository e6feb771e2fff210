//! `/etc/nvme/hostnqn` and `/etc/nvme/hostid`, as each program reads them.
//!
//! The one form that all of them read alike is a single line with the value, ended by a line feed,
//! and nothing else in the file.

use super::Read::Text;
use super::{Hazard, Reader, ReaderView, before, is_python_space, only_relevant_line, text};
use sanid_core::{HostNqn, HostUuid};

/// nvme-cli 3.1 among the readers.
pub const LIBNVME_3: &str = "libnvme 3 (nvme-cli 3.1)";

/// The programs that read `hostnqn`, the one that connects first.
static HOSTNQN: &[Reader] = &[
    Reader("libnvme (nvme-cli)", Text(libnvme_hostnqn)),
    Reader(LIBNVME_3, Text(libnvme_3_hostnqn)),
    Reader("nvme-stas", Text(stas_hostnqn)),
    Reader("os-brick (OpenStack)", Text(os_brick)),
    Reader("gonvme (Dell's CSI drivers)", Text(gonvme)),
    Reader("IBM's CSI driver", Text(only_relevant_line)),
];

/// The programs that read `hostid`, the one that connects first.
static HOSTID: &[Reader] = &[
    Reader("libnvme (nvme-cli)", Text(libnvme_hostid)),
    Reader(LIBNVME_3, Text(libnvme_3_hostid)),
    Reader("nvme-stas", Text(stas_hostid)),
    Reader("os-brick (OpenStack)", Text(os_brick)),
];

/// What every known reader takes from `hostnqn`.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::hostnqn_readers;
///
/// let file = b"nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b\n";
/// let views = hostnqn_readers(file);
/// assert!(views.iter().all(|view| view.value.is_ok()));
/// ```
pub fn hostnqn_readers(bytes: &[u8]) -> Vec<ReaderView> {
    super::views(HOSTNQN, bytes)
}

/// What every known reader takes from `hostid`.
pub fn hostid_readers(bytes: &[u8]) -> Vec<ReaderView> {
    super::views(HOSTID, bytes)
}

/// The host NQN libnvme uses, and so nvme-cli.
///
/// Mirrors `nvmf_read_file` in libnvme's `src/nvme/fabrics.c`: the first 222 bytes, up to a NUL or
/// a line feed, with nothing trimmed. A comment line is the NQN.
///
/// # Errors
///
/// [`Hazard::NoValue`] for a file that is empty or begins with a NUL, [`Hazard::Empty`] for one
/// that begins with a line feed, and [`Hazard::NotUtf8`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::libnvme_hostnqn;
///
/// let file = b"nqn.2004-05.com.example:a \nmore";
/// assert_eq!(libnvme_hostnqn(file), Ok("nqn.2004-05.com.example:a "));
/// ```
pub fn libnvme_hostnqn(bytes: &[u8]) -> Result<&str, Hazard> {
    libnvme(bytes, 222)
}

/// The Host ID libnvme uses, and so nvme-cli: like [`libnvme_hostnqn`], from the first 36 bytes.
///
/// # Errors
///
/// Those of [`libnvme_hostnqn`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::libnvme_hostid;
///
/// let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
/// assert_eq!(libnvme_hostid(format!("{id} # ours").as_bytes()), Ok(id));
/// ```
pub fn libnvme_hostid(bytes: &[u8]) -> Result<&str, Hazard> {
    libnvme(bytes, 36)
}

fn libnvme(bytes: &[u8], buffer: usize) -> Result<&str, Hazard> {
    let string = before(bytes.get(..buffer).unwrap_or(bytes), 0);
    if string.is_empty() {
        return Err(Hazard::NoValue);
    }
    match before(string, b'\n') {
        [] => Err(Hazard::Empty),
        line => text(line),
    }
}

/// The host NQN that libnvme 3 uses, and so nvme-cli 3.1: like [`libnvme_hostnqn`], if it is a valid NQN.
///
/// Mirrors `shr_nqn_valid` in nvme-cli's `shared/nqn-util.c`. Where the file is ignored, nvme-cli uses
/// `nqn.2014-08.org.nvmexpress:uuid:` and the Host ID.
///
/// # Errors
///
/// Those of [`libnvme_hostnqn`], and [`Hazard::Refused`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::{libnvme_3_hostnqn, libnvme_hostnqn};
///
/// let file = b"nqn.2004-05.com.example:a\r\n";
/// assert!(libnvme_hostnqn(file).is_ok() && libnvme_3_hostnqn(file).is_err());
/// ```
pub fn libnvme_3_hostnqn(bytes: &[u8]) -> Result<&str, Hazard> {
    let refused = |why| Err(Hazard::Refused(why));
    let value = match libnvme_hostnqn(bytes) {
        Err(Hazard::NotUtf8) => return refused(NOT_PRINTABLE),
        value => value?,
    };
    let Some(rest) = value.strip_prefix("nqn.") else {
        return refused("it does not begin with nqn.");
    };
    if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
        return refused(NOT_PRINTABLE);
    }
    if let Some(uuid) = value.strip_prefix(HostNqn::UUID_PREFIX) {
        return match HostUuid::parse(uuid) {
            Ok(_) => Ok(value),
            Err(_) => refused("its UUID is not 8-4-4-4-12 hexadecimal digits"),
        };
    }
    match rest.as_bytes() {
        [year @ .., _] if is_date(year) => Ok(value),
        _ => refused("no year, month and domain follow nqn."),
    }
}

const NOT_PRINTABLE: &str = "it has whitespace, or bytes that are not printable ASCII";

/// Whether a text begins with a year, a month and a dot.
fn is_date(text: &[u8]) -> bool {
    let [y1, y2, y3, y4, b'-', m1, m2, b'.', ..] = text else {
        return false;
    };
    let digits = [y1, y2, y3, y4, m1, m2].into_iter().all(u8::is_ascii_digit);
    digits && matches!((m1, m2), (b'0', b'1'..) | (b'1', ..=b'2'))
}

/// The Host ID that libnvme 3 uses, and so nvme-cli 3.1: like [`libnvme_hostid`], if it is a UUID in the
/// canonical form, in either case, and not zero.
///
/// Mirrors `shr_hostid_valid` in nvme-cli's `shared/nqn-util.c`. Where the file is ignored, nvme-cli uses the
/// UUID of the host NQN, or else what `gen-hostnqn` gives.
///
/// # Errors
///
/// Those of [`libnvme_hostid`], and [`Hazard::Refused`].
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::libnvme_3_hostid;
///
/// assert!(libnvme_3_hostid(b"652f5d50-a689-4520-b87b-fe2552ef6b8b\n").is_ok());
/// assert!(libnvme_3_hostid(b"652f5d50a6894520b87bfe2552ef6b8b\n").is_err());
/// ```
pub fn libnvme_3_hostid(bytes: &[u8]) -> Result<&str, Hazard> {
    let refused =
        Hazard::Refused("it is not a UUID of 8-4-4-4-12 hexadecimal digits that is not zero");
    let value = match libnvme_hostid(bytes) {
        Err(Hazard::NotUtf8) => return Err(refused),
        value => value?,
    };
    match HostUuid::parse(value) {
        Ok(uuid) if *uuid.as_bytes() != [0; 16] => Ok(value),
        _ => Err(refused),
    }
}

/// nvme-stas: the first word of the first line, which must look like an NQN.
///
/// Mirrors `SysConf` in nvme-stas' `staslib/conf.py`; a missing value ends the program.
///
/// # Errors
///
/// [`Hazard::Refused`], and [`Hazard::NotUtf8`].
pub fn stas_hostnqn(bytes: &[u8]) -> Result<&str, Hazard> {
    let value = stas_hostid(bytes)?;
    if !value.starts_with("nqn.") {
        return Err(Hazard::Refused("its first word does not begin with nqn."));
    }
    if value.chars().count() > 223 {
        return Err(Hazard::Refused(
            "its first word is longer than 223 characters",
        ));
    }
    Ok(value)
}

/// nvme-stas: the first word of the first line.
///
/// # Errors
///
/// [`Hazard::Refused`] when the first line has only whitespace, and [`Hazard::NotUtf8`].
pub fn stas_hostid(bytes: &[u8]) -> Result<&str, Hazard> {
    let text = text(bytes)?;
    let line = text.split(['\n', '\r']).next().unwrap_or(text);
    line.split(is_python_space)
        .find(|word| !word.is_empty())
        .ok_or(Hazard::Refused("its first line has only whitespace"))
}

/// os-brick: the whole file without white space at its ends, further lines included.
///
/// Mirrors `get_host_nqn` and `get_nvme_host_id` in os-brick's `os_brick/utils.py`. A file it may
/// not open, it overwrites.
///
/// # Errors
///
/// [`Hazard::Empty`] and [`Hazard::NotUtf8`].
pub fn os_brick(bytes: &[u8]) -> Result<&str, Hazard> {
    match text(bytes)?.trim_matches(is_python_space) {
        "" => Err(Hazard::Empty),
        value => Ok(value),
    }
}

/// Dell's gonvme: every line that is not empty is an NQN of this host, with nothing trimmed.
///
/// Mirrors `getInitiators` in `gonvme_tcp_fc.go`.
///
/// # Errors
///
/// [`Hazard::Several`], [`Hazard::NoValue`] and [`Hazard::NotUtf8`].
pub fn gonvme(bytes: &[u8]) -> Result<&str, Hazard> {
    let lines: Vec<&str> = text(bytes)?
        .split('\n')
        .filter(|line| !line.is_empty())
        .collect();
    match lines.as_slice() {
        [] => Err(Hazard::NoValue),
        [only] => Ok(only),
        several => Err(Hazard::Several(
            several.iter().map(ToString::to_string).collect(),
        )),
    }
}

#[cfg(test)]
mod tests;
