//! Boots and reboots of a real systemd: names at the first boot and after, upgrades, templates, credentials, and
//! the order of units.

use crate::case::{Boot, Case, Change, Guest, System};
use crate::debian::Debian;

/// One boot after the other.
const fn container(name: &'static str, proves: &'static str, boots: &'static [Boot]) -> Case {
    Case {
        name,
        proves,
        takes: 5 * boots.len() as u64,
        memory: 256,
        guest: Guest::Container {
            debian: Debian::Twelve,
            boots,
        },
    }
}

/// A whole Debian on a disk.
const fn disk(name: &'static str, proves: &'static str, debian: Debian) -> Case {
    Case {
        name,
        proves,
        takes: 120,
        memory: 512,
        guest: Guest::Disk {
            debian,
            boots: TIMED,
            system: System::Sanid,
        },
    }
}

/// A whole Debian on which administrators install packages.
const fn packages(
    name: &'static str,
    proves: &'static str,
    debian: Debian,
    system: System,
) -> Case {
    Case {
        name,
        proves,
        takes: 200,
        memory: 512,
        guest: Guest::Disk {
            debian,
            boots: INSTALLED,
            system,
        },
    }
}

/// A boot that checks the packages (`packages.sh` knows the words).
const fn installed(arguments: &'static str) -> Boot {
    Boot {
        before: &[],
        script: "packages.sh",
        arguments,
        options: &[],
    }
}

const INSTALLED: &[Boot] = &[
    installed("install"),
    installed("kept then-again"),
    installed("made then-purge"),
];

/// A boot that checks the names (`names.sh` knows the words).
const fn names(arguments: &'static str, before: &'static [Change]) -> Boot {
    Boot {
        before,
        script: "names.sh",
        arguments,
        options: &[],
    }
}

const COST: &[Boot] = &[Boot {
    before: &[FIXED_ID],
    script: "boot-cost.sh",
    arguments: "",
    options: &[],
}];

const TIMED: &[Boot] = &[names("first timing", &[]), names("same timing", &[])];

