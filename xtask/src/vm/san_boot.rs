//! A host whose root file system is on storage that admits hosts by name: two guests with one network
//! between them. The first is a target that serves a disk to one name and to no other; the second boots
//! from it with an initramfs that has no name of its own (`san_image`).

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{fs, thread};

use anyhow::{Result, anyhow, bail, ensure};

use super::artefacts;
use super::case::{Bench, Boot, Case, Debian, Guest, Kernel};
use super::cpio::Archive;
use super::nspawn::script;
use super::tree::Tree;
use super::{guest, qemu, san_image};
use crate::place::output;

/// What such a case differs in.
pub(super) struct SanBoot {
    debian: Debian,
    maker: Maker,
    storage: Storage,
    seed: Seed,
}

/// What makes the initramfs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Dracut,
    InitramfsTools,
}

/// How the root file system is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Storage {
    Iscsi,
    NvmeTcp,
}

/// Who says the machine-id before a root file system is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seed {
    CommandLine,
    /// The hypervisor, in SMBIOS. systemd knows that since 254.
    Credential,
}

pub(super) const ISCSI: Case = case(
    "san_boot_iscsi",
    "root on iSCSI: a generic image of dracut (Debian 12) logs in by the name that sanid makes in the initramfs",
    Debian::Twelve,
    Maker::Dracut,
    Storage::Iscsi,
    Seed::CommandLine,
);

pub(super) const NVME_TCP: Case = case(
    "san_boot_nvme_tcp",
    "root on NVMe/TCP: a generic image of dracut (Debian 12) connects by the pair that sanid makes in the initramfs",
    Debian::Twelve,
    Maker::Dracut,
    Storage::NvmeTcp,
    Seed::CommandLine,
);

pub(super) const NVME_TCP_13: Case = case(
    "san_boot_nvme_tcp_13",
    "the same with Debian 13, its kernel and its dracut, and the machine-id in a credential",
    Debian::Thirteen,
    Maker::Dracut,
    Storage::NvmeTcp,
    Seed::Credential,
);

pub(super) const INITRAMFS_TOOLS: Case = case(
    "san_boot_initramfs_tools",
    "root on iSCSI: a generic image of initramfs-tools logs in by the name that sanid makes in the initramfs",
    Debian::Twelve,
    Maker::InitramfsTools,
    Storage::Iscsi,
    Seed::CommandLine,
);

const fn case(
    name: &'static str,
    proves: &'static str,
    debian: Debian,
    maker: Maker,
    storage: Storage,
    seed: Seed,
) -> Case {
    Case {
        name,
        proves,
        limit: 480,
        memory: BOOT_MEMORY + TARGET_MEMORY,
        guest: Guest::SanBoot(SanBoot {
            debian,
            maker,
            storage,
            seed,
        }),
    }
}

const BOOT_MEMORY: u64 = 512;
const TARGET_MEMORY: u64 = 256;

/// The host's machine-id, and the UUID that sanid-v1 makes of it: written down, so that the target does
/// not ask the program that is tested.
const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const HOST_UUID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

/// Modules of the target beside those of `targets.sh`.
const MODULES: &[(&str, &[&str])] = &[("san", &["virtio_pci", "virtio_blk", "virtio_net"])];

/// The target and the label of its disk, as in `targets.sh` and `san-target.sh`.
const TARGET: &str = "iqn.2024-01.test.local:target";
const LABEL: &str = "san";

/// `ip=` of dracut and of initramfs-tools: `san-target.sh` has the other address. The card is there before
/// udev starts: on a busy machine (load 14) dracut 059 tried to connect before it had seen the card, and
/// then never did again.
const ADDRESS: &str =
    "net.ifnames=0 rd.driver.pre=virtio_net ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:none";

/// Makes what the case needs and is kept.
pub(super) fn prepare(bench: &Bench<'_>, boot: &SanBoot) -> Result<()> {
    artefacts::initramfs(bench, Kernel::V6_1)?;
    artefacts::kernel(bench, boot.debian.kernel())?;
    artefacts::debian(bench, boot.debian)?;
    san_image::builder(bench, boot.debian).map(drop)
}

/// Starts the target, then boots from it.
pub(super) fn run(bench: &Bench<'_>, case: &Case, boot: &SanBoot) -> Result<()> {
    let work = bench.work(case);
    let image = san_image::make(bench, &work, boot.debian, boot.maker)?;
    root(bench, &work, boot)?;
    let target_log = work.join("target.log");
    let target = guest::start(&mut target(bench, &work, boot)?, &target_log)?;
    let limit = Duration::from_secs(case.limit);
    wait_for_target(&target_log, limit)?;

    let mut host = on_the_network(bench, boot.debian.kernel(), &work, BOOT_MEMORY, HOST)?;
    host.arg("-initrd").arg(image);
    host.args(["-append", &qemu::append(&command_line(boot))]);
    if boot.seed == Seed::Credential {
        let credential = "type=11,value=io.systemd.credential:system.machine_id";
        host.args(["-smbios", &format!("{credential}={MACHINE_ID}")]);
    }
    let verdict = guest::run(&mut host, &bench.log(case), limit);
    drop(target);
    verdict.map_err(|error| anyhow!("{error:#}; the target: {}", target_log.display()))
}

