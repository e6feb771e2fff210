//! QEMU with a whole Debian on a disk. Its kernel has NVMe and ext4 built in, so it needs no initramfs.

use std::fs;

use anyhow::{Context as _, Result};

use super::guide;
use crate::artefacts::Artefact;
use crate::case::{Boot, FIRMWARE_UUID, MACHINE_ID, System};
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
    system: System,
) -> Result<()> {
    let image = {
        let tree = if system.has_packages() {
            Tree::without_sanid(trial, base(debian, system), LEAVE)?
        } else {
            Tree::new(trial, debian, LEAVE)?
        };
        if let Some(first) = boots.first() {
            let script = trial.script(first.script, ARGUMENTS)?;
            tree.write("vm/case.sh", &script)?;
        }
        match system {
            System::Sanid => {}
            System::Guide => add_guide(trial, debian, &tree)?,
            System::CloudInit => add_cloud_init(trial, debian, &tree)?,
            System::Packages => add_packages(trial, &tree)?,
            System::PackagesAndSelinux => {
                add_packages(trial, &tree)?;
                label(&tree)?;
            }
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
        match system {
            // For the hardware record.
            System::Guide => qemu = qemu.card("52:54:00:00:00:01", ""),
            System::CloudInit => {
                let id = format!("system.machine_id={MACHINE_ID}");
                qemu = qemu.arg(
                    "-smbios",
                    format!("type=11,value=io.systemd.credential:{id}"),
                );
            }
            System::PackagesAndSelinux => qemu = qemu.word("security=selinux"),
            System::Sanid | System::Packages => {}
        }
        qemu.boot(&format!("boot {} ({})", number + 1, boot.arguments))?;
    }
    Ok(())
}

/// How the script on the disk, which stays the same, gets the arguments of a boot.
const ARGUMENTS: &str = "export PATH=/usr/sbin:/usr/bin:/sbin:/bin
set -- $(sed -n 's/.*vm.arguments=\\([^ ]*\\).*/\\1/p' /proc/cmdline | tr , ' ')";

impl System {
    pub(super) fn has_packages(self) -> bool {
        matches!(self, Self::Packages | Self::PackagesAndSelinux)
    }
}

/// The tree that the disk is made of.
pub(super) fn base(debian: Debian, system: System) -> Artefact {
    match system {
        System::PackagesAndSelinux => Artefact::Selinux(debian),
        _ => Artefact::Tree(debian),
    }
}

/// The packages, and a stock host: its machine-id, and the names that open-iscsi and nvme-cli made.
fn add_packages(trial: &Trial<'_>, tree: &Tree<'_>) -> Result<()> {
    let (script, root) = (trial.bench.root.join("packaging/deb.sh"), tree.root());
    let sanid = trial.program("sanid")?;
    let programs = sanid.parent().unwrap_or(sanid);
    let architecture = run!("dpkg --print-architecture")?;
    let architecture = architecture.trim();
    run!("{script} {architecture} {programs} {root}/packages")?;
    tree.write("etc/machine-id", &format!("{MACHINE_ID}\n"))?;
    for (path, text) in STOCK {
        tree.write(path, text)?;
    }
    Ok(())
}

const STOCK: &[(&str, &str)] = &[
    (
        "etc/iscsi/initiatorname.iscsi",
        "InitiatorName=iqn.1993-08.org.debian:01:ab12cd34ef56\n",
    ),
    (
        "etc/nvme/hostnqn",
        "nqn.2014-08.org.nvmexpress:uuid:0d5ba1ee-3f0c-4a2b-9a59-59e7a2a0c0de\n",
    ),
    ("etc/nvme/hostid", "0d5ba1ee-3f0c-4a2b-9a59-59e7a2a0c0de\n"),
];

/// Gives every file the label that the policy has for it.
fn label(tree: &Tree<'_>) -> Result<()> {
    let root = tree.root();
    tree.write(
        "etc/selinux/config",
        "SELINUX=permissive\nSELINUXTYPE=default\n",
    )?;
    let contexts = "etc/selinux/default/contexts/files/file_contexts";
    // setfiles names what it has opened by /proc.
    let script = "mount -t proc proc \"$1/proc\" && chroot \"$1\" setfiles -F \"$2\" /";
    run!("unshare --mount sh -euc {script} label {root} {contexts}").map(drop)
}

/// The units of cloud-init 25, in their order.
const CLOUD_INIT: &[&str] = &[
    "cloud-init-main.service",
    "cloud-init-local.service",
    "cloud-init-network.service",
    "cloud-config.service",
    "cloud-final.service",
];

/// The user data of docs/deployment.md, and the array that it logs in to.
fn add_cloud_init(trial: &Trial<'_>, debian: Debian, tree: &Tree<'_>) -> Result<()> {
    add_modules(debian, tree)?;
    let (packages, root) = (Artefact::CloudInit.get()?, tree.root());
    run!("cp -a --no-clobber {packages}/etc {packages}/usr {root}")?;
    // What the scripts of its packages make.
    let script = "cd \"$1\"; ln -s nc.openbsd usr/bin/nc; mkdir -p etc/ssl/certs
        cat usr/share/ca-certificates/mozilla/*.crt >etc/ssl/certs/ca-certificates.crt";
    run!("sh -euc {script} make {root}")?;
    tree.systemctl("enable", CLOUD_INIT)?;
    for name in ["targets.sh", "cloud-array.sh"] {
        tree.copy(&format!("vm/{name}"), name)?;
    }
    tree.copy("etc/systemd/system/array.service", "cloud-array.service")?;
    tree.systemctl("enable", &["array.service"])?;
    let fleet = trial.program("sanid-fleet")?;
    fs::copy(fleet, tree.root().join("usr/bin/sanid-fleet"))?;
    let page = fs::read_to_string(trial.bench.root.join("docs/deployment.md"))?;
    tree.write("vm/inventory.csv", block(&page, "```csv")?)?;
    let seed = "var/lib/cloud/seed/nocloud";
    tree.write(&format!("{seed}/user-data"), block(&page, "```yaml")?)?;
    tree.write(&format!("{seed}/meta-data"), "instance-id: web-1\n")?;
    tree.write(
        "etc/cloud/cloud.cfg.d/99-vm.cfg",
        // The tree has neither resize2fs nor ssh-keygen.
        "datasource_list: [NoCloud]\nnetwork: {config: disabled}\ngrowpart: {mode: off}\nresize_rootfs: false\n\
         ssh_genkeytypes: []\n",
    )
}

/// The first block of a page that begins like this.
fn block<'a>(page: &'a str, fence: &str) -> Result<&'a str> {
    let text = page.split(&format!("\n{fence}\n")).nth(1);
    let text = text.with_context(|| format!("docs/deployment.md has no {fence}"))?;
    Ok(text.split("```").next().unwrap_or_default())
}

/// The kernel's modules, where modprobe and udev find them.
fn add_modules(debian: Debian, tree: &Tree<'_>) -> Result<()> {
    let (kernel, root) = (Artefact::Kernel(debian).get()?, tree.root());
    run!("cp -a {kernel}/lib/modules {root}/usr/lib").map(drop)
}

/// The commands of the guide, and what they need.
fn add_guide(trial: &Trial<'_>, debian: Debian, tree: &Tree<'_>) -> Result<()> {
    add_modules(debian, tree)?;
    for name in ["targets.sh", "io.py"] {
        tree.copy(&format!("vm/{name}"), name)?;
    }
    let page = fs::read_to_string(trial.bench.root.join("docs/clones.md"))?;
    for (name, commands) in guide::blocks(&page)? {
        tree.write(&format!("vm/guide/{name}.sh"), &commands)?;
    }
    Ok(())
}
