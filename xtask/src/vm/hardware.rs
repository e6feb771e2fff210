//! One disk in several machines: clones, a disk that moves, a board that is replaced, snapshots that are
//! rolled back. Each boot has its hardware, and what becomes of the disk before it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::case::{Bench, Case, Guest, Kernel};
use super::{guest, power, qemu};

/// The system UUID in the first machine's firmware.
pub(super) const FIRST: &str = "11223344-5566-4788-99aa-bbccddeeff00";
/// Another one, as a hypervisor gives to a clone.
const OTHER: &str = "99887766-5544-4322-8110-ffeeddccbbaa";
/// The serial number of the first machine's board, and another one.
const BOARD: &str = "CN70163";
const OTHER_BOARD: &str = "CN81274";
/// The MAC address of the first machine, and another one.
const MAC: &str = "52:54:00:00:00:01";
const OTHER_MAC: &str = "52:54:00:00:00:02";

/// One boot.
pub(super) struct Machine {
    /// The word by which the script knows it.
    name: &'static str,
    firmware: &'static str,
    /// As a virtual machine has none.
    board: Option<&'static str>,
    mac: &'static str,
    disk: Disk,
}

/// What becomes of the disk before a boot.
enum Disk {
    /// It is the one of the boot before.
    Stays,
    /// This state of it is kept as a snapshot.
    Kept(&'static str),
    /// It is what a snapshot has.
    RolledBack(&'static str),
}

const SERVER: Machine = Machine {
    name: "first",
    firmware: FIRST,
    board: Some(BOARD),
    mac: MAC,
    disk: Disk::Stays,
};
const OTHER_SERVER: Machine = Machine {
    name: "moved",
    firmware: OTHER,
    board: Some(OTHER_BOARD),
    mac: OTHER_MAC,
    disk: Disk::Stays,
};
const VIRTUAL: Machine = Machine {
    board: None,
    ..SERVER
};

pub(super) const CLONE_OTHER_UUID: Case = case(
    "clone_other_firmware_uuid",
    "a copy of the disk in a machine with another firmware UUID has the same names, is reported as a clone, and reseed makes it a host of its own",
    "clone.sh",
    &[
        VIRTUAL,
        Machine {
            name: "second",
            firmware: OTHER,
            ..VIRTUAL
        },
    ],
);

pub(super) const CLONE_SAME_UUID: Case = case(
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
);

pub(super) const DISK_MOVED: Case = case(
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
);

pub(super) const BOARD_REPLACED: Case = case(
    "board_replaced",
    "another board: with the UUID kept it is the same host with other parts, with another one it is reported until `hardware accept`",
    "hardware.sh",
    &[
        SERVER,
        Machine {
            name: "board-and-nics",
            board: Some(OTHER_BOARD),
            mac: OTHER_MAC,
            ..SERVER
        },
        Machine {
            name: "board",
            board: Some(OTHER_BOARD),
            ..SERVER
        },
        Machine {
            name: "board-and-uuid",
            mac: MAC,
            ..OTHER_SERVER
        },
        Machine {
            name: "accepted",
            mac: MAC,
            ..OTHER_SERVER
        },
    ],
);

pub(super) const SNAPSHOT_ROLLED_BACK: Case = case(
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
);

const fn case(
    name: &'static str,
    proves: &'static str,
    script: &'static str,
    machines: &'static [Machine],
) -> Case {
    Case {
        name,
        proves,
        // For one boot.
        limit: 240,
        memory: 256,
        guest: Guest::Hardware {
            kernel: Kernel::V6_1,
            script,
            machines,
        },
    }
}

/// Boots one machine after the other.
pub(super) fn run(
    bench: &Bench<'_>,
    case: &Case,
    kernel: Kernel,
    script: &str,
    machines: &[Machine],
) -> Result<()> {
    let work = bench.work(case);
    let initramfs = qemu::initramfs(bench, case, kernel, script)?;
    let image = power::disk(&work)?;
    for machine in machines {
        machine.disk.prepare(&image)?;
        let Machine {
            name,
            firmware,
            board,
            mac,
            ..
        } = machine;
        let mut qemu = qemu::machine(bench, kernel, case.memory)?;
        qemu.arg("-initrd")
            .arg(&initramfs)
            .args(["-uuid", firmware]);
        if let Some(serial) = board {
            qemu.args(["-smbios", &format!("type=2,serial={serial}")]);
        }
        // Nothing is at the other end of it.
        qemu.args(["-device", &format!("virtio-net-pci,romfile=,mac={mac}")]);
        let drive = format!("if=virtio,format=raw,cache=unsafe,file={}", image.display());
        qemu.args(["-drive", &drive]);
        let words = format!("vm.machine={name} vm.firmware={firmware}");
        qemu.args(["-append", &qemu::append(&words)]);
        let limit = Duration::from_secs(case.limit);
        guest::run(&mut qemu, &bench.log(case), limit)
            .with_context(|| format!("the machine {name}"))?;
    }
    Ok(())
}

impl Disk {
    fn prepare(&self, image: &Path) -> Result<()> {
        match self {
            Self::Stays => {}
            Self::Kept(snapshot) => {
                fs::copy(image, image.with_extension(snapshot))?;
            }
            Self::RolledBack(snapshot) => {
                fs::copy(image.with_extension(snapshot), image)?;
            }
        }
        Ok(())
    }
}