/// The words with which the host finds its root file system.
fn command_line(boot: &SanBoot) -> String {
    let storage = match (boot.storage, boot.maker) {
        (Storage::Iscsi, Maker::Dracut) => {
            format!("rd.neednet=1 netroot=iscsi:10.0.0.1::::{TARGET}")
        }
        (Storage::Iscsi, Maker::InitramfsTools) => {
            format!("iscsi_target_ip=10.0.0.1 iscsi_target_name={TARGET}")
        }
        (Storage::NvmeTcp, _) => "rd.neednet=1 rd.nvmf.discover=tcp,10.0.0.1,,4420".to_owned(),
    };
    let seed = match boot.seed {
        Seed::CommandLine => format!("systemd.machine_id={MACHINE_ID}"),
        Seed::Credential => String::new(),
    };
    format!(
        "{ADDRESS} {storage} {seed} root=LABEL={LABEL} rw systemd.unit=vm-case.service \
         systemd.show_status=false TERM=dumb"
    )
}

/// The disk that the target serves: a Debian that has no identity and has never booted.
fn root(bench: &Bench<'_>, work: &Path, boot: &SanBoot) -> Result<()> {
    let tree = Tree::new(bench, boot.debian, work)?;
    let storage = match boot.storage {
        Storage::Iscsi => "iscsi",
        Storage::NvmeTcp => "nvme",
    };
    let run = Boot {
        before: &[],
        script: "san-boot.sh",
        arguments: storage,
        options: &[],
    };
    tree.write(
        "vm/case.sh",
        &script(bench, &run, &format!("set -- {storage}"))?,
    )?;
    // The first boot would enable it, and it would set up the network anew under the root file system.
    tree.mask(&[
        "systemd-networkd.service",
        "systemd-networkd.socket",
        "systemd-network-generator.service",
    ])?;
    let mut mkfs = Command::new("mkfs.ext4");
    mkfs.args(["-q", "-E", "lazy_itable_init=1", "-L", LABEL, "-d"])
        .arg(tree.root());
    output(mkfs.arg(work.join("disk.img")).arg("1G")).map(drop)
}

/// The other guest: the kernel's own targets on a network.
fn target(bench: &Bench<'_>, work: &Path, boot: &SanBoot) -> Result<Command> {
    let kernel = Kernel::V6_1;
    let initramfs = target_initramfs(bench, work, kernel)?;
    let mut target = on_the_network(bench, kernel, work, TARGET_MEMORY, STORAGE)?;
    target.arg("-initrd").arg(initramfs);
    target.args(["-drive", "if=virtio,format=raw,cache=unsafe,file=disk.img"]);
    let admits = match boot.storage {
        Storage::Iscsi => {
            let digits = HOST_UUID.replace('-', "");
            format!("vm.iqn=iqn.2016-04.com.open-iscsi:{digits}")
        }
        Storage::NvmeTcp => {
            format!("vm.hostnqn=nqn.2014-08.org.nvmexpress:uuid:{HOST_UUID}")
        }
    };
    let words = format!("net.ifnames=0 {admits}");
    target.args(["-append", &qemu::append(&words)]);
    Ok(target)
}

fn target_initramfs(bench: &Bench<'_>, work: &Path, kernel: Kernel) -> Result<PathBuf> {
    let mut archive = Archive::default();
    archive.copy("init", &bench.guest_file("init.sh"))?;
    for name in ["lib.sh", "targets.sh"] {
        archive.copy(&format!("vm/{name}"), &bench.guest_file(name))?;
    }
    archive.copy("vm/case.sh", &bench.guest_file("san-target.sh"))?;
    artefacts::add_modules(&mut archive, &artefacts::kernel(bench, kernel)?, MODULES)?;
    let mut bytes = fs::read(artefacts::initramfs(bench, kernel)?)?;
    bytes.extend(archive.finish());
    let file = work.join("target.initramfs");
    fs::write(&file, bytes)?;
    Ok(file)
}

/// One end of the network: whether it waits for the other, and the last byte of its hardware address.
struct End {
    listens: &'static str,
    hardware: &'static str,
}

const STORAGE: &End = &End {
    listens: "on",
    hardware: "01",
};
const HOST: &End = &End {
    listens: "off",
    hardware: "02",
};

/// A machine with one network card, whose other end is the other guest.
fn on_the_network(
    bench: &Bench<'_>,
    kernel: Kernel,
    work: &Path,
    memory: u64,
    end: &End,
) -> Result<Command> {
    let mut machine = qemu::machine(bench, kernel, memory)?;
    // The path of a socket has at most 108 bytes: it is in this directory.
    machine.current_dir(work);
    // A stream makes a guest wait where a datagram would be lost: of those only ten are kept.
    let network = format!(
        "stream,id=net,server={},addr.type=unix,addr.path=network.socket",
        end.listens
    );
    machine.args(["-netdev", &network]);
    let card = format!(
        "virtio-net-pci,netdev=net,mac=52:54:00:00:00:{}",
        end.hardware
    );
    machine.args(["-device", &card]);
    Ok(machine)
}

/// Until the target serves, and has refused another name.
fn wait_for_target(log: &Path, limit: Duration) -> Result<()> {
    let begin = Instant::now();
    loop {
        let console = guest::console(log, 0)?;
        if let Some(line) = console.lines().find(|line| line.contains("[vm] NOT ok")) {
            bail!("the target: {line}");
        }
        if console.contains("[vm] READY") {
            return Ok(());
        }
        ensure!(
            begin.elapsed() < limit,
            "no target after {} s: {}",
            limit.as_secs(),
            log.display()
        );
        thread::sleep(Duration::from_millis(50));
    }
}