const MACHINE_ID: &str = "etc/machine-id";
/// What an image builder leaves for systemd to fill: virt-sysprep truncates the file, `cloud-init clean
/// --machine-id` removed it (22.4, Debian 12) and writes a word by now.
const TRUNCATED: Change = Change::Write(MACHINE_ID, "");
const FIXED_ID: Change = Change::Write(MACHINE_ID, "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
const REMOVED: Change = Change::Remove(MACHINE_ID);
const UNINITIALIZED: Change = Change::Write(MACHINE_ID, "uninitialized\n");
/// virt-sysprep does the same to the copy of D-Bus; cloud-init leaves it.
const DBUS_TRUNCATED: Change = Change::Write("var/lib/dbus/machine-id", "");
const DBUS_REMOVED: Change = Change::Remove("var/lib/dbus/machine-id");

/// A boot that checks which unit began when (`ordering.sh`).
const fn ordering(arguments: &'static str, before: &'static [Change]) -> Boot {
    Boot {
        before,
        script: "ordering.sh",
        arguments,
        // nvme-stas starts only where the kernel's module is.
        options: &["--bind=/dev/null:/dev/nvme-fabrics"],
    }
}

/// All clients start, and sanid takes so long that without an order they would be first for certain.
const ALL_START: &[Change] = &[
    Change::Copy("etc/systemd/system/sanid.service.d/slow.conf", "slow.conf"),
    Change::Copy(
        "etc/systemd/system/sanid-machine-id.service.d/slow.conf",
        "slow.conf",
    ),
    Change::Enable("iscsid.service"),
    // open-iscsi starts only where there is something to log in to.
    Change::Write("etc/iscsi/nodes/placeholder", ""),
    Change::Write("var/lib/iscsi/nodes/placeholder", ""),
    Change::Copy(
        "etc/systemd/system/nvmf-autoconnect.service.d/always.conf",
        "always.conf",
    ),
    Change::Copy(
        "etc/systemd/system/nvmefc-boot-connections.service.d/always.conf",
        "always.conf",
    ),
    Change::Copy(
        "etc/systemd/system/nvmf-connect-nbft.service.d/always.conf",
        "always.conf",
    ),
    // stafd and stacd, told to stop while they start, do not, and systemd would wait for 90 s.
    Change::Write(
        "etc/systemd/system.conf.d/stop.conf",
        "[Manager]\nDefaultTimeoutStopSec=3s\n",
    ),
    // What udev and network management start.
    Change::Write(
        "etc/systemd/system/sysinit.target.d/started.conf",
        "[Unit]\nWants=nvmf-connect@x.service nvmf-connect-nbft.service\n",
    ),
];

pub(super) const ALL: &[Case] = &[
    Case {
        name: "cloud_init_first_boot",
        proves: "a machine that boots for the first time, with the machine-id of the inventory and the user data of \
                 docs/deployment.md, is logged in at an array that got its ACLs from the same inventory",
        takes: 120,
        memory: 768,
        guest: Guest::Disk {
            debian: Debian::Thirteen,
            boots: &[Boot {
                before: &[],
                script: "cloud-init.sh",
                arguments: "",
                options: &[],
            }],
            system: System::CloudInit,
        },
    },
    packages(
        "packages_12",
        "packages installed in a running system make no name and start nothing; a reboot keeps the names that are \
         there, and makes them where there are none; removal and purge leave the names",
        Debian::Twelve,
        System::Packages,
    ),
    packages(
        "packages_13",
        "the same on Debian 13",
        Debian::Thirteen,
        System::Packages,
    ),
    packages(
        "packages_selinux",
        "the same with SELinux: every file has the policy's label, and nothing would be denied",
        Debian::Twelve,
        System::PackagesAndSelinux,
    ),
    container(
        "boot_and_reboot",
        "the names exist after the first boot and stay the same after every later one",
        &[
            names("first timing", &[]),
            names("same once timing", &[]),
            Boot {
                options: &["--tmpfs=/var/lib/sanid"],
                ..names("same twice", &[])
            },
            names("same then-new-id", &[]),
        ],
    ),
    container(
        "tmp_emptied",
        "units start while /tmp is emptied, as systemd-tmpfiles does at boot",
        &[Boot {
            script: "tmp-emptied.sh",
            ..names("", &[])
        }],
    ),
    container(
        "upgrade",
        "a package's post-install script that removes or replaces the files does not change the host's names unnoticed",
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
        "four clones of a template in which sanid ran, with the machine-id reset as virt-sysprep and cloud-init do it, each get unique names at their first boot, before any client starts",
        &[
            names("first clients then-dbus-copy", ALL_START),
            names(
                "other clients",
                &[Change::Capture, TRUNCATED, DBUS_TRUNCATED],
            ),
            names("other clients", &[Change::Clone, TRUNCATED, DBUS_TRUNCATED]),
            names("other clients", &[Change::Clone, REMOVED, DBUS_REMOVED]),
            names(
                "other clients",
                &[Change::Clone, UNINITIALIZED, DBUS_REMOVED],
            ),
            names("same", &[]),
            // What is not reset is the machine-id that systemd takes.
            names("template", &[Change::Clone, UNINITIALIZED]),
        ],
    ),
    container(
        "transient_id",
        "an empty machine-id on a read-only root is refused, with the three ways to make it stable",
        &[Boot {
            before: &[TRUNCATED],
            script: "transient.sh",
            arguments: "",
            options: &["--read-only"],
        }],
    ),
    container(
        "read_only_root",
        "on a read-only /etc the names are bind-mounted once, and a container that mounts the directory sees them",
        &[Boot {
            before: &[FIXED_ID],
            script: "read-only.sh",
            arguments: "",
            options: &["--read-only"],
        }],
    ),
    container(
        "credentials",
        "the units pass credentials on, including a configuration, and nvme runs in their sandbox",
        &[
            Boot {
                before: &[FIXED_ID],
                script: "credentials.sh",
                arguments: "names",
                options: &[
                    "--set-credential=sanid.iqn:iqn.2004-05.com.example:vm7",
                    "--set-credential=sanid.config:pin.hostid = \"7c9e6679-7425-40de-944b-e07fc1f90ae7\"",
                ],
            },
            Boot {
                before: &[],
                script: "credentials.sh",
                arguments: "nvme-tool",
                options: &["--set-credential=sanid.config:scheme = \"nvme-tool\""],
            },
        ],
    ),
    container(
        "ordering_debian_12",
        "sanid has finished before any storage client starts, however long it takes",
        &[
            ordering(
                "sanid-machine-id.service iscsid.socket iscsid.service open-iscsi.service nvmf-autoconnect.service",
                ALL_START,
            ),
            ordering(
                "sanid.service iscsid.socket iscsid.service open-iscsi.service nvmf-autoconnect.service \
                 nvmefc-boot-connections.service nvmf-connect@x.service",
                &[],
            ),
        ],
    ),
    Case {
        guest: Guest::Container {
            debian: Debian::Thirteen,
            boots: &[
                ordering(
                    "sanid-machine-id.service iscsid.socket iscsid.service open-iscsi.service nvmf-autoconnect.service \
                     nvmf-connect-nbft.service stafd.service stacd.service",
                    ALL_START,
                ),
                ordering(
                    "sanid.service iscsid.socket iscsid.service open-iscsi.service nvmf-autoconnect.service \
                     nvmf-connect-nbft.service stafd.service stacd.service \
                     nvmefc-boot-connections.service nvmf-connect@x.service",
                    &[],
                ),
            ],
        },
        ..container(
            "ordering_debian_13",
            "the same with nvme-stas, and with Fibre Channel connected before local file systems",
            &[],
        )
    },
    container(
        "boot_cost_12",
        "the units run; measured: sanid.service beside the commit of the machine-id and /bin/true in the same sandbox",
        COST,
    ),
    Case {
        guest: Guest::Container {
            debian: Debian::Thirteen,
            boots: COST,
        },
        ..container("boot_cost_13", "the same with Debian 13's systemd", COST)
    },
    disk(
        "debian_12",
        "a whole Debian 12 with its kernel: names at the first boot, the same names later, and the time that this takes",
        Debian::Twelve,
    ),
    disk(
        "debian_13",
        "a whole Debian 13 with its kernel: names at the first boot, the same names later, and the time that this takes",
        Debian::Thirteen,
    ),
];
