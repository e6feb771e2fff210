//! Cases about a disk and the machine around it: clones, moves, replaced boards, rolled-back snapshots, power cuts,
//! and firmware that names the host.

use crate::case::{Addition, Case, Disk, FIRMWARE_UUID, Guest, Machine};
use crate::debian::Debian::{self, Thirteen, Twelve};

/// A UUID as a hypervisor gives it to a clone.
const OTHER_UUID: &str = "99887766-5544-4322-8110-ffeeddccbbaa";
const OTHER_BOARD: Option<&str> = Some("CN81274");
const OTHER_MAC: Option<&str> = Some("52:54:00:00:00:02");

const SERVER: Machine = Machine {
    name: "first",
    uuid: Some(FIRMWARE_UUID),
    board: Some("CN70163"),
    mac: Some("52:54:00:00:00:01"),
    options: &[],
    disk: Disk::Stays,
};
const VIRTUAL: Machine = Machine {
    board: None,
    ..SERVER
};
const OTHER_SERVER: Machine = Machine {
    name: "moved",
    uuid: Some(OTHER_UUID),
    board: OTHER_BOARD,
    mac: OTHER_MAC,
    ..SERVER
};
const OTHER_PARTS: Machine = Machine {
    board: OTHER_BOARD,
    ..SERVER
};

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
        "a copy of the disk in a machine with another firmware UUID has the same names, is reported as a clone, and reseed makes it a host of its own",
        "clone.sh",
        &[
            VIRTUAL,
            Machine {
                name: "second",
                uuid: Some(OTHER_UUID),
                ..VIRTUAL
            },
        ],
    ),
    disk(
        "clone_same_firmware_uuid",
        "a copy of the disk in a machine with the same firmware UUID has the same names, and is reported by its MAC address",
        "clone.sh",
        &[
            VIRTUAL,
            Machine {
                name: "second",
                mac: OTHER_MAC,
                ..VIRTUAL
            },
        ],
    ),
    disk(
        "disk_moved",
        "a disk in another machine: reported with the evidence, nothing is changed by itself, `hardware accept` ends it, and the names stay",
        "hardware.sh",
        &[
            SERVER,
            OTHER_SERVER,
            Machine {
                name: "accepted",
                ..OTHER_SERVER
            },
        ],
    ),
    disk(
        "board_replaced",
        "another board: with the UUID kept it is the same host with other parts, with another one it is reported until `hardware accept`",
        "hardware.sh",
        &[
            SERVER,
            Machine {
                name: "board-and-nics",
                mac: OTHER_MAC,
                ..OTHER_PARTS
            },
            Machine {
                name: "board",
                ..OTHER_PARTS
            },
            Machine {
                name: "board-and-uuid",
                uuid: Some(OTHER_UUID),
                ..OTHER_PARTS
            },
            Machine {
                name: "accepted",
                uuid: Some(OTHER_UUID),
                ..OTHER_PARTS
            },
        ],
    ),
    disk(
        "snapshot_rolled_back",
        "an earlier state of the disk: the same names and no finding, also from before sanid's first run; from before a reseed the names of then, and a clone is one again",
        "hardware.sh",
        &[
            Machine {
                disk: Disk::Kept("before sanid"),
                ..SERVER
            },
            Machine {
                name: "reseeded",
                disk: Disk::Kept("with sanid"),
                ..SERVER
            },
            Machine {
                name: "rolled-back",
                disk: Disk::RolledBack("with sanid"),
                ..SERVER
            },
            Machine {
                disk: Disk::RolledBack("before sanid"),
                ..SERVER
            },
            Machine {
                name: "clone-reseeded",
                disk: Disk::RolledBack("with sanid"),
                ..OTHER_SERVER
            },
            Machine {
                name: "clone-again",
                disk: Disk::RolledBack("with sanid"),
                ..OTHER_SERVER
            },
        ],
    ),
    firmware_case(
        "firmware_tables_6_1",
        "an NBFT and an iBFT name the host as the firmware has them; two that disagree or a damaged one are errors",
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
        "nvme-cli-2 gives the names of nvme gen-hostnqn for the UUID in SMBIOS; one that stands for no host is no seed",
        Twelve,
        "firmware-uuid.sh",
        UUIDS,
    ),
];
