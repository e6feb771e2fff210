//! Cases about a disk and the machine around it: clones, moves, replaced boards, rolled-back snapshots, power cuts,
//! and firmware that names the host.

use crate::case::{Addition, Case, Disk, FIRMWARE_UUID, Guest, Machine};
use crate::debian::Debian::{self, Thirteen, Twelve};

/// A UUID as a hypervisor gives it to a clone.
const OTHER_UUID: &str = "99887766-5544-4322-8110-ffeeddccbbaa";
const BOARD: &str = "CN70163";
const OTHER_BOARD: &str = "CN81274";
const MAC: &str = "52:54:00:00:00:01";
const OTHER_MAC: &str = "52:54:00:00:00:02";

const SERVER: Machine = machine("first", FIRMWARE_UUID, Some(BOARD), MAC);
const VIRTUAL: Machine = machine("first", FIRMWARE_UUID, None, MAC);

/// A machine with the disk of the boot before.
const fn machine(
    name: &'static str,
    uuid: &'static str,
    board: Option<&'static str>,
    mac: &'static str,
) -> Machine {
    Machine {
        name,
        uuid: Some(uuid),
        board,
        mac: Some(mac),
        options: &[],
        disk: Disk::Stays,
    }
}

/// The second server, in which nothing is as in the first.
const fn other_server(name: &'static str) -> Machine {
    machine(name, OTHER_UUID, Some(OTHER_BOARD), OTHER_MAC)
}

const fn with(disk: Disk, machine: Machine) -> Machine {
    Machine { disk, ..machine }
}

/// One disk in these machines.
const fn disk(
    name: &'static str,
    proves: &'static str,
    script: &'static str,
    machines: &'static [Machine],
) -> Case {
    Case {
        name,
        proves,
        takes: 10 * machines.len() as u64,
        memory: 256,
        guest: Guest::Initramfs {
            debian: Twelve,
            script,
            additions: &[],
            machines,
        },
    }
}

