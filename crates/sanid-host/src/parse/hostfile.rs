//! `/etc/nvme/hostnqn` and `/etc/nvme/hostid`, as each program reads them.
//!
//! The one form that all of them read alike is a single line with the value, ended by a line feed,
//! and nothing else in the file.

use super::{Hazard, Reader, ReaderView, before, is_python_space, only_relevant_line, text};
use std::borrow::Cow;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostFile {
    /// `/etc/nvme/hostnqn`
    HostNqn,
    /// `/etc/nvme/hostid`
    HostId,
}

/// The programs that read `hostnqn`, the one that connects first.
static HOSTNQN: &[Reader] = &[
    Reader {
        name: "libnvme (nvme-cli)",
        read: |bytes| libnvme_hostnqn(bytes).map(Cow::Borrowed),
    },
    Reader {
        name: "nvme-stas",
        read: |bytes| stas_hostnqn(bytes).map(Cow::Borrowed),
    },
    Reader {
        name: "os-brick (OpenStack)",
        read: |bytes| os_brick(bytes).map(Cow::Borrowed),
    },
    Reader {
        name: "gonvme (Dell's CSI drivers)",
        read: |bytes| gonvme(bytes).map(Cow::Borrowed),
    },
    Reader {
        name: "IBM's CSI driver",
        read: |bytes| only_relevant_line(bytes).map(Cow::Borrowed),
    },
];

/// The programs that read `hostid`, the one that connects first.
static HOSTID: &[Reader] = &[
    Reader {
        name: "libnvme (nvme-cli)",
        read: |bytes| libnvme_hostid(bytes).map(Cow::Borrowed),
    },
    Reader {
        name: "nvme-stas",
        read: |bytes| stas_hostid(bytes).map(Cow::Borrowed),
    },
    Reader {
        name: "os-brick (OpenStack)",
        read: |bytes| os_brick(bytes).map(Cow::Borrowed),
    },
];

/// What every known reader takes from the file.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::{HostFile, all_readers};
///
/// let file = b"nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b\n";
/// let views = all_readers(HostFile::HostNqn, file);
/// assert!(views.iter().all(|view| view.value.is_ok()));
/// ```
pub fn all_readers(file: HostFile, bytes: &[u8]) -> Vec<ReaderView> {
    let readers = match file {
        HostFile::HostNqn => HOSTNQN,
        HostFile::HostId => HOSTID,
    };
    super::views(readers, bytes)
}

