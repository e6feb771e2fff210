//! QEMU with a whole Debian on a disk. Its kernel has NVMe and ext4 built in, so it needs no initramfs.

use std::fs;

use anyhow::Result;

use super::guide;
use crate::artefacts::Artefact;
use crate::case::{Boot, FIRMWARE_UUID};
use crate::debian::Debian;
use crate::host::run;
use crate::qemu::{LEAVE, Qemu};
use crate::tree::Tree;
use crate::trial::Trial;

/// Boots one disk again and again.
pub(super) fn run(
    trial: &Trial<'_>,
    debian: Debian,
    boots: &'static [Boot],
    guide: bool,
) -> Result<()> {
    let image = {
        let tree = Tree::new(trial, debian, LEAVE)?;
        if let Some(first) = boots.first() {
            let script = trial.script(first.script, ARGUMENTS)?;
            tree.write("vm/case.sh", &script)?;
        }
        if guide {
            add_guide(trial, debian, &tree)?;
        }
        tree.to_disk("root")?
    };
    let drive = format!(
        "if=none,id=root,format=raw,cache=unsafe,file={}",
        image.display()
    );
    for (number, boot) in trial.boots(boots).iter().enumerate() {
        let arguments = boot.arguments.replace(' ', ",");
        let mut qemu = Qemu::new(trial, debian, trial.case.memory)?
            .args(&["-drive", &drive, "-device", "nvme,drive=root,serial=root"])
            .args(&["-uuid", FIRMWARE_UUID])
            .word(format!("root=/dev/nvme0n1 rw vm.arguments={arguments}"))
            .systemd();
        if guide {
            // For the hardware record.
            qemu = qemu.card("52:54:00:00:00:01", "");
        }
        qemu.boot(&format!("boot {} ({})", number + 1, boot.arguments))?;
    }
    Ok(())
}

/// How the script on the disk, which stays the same, gets the arguments of a boot.
const ARGUMENTS: &str = "export PATH=/usr/sbin:/usr/bin:/sbin:/bin
set -- $(sed -n 's/.*vm.arguments=\\([^ ]*\\).*/\\1/p' /proc/cmdline | tr , ' ')";

/// The commands of the guide, and what they need: the kernel's modules, where modprobe and udev find them.
fn add_guide(trial: &Trial<'_>, debian: Debian, tree: &Tree<'_>) -> Result<()> {
    let (kernel, root) = (Artefact::Kernel(debian).get()?, tree.root());
    run!("cp -a {kernel}/lib/modules {root}/usr/lib")?;
    for name in ["targets.sh", "io.py"] {
        tree.copy(&format!("vm/{name}"), name)?;
    }
    let page = fs::read_to_string(trial.bench.root.join("docs/clones.md"))?;
    for (name, commands) in guide::blocks(&page)? {
        tree.write(&format!("vm/guide/{name}.sh"), &commands)?;
    }
    Ok(())
}
