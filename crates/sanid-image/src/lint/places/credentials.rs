//! systemd credentials that are identities (systemd.exec(5), systemd-stub(7)).

use super::{Content, Place, Reads, file_name};
use crate::lint::finding::{CREDENTIAL, Finding};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "etc/credstore/*",
        "etc/credstore.encrypted/*",
        "usr/lib/credstore/*",
        "usr/lib/credstore.encrypted/*",
        "usr/local/lib/credstore/*",
        "usr/local/lib/credstore.encrypted/*",
        "run/credstore/*",
        "run/credstore.encrypted/*",
        "run/credentials/*/*",
        "boot/loader/credentials/*",
        "boot/efi/loader/credentials/*",
        "efi/loader/credentials/*",
        "boot/EFI/Linux/*.extra.d/*.cred",
        "efi/EFI/Linux/*.extra.d/*.cred",
    ],
    reads: Reads::Text,
    judge,
};

/// The credentials by which a host gets an identity.
pub(super) const NAMES: [&str; 4] = [
    "sanid.iqn",
    "sanid.hostnqn",
    "sanid.hostid",
    "system.machine_id",
];

fn judge(path: &str, _: &Content) -> Vec<Finding> {
    let name = file_name(path);
    let name = name.strip_suffix(".cred").unwrap_or(name);
    if !NAMES.contains(&name) {
        return Vec::new();
    }
    let seen = format!("the credential {name}");
    vec![Finding::by_hand(
        &CREDENTIAL,
        path,
        seen,
        crate::lint::finding::rm(path),
    )]
}
