//! The cases, by subject. A new case is an entry in one of these lists and a script in `guest`.

mod boot;
mod claims;
mod hardware;
mod storage;

use crate::case::Case;

/// Every case.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    [storage::ALL, hardware::ALL, boot::ALL, claims::ALL]
        .into_iter()
        .flatten()
}

/// Cases that run with `--long` or by name: measurements, which assert nothing, and cases of minutes of which others
/// prove the parts at every landing. What packages do is in the step `dist`, in chroots. Roots by iSCSI and by dracut are in `san_boot_initramfs_tools` and
/// `san_boot_nvme_tcp_13`; what the guide of a migration does with targets is in the cases of live connections.
pub(crate) const LONG: [&str; 10] = [
    "boot_cost_12",
    "boot_cost_13",
    "cloud_init_first_boot",
    "migration_guide_12",
    "migration_guide_13",
    "packages_12",
    "packages_13",
    "packages_selinux",
    "san_boot_iscsi",
    "san_boot_nvme_tcp",
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let names: BTreeSet<_> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(LONG.iter().all(|name| names.contains(name)));
    }
}