/// A machine whose firmware says something.
const fn firmware(name: &'static str, options: &'static [&'static str]) -> Machine {
    Machine {
        name,
        uuid: None,
        board: None,
        mac: None,
        options,
        disk: Disk::None,
    }
}

const fn firmware_case(
    name: &'static str,
    proves: &'static str,
    debian: Debian,
    script: &'static str,
    machines: &'static [Machine],
) -> Case {
    Case {
        name,
        proves,
        takes: 60,
        memory: 512,
        guest: Guest::Initramfs {
            debian,
            script,
            additions: &[Addition::FirmwareReaders],
            machines,
        },
    }
}

macro_rules! nbft {
    ($name:literal) => {
        concat!("file=crates/sanid-host/tests/data/nbft/", $name)
    };
}

const DELL: &str = nbft!("NBFT-Dell.PowerEdge.R660-fw1.5.5-single");
const STATIC: &str = nbft!("NBFT-static-ipv4-discovery");
const PLAIN: &str = nbft!("NBFT-mpath+disc-ipv4+6_half");
/// Marked as primary.
const PRIMARY: &str = nbft!("NBFT-synthetic-security");
const DAMAGED: &str = nbft!("bad/NBFT-bad-control");
const IBFT: &str = "file=fuzz/seeds/ibft/boot";

const TABLES: &[Machine] = &[
    Machine {
        // The network card in that iBFT: without it iscsiadm takes the table for another machine's.
        mac: Some("52:54:00:12:34:56"),
        ..firmware("reversed", &["-acpitable", DELL, "-acpitable", IBFT])
    },
    firmware("plain", &["-acpitable", PLAIN]),
    firmware("primary", &["-acpitable", STATIC, "-acpitable", PRIMARY]),
    firmware("two", &["-acpitable", STATIC, "-acpitable", DELL]),
    firmware("damaged", &["-acpitable", DAMAGED]),
];

/// The machine is named by its UUID, given by an option of QEMU.
macro_rules! uuid {
    ($option:literal, $prefix:literal, $uuid:literal) => {
        firmware($uuid, &[$option, concat!($prefix, $uuid)])
    };
}

const UUIDS: &[Machine] = &[
    uuid!("-uuid", "", "4c4c4544-0051-3610-8052-b4c04f303132"),
    uuid!(
        "-smbios",
        "type=1,uuid=",
        "00112233-4455-4677-8899-aabbccddeeff"
    ),
    uuid!("-uuid", "", "00000000-0000-0000-0000-000000000000"),
    uuid!("-uuid", "", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
    uuid!(
        "-smbios",
        "type=1,uuid=",
        "03000200-0400-0500-0006-000700080009"
    ),
];

pub(super) const ALL: &[Case] = &[
    Case {
        name: "power_cut",
        proves: "the power is cut at 32 random moments of a change: no torn file, and apply repairs the pair",
        takes: 200,
        memory: 256,
        guest: Guest::PowerCut {
            script: "power-cut.sh",
            cuts: 32,
        },
    },
    disk(
        "clone_other_firmware_uuid",
        "a copy of the disk in a machine with a different firmware UUID has the same names, is reported as a clone, and reseed gives it new names",
        "clone.sh",
        &[VIRTUAL, machine("second", OTHER_UUID, None, MAC)],
    ),
    disk(
        "clone_same_firmware_uuid",
        "a copy of the disk in a machine with the same firmware UUID has the same names, and is reported by its MAC address",
        "clone.sh",
        &[VIRTUAL, machine("second", FIRMWARE_UUID, None, OTHER_MAC)],
    ),
    disk(
        "disk_moved",
        "a disk in a different machine is reported with the evidence, nothing is changed automatically, `hardware accept` clears the finding, and the names stay",
        "hardware.sh",
        &[SERVER, other_server("moved"), other_server("accepted")],
    ),
    disk(
        "board_replaced",
        "a replaced board: with the same UUID it is the same host with changed parts; with a new UUID it is reported until `hardware accept`",
        "hardware.sh",
        &[
            SERVER,
            machine(
                "board-and-nics",
                FIRMWARE_UUID,
                Some(OTHER_BOARD),
                OTHER_MAC,
            ),
            machine("board", FIRMWARE_UUID, Some(OTHER_BOARD), MAC),
            machine("board-and-uuid", OTHER_UUID, Some(OTHER_BOARD), MAC),
            machine("accepted", OTHER_UUID, Some(OTHER_BOARD), MAC),
        ],
    ),
    disk(
        "snapshot_rolled_back",
        "after a rollback of the disk: the same names and no finding, also from before sanid's first run; from before a reseed the earlier names, and a clone is reported again",
        "hardware.sh",
        &[
            with(Disk::Kept("before sanid"), SERVER),
            with(
                Disk::Kept("with sanid"),
                Machine {
                    name: "reseeded",
                    ..SERVER
                },
            ),
            with(
                Disk::RolledBack("with sanid"),
                Machine {
                    name: "rolled-back",
                    ..SERVER
                },
            ),
            with(Disk::RolledBack("before sanid"), SERVER),
            with(
                Disk::RolledBack("with sanid"),
                other_server("clone-reseeded"),
            ),
            with(Disk::RolledBack("with sanid"), other_server("clone-again")),
        ],
    ),
    firmware_case(
        "firmware_tables_6_1",
        "an NBFT and an iBFT name the host as the firmware stores the names; two that disagree, or a damaged one, are errors",
        Twelve,
        "firmware-tables.sh",
        TABLES,
    ),
    firmware_case(
        "firmware_tables_6_12",
        "the same with Debian 13's kernel",
        Thirteen,
        "firmware-tables.sh",
        TABLES,
    ),
    firmware_case(
        "firmware_uuid",
        "nvme-cli-2 gives the names of nvme gen-hostnqn for the UUID in SMBIOS; a vendor's default UUID is refused as a seed",
        Twelve,
        "firmware-uuid.sh",
        UUIDS,
    ),
];
