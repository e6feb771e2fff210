//! Initiator names in the records of open-iscsi.

use super::{FILE, Part};
use crate::observe::Search;
use crate::part::own::{Own, OwnReader, key_value, lines};

/// `iscsid.conf`, an interface or a node.
pub(crate) static ISCSI: OwnReader = OwnReader {
    part: Part::Iqn,
    name: "open-iscsi (iface)",
    keys: "iface.initiatorname out of",
};
/// Records have some 3,000 bytes.
const LIMIT: usize = 64 * 1024;
/// Where open-iscsi and distributions have its records.
const DIRECTORIES: [&str; 2] = ["var/lib/iscsi", "etc/iscsi"];

/// Reads the records.
pub(super) fn read(search: &mut Search<'_>) {
    record(search, "etc/iscsi/iscsid.conf");
    for directory in DIRECTORIES {
        records(search, &format!("{directory}/ifaces"), 0);
        // TARGET/PORTAL/IFACE; of old, TARGET/PORTAL is the record.
        records(search, &format!("{directory}/nodes"), 2);
    }
}

/// The records in a directory and in those below it.
fn records(search: &mut Search<'_>, directory: &str, below: usize) {
    let Some(names) = search.list(directory) else {
        return record(search, directory);
    };
    for name in names {
        if search.is_full() {
            return;
        }
        let path = format!("{directory}/{name}");
        if below > 0 {
            records(search, &path, below - 1);
        } else {
            record(search, &path);
        }
    }
}

fn record(search: &mut Search<'_>, path: &str) {
    let bytes = search.read(path, LIMIT);
    search.add(&ISCSI, path, bytes.and_then(|bytes| iscsi_record(&bytes)));
}

/// `iface.initiatorname` of a record of open-iscsi: an interface, a node or `iscsid.conf` (iscsiadm(8)). The
/// last one counts; `<empty>` is none.
///
/// # Examples
/// ```
/// use sanid_host::own::iscsi_record;
///
/// let own = iscsi_record(b"iface.initiatorname = iqn.2016-04.com.example:a\n").unwrap();
/// assert_eq!(own.names.iqn(), Some("iqn.2016-04.com.example:a"));
/// assert_eq!(iscsi_record(b"iface.initiatorname = <empty>\n"), None);
/// ```
pub fn iscsi_record(bytes: &[u8]) -> Option<Own> {
    let mut own = Own::default();
    for (number, line) in lines(bytes) {
        match key_value(line) {
            Some((b"iface.initiatorname", b"<empty>")) => own.names.set(FILE, None),
            Some((b"iface.initiatorname", value)) => {
                own.set(FILE, value, number);
                own.line = number;
            }
            _ => {}
        }
    }
    own.some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_names_an_initiator_where_it_is_not_empty() {
        let record =
            b"# BEGIN RECORD\niface.iscsi_ifacename = eth0\niface.initiatorname = iqn.a:b\n";
        let own = iscsi_record(record).unwrap();
        assert_eq!((own.line, own.names.iqn()), (3, Some("iqn.a:b")));
        for text in [
            "iface.initiatorname =\n",
            "iface.initiatorname = <empty>\n",
            "#iface.initiatorname = a\n",
        ] {
            assert_eq!(iscsi_record(text.as_bytes()), None, "{text}");
        }
    }
}
