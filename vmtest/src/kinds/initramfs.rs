//! QEMU with a kernel and an initramfs: boots of one image in machines that differ.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::artefacts::{ARCHIVE, Artefact, BUSYBOX};
use crate::case::{Addition, Disk, MACHINE_ID, Machine};
use crate::debian::Debian::{self, Thirteen, Twelve};
use crate::host::run;
use crate::layer::{Layer, libraries};
use crate::qemu::{LEAVE, Qemu};
use crate::trial::Trial;

/// Boots one machine after the other.
pub(super) fn run(
    trial: &Trial<'_>,
    debian: Debian,
    script: &str,
    additions: &[Addition],
    machines: &'static [Machine],
) -> Result<()> {
    let layer = layer(trial, script)?;
    for addition in additions {
        add(trial, &layer, debian, *addition)?;
    }
    let mut image = Image::new(trial, debian)?;
    image.append(&layer)?;
    if additions.contains(&Addition::FleetExport) {
        image.append_archive(&Artefact::Targetcli.get()?)?;
    }
    let disk = match machines.first() {
        Some(machine) if machine.disk != Disk::None => Some(disk(&trial.work())?),
        _ => None,
    };
    for machine in trial.boots(machines) {
        let mut qemu = Qemu::new(trial, debian, trial.case.memory)?
            .arg("-initrd", &image.file)
            .args(machine.options)
            .word(format!("vm.machine={}", machine.name))
            .word(format!("vm.kernel={}", debian.kernel()));
        if let Some(disk) = &disk {
            prepare(machine.disk, disk)?;
            qemu = qemu.disk(disk);
        }
        if let Some(uuid) = machine.uuid {
            qemu = qemu.arg("-uuid", uuid).word(format!("vm.firmware={uuid}"));
        }
        if let Some(serial) = machine.board {
            qemu = qemu.arg("-smbios", format!("type=2,serial={serial}"));
        }
        if let Some(mac) = machine.mac {
            qemu = qemu.card(mac, "");
        }
        qemu.boot(&format!("the machine {}", machine.name))?;
    }
    Ok(())
}

/// The files that a case adds to the shared initramfs: sanid, and the script of the case.
pub(super) fn layer(trial: &Trial<'_>, script: &str) -> Result<Layer> {
    let layer = Layer::new(trial.work().join(script))?;
    layer.copy("init", &trial.guest_file("init.sh"))?;
    layer.copy("bin/sanid", &trial.sanid()?)?;
    for name in ["lib.sh", "targets.sh"] {
        layer.copy(&format!("vm/{name}"), &trial.guest_file(name))?;
    }
    layer.write("vm/case.sh", &trial.script(script, "")?)?;
    layer.write("vm/shell.sh", &trial.shell_script(LEAVE)?)?;
    // The whole system is in memory, and each boot of it has the same machine-id.
    let config = "usr/lib/sanid/config.d/50-memory.toml";
    layer.write(config, "allow-volatile-machine-id = true\n")?;
    Ok(layer)
}

/// An initramfs: the shared one, followed by layers.
pub(super) struct Image {
    pub(super) file: PathBuf,
    busybox: PathBuf,
}

impl Image {
    pub(super) fn new(trial: &Trial<'_>, debian: Debian) -> Result<Self> {
        let image = Self {
            file: trial.work().join("initramfs"),
            busybox: Artefact::Tree(Twelve).get()?.join(BUSYBOX),
        };
        fs::write(&image.file, "")?;
        image.append_archive(&Artefact::Initramfs(debian).get()?)?;
        Ok(image)
    }

    pub(super) fn append(&mut self, layer: &Layer) -> Result<()> {
        layer.append_to(&self.busybox, &self.file)
    }

    fn append_archive(&self, artefact: &Path) -> Result<()> {
        let mut from = fs::File::open(artefact.join(ARCHIVE))?;
        let mut to = fs::File::options().append(true).open(&self.file)?;
        std::io::copy(&mut from, &mut to)?;
        Ok(())
    }
}

fn add(trial: &Trial<'_>, layer: &Layer, debian: Debian, addition: Addition) -> Result<()> {
    match addition {
        Addition::FirmwareReaders => {
            let modules = ["iscsi_ibft", "virtio_pci", "virtio_net"];
            layer.modules(&Artefact::Kernel(debian).get()?, "ibft", &modules)?;
            let tree = Artefact::Tree(Thirteen).get()?;
            let nvme = "/usr/sbin/nvme";
            let mut files = libraries(&tree, nvme)?;
            files.push(nvme.to_owned());
            layer.files(&tree, "debian13", &files)?;
            layer.directory("debian13/sys")
        }
        Addition::FleetExport => {
            layer.copy("bin/sanid-fleet", trial.program("sanid-fleet")?)?;
            layer.copy("vm/nvmet-json.py", &trial.guest_file("nvmet-json.py"))?;
            let Some(tree) = &trial.options.nvmetcli else {
                return Ok(());
            };
            let files = run!("find {tree} ! -type d -printf '%P\n'")?;
            let files: Vec<String> = files.lines().map(str::to_owned).collect();
            layer.files(tree, "nvmetcli", &files)
        }
    }
}

/// An ext4 with an /etc and a /var, made without mounting it.
pub(super) fn disk(work: &Path) -> Result<PathBuf> {
    let content = work.join("content");
    for directory in ["etc", "var/lib"] {
        fs::create_dir_all(content.join(directory))?;
    }
    fs::write(content.join("etc/machine-id"), format!("{MACHINE_ID}\n"))?;
    let image = work.join("disk.img");
    run!("mkfs.ext4 -q -d {content} {image} 64M")?;
    Ok(image)
}

/// What becomes of the disk before a boot.
fn prepare(disk: Disk, image: &Path) -> Result<()> {
    let (from, to) = match disk {
        Disk::None | Disk::Stays => return Ok(()),
        Disk::Kept(snapshot) => (image.to_owned(), image.with_extension(snapshot)),
        Disk::RolledBack(snapshot) => (image.with_extension(snapshot), image.to_owned()),
    };
    fs::copy(&from, to)
        .with_context(|| from.display().to_string())
        .map(drop)
}
