//! Cases with real targets: connections, exports to targets, boots from storage.

use crate::case::{Addition, Case, Disk, Guest, Machine, Maker, Seed, Storage, System};
use crate::debian::Debian::{self, Thirteen, Twelve};

/// Without anything that the script needs to know.
const ANY: Machine = Machine {
    name: "any",
    uuid: None,
    board: None,
    mac: None,
    options: &[],
    disk: Disk::None,
};

const fn initramfs(
    name: &'static str,
    proves: &'static str,
    debian: Debian,
    script: &'static str,
) -> Case {
    Case {
        name,
        proves,
        takes: 20,
        memory: 512,
        guest: Guest::Initramfs {
            debian,
            script,
            additions: &[],
            machines: &[ANY],
        },
    }
}

/// With sanid-fleet and targetcli.
const fn fleet(
    name: &'static str,
    proves: &'static str,
    debian: Debian,
    script: &'static str,
) -> Case {
    Case {
        name,
        proves,
        takes: 60,
        memory: 768,
        guest: Guest::Initramfs {
            debian,
            script,
            additions: &[Addition::FleetExport],
            machines: &[ANY],
        },
    }
}

const fn san_boot(
    name: &'static str,
    proves: &'static str,
    debian: Debian,
    (maker, storage, seed): (Maker, Storage, Seed),
) -> Case {
    Case {
        name,
        proves,
        takes: 100,
        memory: 768,
        guest: Guest::SanBoot {
            debian,
            maker,
            storage,
            seed,
        },
    }
}

const fn guide(name: &'static str, proves: &'static str, debian: Debian) -> Case {
    Case {
        name,
        proves,
        takes: 200,
        memory: 512,
        guest: Guest::Disk {
            debian,
            boots: &[crate::case::Boot {
                before: &[],
                script: "migration-guide.sh",
                arguments: "",
                options: &[],
            }],
            system: System::Guide,
        },
    }
}

pub(super) const ALL: &[Case] = &[
    initramfs(
        "live_connect_6_1",
        "NVMe/TCP and iSCSI connect by the files, targets admit this host only, drift is found",
        Twelve,
        "live-connect.sh",
    ),
    initramfs(
        "live_connect_6_12",
        "the same with Debian 13's kernel",
        Thirteen,
        "live-connect.sh",
    ),
    initramfs(
        "pair_rule_6_1",
        "a live controller holds up --replace; a shared half that the kernel lets pass is found",
        Twelve,
        "pair-rule.sh",
    ),
    initramfs(
        "pair_rule_6_12",
        "a live controller holds up --replace; the kernel refuses a shared half",
        Thirteen,
        "pair-rule.sh",
    ),
    fleet(
        "fleet_export_6_1",
        "hosts log in to LIO and nvmet with what sanid-fleet export wrote; applying a difference does not affect other hosts",
        Twelve,
        "fleet-export.sh",
    ),
    fleet(
        "fleet_export_6_12",
        "the same with Debian 13's kernel",
        Thirteen,
        "fleet-export.sh",
    ),
    fleet(
        "agentless_clone",
        "a machine without sanid that uses a host's initiator name is found from the target's side",
        Thirteen,
        "agentless-clone.sh",
    ),
    guide(
        "migration_guide_12",
        "another identity by the commands of docs/clones.md, on Debian 12 with real LIO and nvmet: I/O goes on without an error",
        Twelve,
    ),
    guide(
        "migration_guide_13",
        "the same with Debian 13 and its kernel",
        Thirteen,
    ),
    san_boot(
        "san_boot_iscsi",
        "root on iSCSI: a generic image of dracut (Debian 12) logs in by the name that sanid makes in the initramfs",
        Twelve,
        (Maker::Dracut, Storage::Iscsi, Seed::CommandLine),
    ),
    san_boot(
        "san_boot_nvme_tcp",
        "root on NVMe/TCP: a generic image of dracut (Debian 12) connects by the pair that sanid makes in the initramfs",
        Twelve,
        (Maker::Dracut, Storage::NvmeTcp, Seed::CommandLine),
    ),
    san_boot(
        "san_boot_nvme_tcp_13",
        "the same with Debian 13, its kernel and its dracut, and the machine-id in a credential",
        Thirteen,
        (Maker::Dracut, Storage::NvmeTcp, Seed::Credential),
    ),
    san_boot(
        "san_boot_initramfs_tools",
        "root on iSCSI: a generic image of initramfs-tools logs in by the name that sanid makes in the initramfs",
        Twelve,
        (Maker::InitramfsTools, Storage::Iscsi, Seed::CommandLine),
    ),
];