/// The readers that would not take `expected` from the file, and what they take instead.
///
/// # Examples
///
/// ```
/// use sanid_host::parse::hostfile::{HostFile, disagreement};
///
/// let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
/// assert!(disagreement(HostFile::HostId, format!("{id}\n").as_bytes(), id).is_empty());
/// let indented = disagreement(HostFile::HostId, format!(" {id}\n").as_bytes(), id);
/// assert_eq!(indented[0].reader, "libnvme (nvme-cli)");
/// ```
pub fn disagreement(file: HostFile, bytes: &[u8], expected: &str) -> Vec<ReaderView> {
    super::unlike(expected, all_readers(file, bytes))
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
/// [`Hazard::Refused`] when the first line is blank, and [`Hazard::NotUtf8`].
pub fn stas_hostid(bytes: &[u8]) -> Result<&str, Hazard> {
    let text = text(bytes)?;
    let line = text.split(['\n', '\r']).next().unwrap_or(text);
    line.split(is_python_space)
        .find(|word| !word.is_empty())
        .ok_or(Hazard::Refused("its first line is blank"))
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
    const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

    /// The readers, by the first word of their names.
    fn named(views: &[ReaderView]) -> Vec<String> {
        views
            .iter()
            .map(|view| view.reader.split(' ').next().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn readers_of_hostnqn_disagree_where_they_do() {
        for (file, expected) in [
            (format!("{NQN}\n"), [].as_slice()),
            (NQN.to_owned(), &[]),
            (format!("{NQN} \n"), &["libnvme", "gonvme"]),
            (format!("{NQN}\r\n"), &["libnvme", "gonvme"]),
            (format!(" {NQN}\n"), &["libnvme", "gonvme"]),
            (format!("{NQN}\n\n"), &[]),
            (format!("\n{NQN}\n"), &["libnvme", "nvme-stas"]),
            (
                format!("# ours\n{NQN}\n"),
                &["libnvme", "nvme-stas", "os-brick", "gonvme"],
            ),
            (
                format!("{NQN} # ours\n"),
                &["libnvme", "os-brick", "gonvme", "IBM's"],
            ),
            (
                format!("{NQN}\nnqn.2004-05.com.example:b\n"),
                &["os-brick", "gonvme", "IBM's"],
            ),
            (
                format!("{NQN}\0\n"),
                &["nvme-stas", "os-brick", "gonvme", "IBM's"],
            ),
            (
                String::new(),
                &["libnvme", "nvme-stas", "os-brick", "gonvme", "IBM's"],
            ),
        ] {
            let others = named(&disagreement(HostFile::HostNqn, file.as_bytes(), NQN));
            assert_eq!(others, expected, "{file:?}");
        }
    }

    #[test]
    fn readers_of_hostid_disagree_where_they_do() {
        for (file, expected) in [
            (format!("{ID}\n"), [].as_slice()),
            (ID.to_owned(), &[]),
            // libnvme's buffer ends with the UUID, so it never sees what follows.
            (format!("{ID} \n"), &[]),
            (format!("{ID} # ours\n"), &["os-brick"]),
            (format!("{ID}x\n"), &["nvme-stas", "os-brick"]),
            (format!(" {ID}\n"), &["libnvme"]),
            (format!("\n{ID}\n"), &["libnvme", "nvme-stas"]),
            (format!("{ID}\n{ID}\n"), &["os-brick"]),
        ] {
            let others = named(&disagreement(HostFile::HostId, file.as_bytes(), ID));
            assert_eq!(others, expected, "{file:?}");
        }
    }

    #[test]
    fn libnvme_reads_a_buffer_up_to_a_nul_or_a_line_feed() {
        let long = "x".repeat(300);
        for (file, nqn, id) in [
            ("", Err(Hazard::NoValue), Err(Hazard::NoValue)),
            ("\0a\n", Err(Hazard::NoValue), Err(Hazard::NoValue)),
            ("\n", Err(Hazard::Empty), Err(Hazard::Empty)),
            ("\na", Err(Hazard::Empty), Err(Hazard::Empty)),
            (" \n", Ok(" "), Ok(" ")),
            ("a\0b\n", Ok("a"), Ok("a")),
            ("a\nb\n", Ok("a"), Ok("a")),
            (long.as_str(), Ok(&long[..222]), Ok(&long[..36])),
        ] {
            assert_eq!(libnvme_hostnqn(file.as_bytes()), nqn, "{file:?}");
            assert_eq!(libnvme_hostid(file.as_bytes()), id, "{file:?}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_a_hazard_only_where_they_are_read() {
        assert_eq!(libnvme_hostnqn(b"nqn.\xff\n"), Err(Hazard::NotUtf8));
        assert_eq!(libnvme_hostnqn(b"nqn.a\n\xff"), Ok("nqn.a"));
    }

    #[test]
    fn nvme_stas_refuses_what_is_no_nqn() {
        let long = format!("nqn.{}", "x".repeat(220));
        for (file, reason) in [
            ("iqn.2004-05.com.example:a\n", "does not begin with nqn."),
            (long.as_str(), "longer than 223"),
            (" \n", "first line is blank"),
            ("", "first line is blank"),
        ] {
            let hazard = stas_hostnqn(file.as_bytes()).unwrap_err().to_string();
            assert!(
                hazard.starts_with("refuses the file") && hazard.contains(reason),
                "{hazard}"
            );
        }
    }

    #[test]
    fn several_lines_are_several_hosts_to_gonvme() {
        let file = format!("{NQN}\n# ours\n");
        assert_eq!(
            gonvme(file.as_bytes()),
            Err(Hazard::Several(vec![NQN.to_owned(), "# ours".to_owned()]))
        );
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            all_readers(HostFile::HostNqn, &bytes);
            all_readers(HostFile::HostId, &bytes);
        }

        #[test]
        fn one_line_is_read_alike_by_all(name in "nqn\\.[a-z0-9.:-]{1,200}") {
            prop_assert_eq!(disagreement(HostFile::HostNqn, format!("{name}\n").as_bytes(), &name), []);
        }
    }
}
