//! Guests whose firmware says something: ACPI tables that a boot from the array leaves, and the system UUID.
//! QEMU is the firmware; the kernel shows what it says as on any other machine.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::artefacts;
use super::case::{Bench, Case, Debian, Guest, Kernel};
use super::cpio::Archive;
use super::{guest, qemu};
use crate::place::output;

/// Boots of one initramfs, each on a machine of its own.
pub(super) struct Firmware {
    pub(super) kernel: Kernel,
    /// A file of `tests/vm`.
    script: &'static str,
    machines: &'static [Machine],
}

/// What a machine's firmware says.
struct Machine {
    /// The word by which the script knows it.
    name: &'static str,
    /// QEMU's options for it; files are named from the top of the project.
    options: &'static [&'static str],
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
/// The network card in that iBFT: without it iscsiadm takes the table for another machine's.
const CARD: &str = "virtio-net-pci,romfile=,mac=52:54:00:12:34:56";

const TABLES: &[Machine] = &[
    Machine {
        name: "reversed",
        options: &["-acpitable", DELL, "-acpitable", IBFT, "-device", CARD],
    },
    Machine {
        name: "plain",
        options: &["-acpitable", PLAIN],
    },
    Machine {
        name: "primary",
        options: &["-acpitable", STATIC, "-acpitable", PRIMARY],
    },
    Machine {
        name: "two",
        options: &["-acpitable", STATIC, "-acpitable", DELL],
    },
    Machine {
        name: "damaged",
        options: &["-acpitable", DAMAGED],
    },
];

const UUIDS: &[Machine] = &[
    Machine {
        name: "4c4c4544-0051-3610-8052-b4c04f303132",
        options: &["-uuid", "4c4c4544-0051-3610-8052-b4c04f303132"],
    },
    Machine {
        name: "00112233-4455-4677-8899-aabbccddeeff",
        options: &[
            "-smbios",
            "type=1,uuid=00112233-4455-4677-8899-aabbccddeeff",
        ],
    },
    Machine {
        name: "00000000-0000-0000-0000-000000000000",
        options: &["-uuid", "00000000-0000-0000-0000-000000000000"],
    },
    Machine {
        name: "ffffffff-ffff-ffff-ffff-ffffffffffff",
        options: &["-uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
    },
    Machine {
        name: "03000200-0400-0500-0006-000700080009",
        options: &[
            "-smbios",
            "type=1,uuid=03000200-0400-0500-0006-000700080009",
        ],
    },
];

pub(super) const TABLES_6_1: Case = case(
    "firmware_tables_6_1",
    "an NBFT and an iBFT name the host as the firmware has them; two that disagree or a damaged one are errors",
    Firmware {
        kernel: Kernel::V6_1,
        script: "firmware-tables.sh",
        machines: TABLES,
    },
);

pub(super) const TABLES_6_12: Case = case(
    "firmware_tables_6_12",
    "the same with Debian 13's kernel",
    Firmware {
        kernel: Kernel::V6_12,
        script: "firmware-tables.sh",
        machines: TABLES,
    },
);

pub(super) const UUID: Case = case(
    "firmware_uuid",
    "nvme-cli-2 gives the names of nvme gen-hostnqn for the UUID in SMBIOS; one that stands for no host is no seed",
    Firmware {
        kernel: Kernel::V6_1,
        script: "firmware-uuid.sh",
        machines: UUIDS,
    },
);

const fn case(name: &'static str, proves: &'static str, firmware: Firmware) -> Case {
    Case {
        name,
        proves,
        // For one boot.
        limit: 240,
        memory: 512,
        guest: Guest::Firmware(firmware),
    }
}

/// Boots one machine after the other.
pub(super) fn run(bench: &Bench<'_>, case: &Case, firmware: &Firmware) -> Result<()> {
    let initramfs = qemu::initramfs(bench, case, firmware.kernel, firmware.script)?;
    File::options()
        .append(true)
        .open(&initramfs)?
        .write_all(&additions(bench, firmware.kernel)?)?;
    for Machine { name, options } in firmware.machines {
        let mut qemu = qemu::machine(bench, firmware.kernel, case.memory)?;
        qemu.current_dir(&bench.place.root).args(*options);
        qemu.arg("-initrd").arg(&initramfs);
        qemu.args(["-append", &qemu::append(&format!("vm.machine={name}"))]);
        guest::run(&mut qemu, &bench.log(case), Duration::from_secs(case.limit))
            .with_context(|| format!("the machine {name}"))?;
    }
    Ok(())
}

/// The modules that show the iBFT and its network card, and the nvme of Debian 13, which reads NBFTs; that of
/// Debian 12 does not.
fn additions(bench: &Bench<'_>, kernel: Kernel) -> Result<Vec<u8>> {
    let mut archive = Archive::default();
    let modules: &[(&str, &[&str])] = &[("ibft", &["iscsi_ibft", "virtio_pci", "virtio_net"])];
    artefacts::add_modules(&mut archive, &artefacts::kernel(bench, kernel)?, modules)?;
    let tree = artefacts::debian(bench, Debian::Thirteen)?;
    let nvme = "/usr/sbin/nvme";
    let libraries = output(Command::new("chroot").arg(&tree).args(["ldd", nvme]))?;
    let libraries = libraries
        .split_whitespace()
        .filter(|word| word.starts_with('/'));
    for path in libraries.chain([nvme]) {
        add(&mut archive, &tree, path)?;
    }
    archive.directory("debian13/sys");
    Ok(archive.finish())
}

/// A file of the tree in the guest's `/debian13`.
fn add(archive: &mut Archive, tree: &Path, path: &str) -> Result<()> {
    let from = fs::canonicalize(tree.join(path.trim_start_matches('/')))?;
    archive.copy(&format!("debian13{path}"), &from)
}
