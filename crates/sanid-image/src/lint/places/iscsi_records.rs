//! Records of open-iscsi: an `iface.initiatorname` counts more than the file (iscsiadm(8)).

use sanid_host::root::escape;

use super::{Content, Place, Reads};
use crate::lint::finding::{Finding, ISCSI_RECORD, quoted};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "var/lib/iscsi/**",
        "etc/iscsi/nodes/**",
        "etc/iscsi/ifaces/**",
        "etc/iscsi/send_targets/**",
        "etc/iscsi/static/**",
        "etc/iscsi/iscsid.conf",
        "usr/etc/iscsi/iscsid.conf",
    ],
    reads: Reads::Text,
    judge,
};

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    let text = content.text();
    let name = text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        let value = value.trim();
        let set = !matches!(value, "" | "<empty>");
        (key.trim() == "iface.initiatorname" && set).then(|| escape(value.as_bytes()))
    });
    name.into_iter()
        .map(|name| {
            let seen = format!("iface.initiatorname {name}");
            let fix = format!("sed -i '/^iface\\.initiatorname/d' {}", quoted(path));
            Finding::by_hand(&ISCSI_RECORD, path, seen, fix)
        })
        .collect()
}
