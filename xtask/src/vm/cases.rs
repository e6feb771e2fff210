//! The cases. A new one is an entry here and a script in `tests/vm`.

use super::case::{Boot, Case, Change, Debian, Guest, Kernel};
use super::san_boot;

/// A case in an initramfs-only guest.
const fn ram(
    name: &'static str,
    proves: &'static str,
    kernel: Kernel,
    script: &'static str,
) -> Case {
    Case {
        name,
        proves,
        limit: 120,
        memory: 512,
        guest: Guest::Ram { kernel, script },
    }
}

/// A case of one boot after the other.
const fn container(name: &'static str, proves: &'static str, boots: &'static [Boot]) -> Case {
    Case {
        name,
        proves,
        // For one boot.
        limit: 60,
        memory: 256,
        guest: Guest::Container(boots),
    }
}

/// A case with a whole Debian on a disk.
const fn disk(name: &'static str, proves: &'static str, debian: Debian) -> Case {
    Case {
        name,
        proves,
        // For one boot.
        limit: 600,
        memory: 512,
        guest: Guest::Disk {
            debian,
            boots: TIMED,
        },
    }
}

/// A boot that looks at the names (`tests/vm/names.sh` knows the words).
const fn names(arguments: &'static str, before: &'static [Change]) -> Boot {
    Boot {
        before,
        script: "names.sh",
        arguments,
        options: &[],
    }
}

const TIMED: &[Boot] = &[names("first timing", &[]), names("same timing", &[])];

const MACHINE_ID: &str = "etc/machine-id";
/// What an image builder leaves for systemd to fill.
const RESET: &[Change] = &[Change::Write(MACHINE_ID, "")];

/// Longer than everything else at a boot.
const SLOW: &str = "[Service]\nExecStartPre=/bin/sleep 2\n";

/// Every case.
pub(super) const ALL: &[Case] = &[
    ram(
        "live_connect_6_1",
        "NVMe/TCP and iSCSI connect by the files, targets admit this host only, drift is found",
        Kernel::V6_1,
        "live-connect.sh",
    ),
    ram(
        "live_connect_6_12",
        "the same with Debian 13's kernel",
        Kernel::V6_12,
        "live-connect.sh",
    ),
    ram(
        "pair_rule_6_1",
        "a live controller holds up --replace; a shared half that the kernel lets pass is found",
        Kernel::V6_1,
        "pair-rule.sh",
    ),
    ram(
        "pair_rule_6_12",
        "a live controller holds up --replace; the kernel refuses a shared half",
        Kernel::V6_12,
        "pair-rule.sh",
    ),
    Case {
        name: "power_cut",
        proves: "the power is cut at 32 random moments of a change: no torn file, and apply repairs the pair",
        // For one boot.
        limit: 121,
        memory: 256,
        guest: Guest::PowerCut {
            kernel: Kernel::V6_1,
            script: "power-cut.sh",
            cuts: 32,
        },
    },
    container(
        "boot_and_reboot",
        "names are there after the first boot, and the same after every other",
        &[names("first", &[]), names("same", &[]), names("same", &[])],
    ),
    container(
        "upgrade",
        "a package's post-install that removes or replaces the files does not change the host's names unseen",
        &[
            names("first then-remove-all", &[]),
            names("same then-remove-one", &[]),
            names("same then-postinst", &[]),
            names("kept", &[]),
            names("same", &[]),
        ],
    ),
    container(
        "reinstall",
        "a new root file system with the same machine-id has the same names",
        &[
            names("first", &[]),
            names(
                "same",
                &[Change::Reinstall {
                    keep: &[MACHINE_ID],
                }],
            ),
        ],
    ),
    container(
        "template_reset",
        "a clone with its machine-id reset gets names of its own at its first boot, by itself",
        &[
            names("first", &[]),
            names("other", RESET),
            names("same", &[]),
        ],
    ),
    container(
        "clone_same_id",
        "a clone with the same machine-id has the same names: determinism hides duplicates",
        &[names("first", &[]), names("same", &[])],
    ),
    container(
        "transient_id",
        "an empty machine-id on a read-only root: refused with the three ways to make it stable",
        &[Boot {
            before: RESET,
            script: "transient.sh",
            arguments: "",
            options: &["--read-only"],
        }],
    ),
    container(
        "read_only_root",
        "on a read-only /etc the names are bind-mounted, once, and seen by who mounts the directory",
        &[Boot {
            before: &[Change::Write(
                MACHINE_ID,
                "3d1219c7c4c5404aaa1f6d2a48adfda4\n",
            )],
            script: "read-only.sh",
            arguments: "",
            options: &["--read-only"],
        }],
    ),
    container(
        "ordering",
        "sanid has finished before any storage client starts, however long it takes",
        &[
            Boot {
                before: &[
                    // With no ordering the others would be first for certain.
                    Change::Write("etc/systemd/system/sanid.service.d/slow.conf", SLOW),
                    Change::Write(
                        "etc/systemd/system/sanid-machine-id.service.d/slow.conf",
                        SLOW,
                    ),
                    Change::Enable("iscsid.service"),
                    // open-iscsi starts only where there is something to log in to.
                    Change::Write("etc/iscsi/nodes/placeholder", ""),
                ],
                script: "ordering.sh",
                arguments: "sanid-machine-id.service",
                options: &[],
            },
            Boot {
                before: &[],
                script: "ordering.sh",
                arguments: "sanid.service",
                options: &[],
            },
        ],
    ),
    disk(
        "debian_12",
        "a whole Debian 12 with its kernel: names at the first boot, the same after, and what that takes",
        Debian::Twelve,
    ),
    disk(
        "debian_13",
        "a whole Debian 13 with its kernel: names at the first boot, the same after, and what that takes",
        Debian::Thirteen,
    ),
    san_boot::ISCSI,
    san_boot::NVME_TCP,
    san_boot::NVME_TCP_13,
    san_boot::INITRAMFS_TOOLS,
];
