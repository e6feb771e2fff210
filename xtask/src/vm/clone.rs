//! A clone: a second machine that boots from a copy of the first one's disk.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::case::{Bench, Case, Kernel};
use super::{guest, power, qemu};

/// The system UUID in the first machine's firmware.
pub(super) const FIRST: &str = "11223344-5566-4788-99aa-bbccddeeff00";
/// Another one, as a hypervisor gives to a clone.
pub(super) const OTHER: &str = "99887766-5544-4322-8110-ffeeddccbbaa";

/// The MAC address of the first machine.
const MAC: &str = "52:54:00:00:00:01";
/// That of a clone that has its firmware UUID.
const OTHER_MAC: &str = "52:54:00:00:00:02";

/// Boots the first machine, then the second one with the firmware UUID `second`; where that is the same one, its network
/// card is another.
pub(super) fn run(
    bench: &Bench<'_>,
    case: &Case,
    kernel: Kernel,
    script: &str,
    second: &str,
) -> Result<()> {
    let work = bench.work(case);
    let initramfs = qemu::initramfs(bench, case, kernel, script)?;
    let disk = power::disk(&work)?;
    let copy = work.join("clone.img");
    let limit = Duration::from_secs(case.limit);
    for (machine, image, uuid) in [("first", &disk, FIRST), ("second", &copy, second)] {
        if machine == "second" {
            fs::copy(&disk, &copy)?;
        }
        let mut qemu = qemu::machine(bench, kernel, case.memory)?;
        qemu.arg("-initrd").arg(&initramfs).args(["-uuid", uuid]);
        let mac = if machine == "second" && second == FIRST {
            OTHER_MAC
        } else {
            MAC
        };
        // Nothing is at the other end of it.
        qemu.args(["-device", &format!("virtio-net-pci,romfile=,mac={mac}")]);
        let drive = format!("if=virtio,format=raw,cache=unsafe,file={}", image.display());
        qemu.args(["-drive", &drive]);
        let words = format!("vm.machine={machine} vm.firmware={uuid}");
        qemu.args(["-append", &qemu::append(&words)]);
        guest::run(&mut qemu, &bench.log(case), limit)
            .with_context(|| format!("the {machine} machine"))?;
    }
    Ok(())
}
