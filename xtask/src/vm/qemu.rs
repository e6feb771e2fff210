//! QEMU under software emulation: a kernel, an initramfs, a serial console.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::artefacts;
use super::case::{Bench, Boot, Case, Debian, Kernel};
use super::cpio::Archive;
use super::guest;
use super::nspawn::script;
use super::tree::Tree;
use crate::place::output;

/// One boot of an initramfs-only guest.
pub(super) fn ram(bench: &Bench<'_>, case: &Case, kernel: Kernel, script: &str) -> Result<()> {
    let initramfs = initramfs(bench, case, kernel, script)?;
    let mut qemu = machine(bench, kernel, case.memory)?;
    qemu.arg("-initrd").arg(initramfs);
    qemu.args(["-append", &append(&format!("vm.kernel={}", kernel.word()))]);
    guest::run(&mut qemu, &bench.log(case), Duration::from_secs(case.limit))
}

/// Boots of a whole Debian from one disk. Its kernel has NVMe and ext4 built in: no initramfs.
pub(super) fn disk(bench: &Bench<'_>, case: &Case, debian: Debian, boots: &[Boot]) -> Result<()> {
    let work = bench.work(case);
    let image = {
        let tree = Tree::new(bench, debian, &work)?;
        if let Some(boot) = boots.first() {
            tree.write("vm/case.sh", &script(bench, boot, ARGUMENTS)?)?;
        }
        disk_of(&tree, &work)?
    };
    for (number, boot) in boots.iter().enumerate() {
        boot_disk(bench, case, debian, &image, boot, &[])
            .with_context(|| format!("boot {} ({})", number + 1, boot.arguments))?;
    }
    Ok(())
}

/// A disk with what is in the tree.
pub(super) fn disk_of(tree: &Tree<'_>, work: &Path) -> Result<PathBuf> {
    let image = work.join("disk.img");
    let mut mkfs = Command::new("mkfs.ext4");
    mkfs.args(["-q", "-E", "lazy_itable_init=1", "-d"])
        .arg(tree.root());
    output(mkfs.arg(&image).arg("1G"))?;
    Ok(image)
}

/// One boot of a whole Debian from its disk, with more hardware.
pub(super) fn boot_disk(
    bench: &Bench<'_>,
    case: &Case,
    debian: Debian,
    image: &Path,
    boot: &Boot,
    hardware: &[&str],
) -> Result<()> {
    let mut qemu = machine(bench, debian.kernel(), case.memory)?;
    qemu.args(hardware);
    let drive = format!(
        "if=none,id=root,format=raw,cache=unsafe,file={}",
        image.display()
    );
    qemu.args(["-drive", &drive, "-device", "nvme,drive=root,serial=root"]);
    qemu.args(["-uuid", super::hardware::FIRST]);
    let words = format!(
        "root=/dev/nvme0n1 rw systemd.unit=vm-case.service systemd.show_status=false TERM=dumb vm.arguments={} {}",
        boot.arguments.replace(' ', ","),
        boot.options.join(" ")
    );
    qemu.args(["-append", &append(&words)]);
    guest::run(&mut qemu, &bench.log(case), Duration::from_secs(case.limit))
}

/// How a script on a disk gets its arguments.
const ARGUMENTS: &str =
    "set -- $(sed -n 's/.*vm.arguments=\\([^ ]*\\).*/\\1/p' /proc/cmdline | tr , ' ')";

/// The shared initramfs followed by what this case adds.
pub(super) fn initramfs(
    bench: &Bench<'_>,
    case: &Case,
    kernel: Kernel,
    script: &str,
) -> Result<PathBuf> {
    let mut archive = Archive::default();
    archive.copy("init", &bench.guest_file("init.sh"))?;
    archive.copy("bin/sanid", &bench.sanid)?;
    for name in ["lib.sh", "targets.sh"] {
        archive.copy(&format!("vm/{name}"), &bench.guest_file(name))?;
    }
    archive.copy("vm/case.sh", &bench.guest_file(script))?;
    let mut bytes = fs::read(artefacts::initramfs(bench, kernel)?)?;
    bytes.extend(archive.finish());
    let file = bench.work(case).join("initramfs");
    fs::write(&file, bytes)?;
    Ok(file)
}

/// A machine without any device but a console.
pub(super) fn machine(bench: &Bench<'_>, kernel: Kernel, memory: u64) -> Result<Command> {
    let tree = artefacts::kernel(bench, kernel)?;
    let mut qemu = Command::new("qemu-system-x86_64");
    // KVM would be faster, and is on no machine that this must run on.
    qemu.args(["-accel", "tcg", "-smp", "1", "-m", &memory.to_string()]);
    qemu.args([
        "-nodefaults",
        "-display",
        "none",
        "-serial",
        "stdio",
        "-no-reboot",
    ]);
    // QEMU 7.2 now and then spoils the flags in cmpxchg16b, and Linux 6.12 falls over in its allocator;
    // without that instruction the kernel takes another way.
    qemu.args(["-cpu", "qemu64,-cx16"]);
    qemu.arg("-kernel").arg(artefacts::image(&tree)?);
    Ok(qemu)
}

/// The kernel's command line. Mitigations cost an emulated processor a third of its speed; on a busy
/// machine its timer fails the kernel's test of it.
pub(super) fn append(more: &str) -> String {
    format!("console=ttyS0 panic=-1 mitigations=off no_timer_check quiet {more}")
}
