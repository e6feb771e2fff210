//! A host whose root file system is on storage that admits hosts by name: two guests with one network between them.
//! The first is a target that serves a disk to one name and to no other; the second boots from it with an initramfs
//! that has no name of its own (`image`).

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::image;
use super::initramfs::{Image, layer};
use crate::artefacts::{Artefact, BUSYBOX};
use crate::case::{Boot, HOST_UUID, MACHINE_ID, Maker, Seed, Storage};
use crate::debian::Debian::{self, Thirteen, Twelve};
use crate::guest::Running;
use crate::layer::Layer;
use crate::qemu::{LEAVE, Qemu};
use crate::tree::Tree;
use crate::trial::Trial;

const HOST_MEMORY: u64 = 512;
const TARGET_MEMORY: u64 = 256;

/// The target and the label of its disk, as in `targets.sh` and `san-target.sh`.
const TARGET: &str = "iqn.2024-01.test.local:target";
const LABEL: &str = "san";

/// `ip=` of dracut and of initramfs-tools: `san-target.sh` has the other address. The card is there before udev starts:
/// on a busy machine (load 14) dracut 059 tried to connect before it had seen the card, and then never did again.
const ADDRESS: &str =
    "net.ifnames=0 rd.driver.pre=virtio_net ip=10.0.0.2::10.0.0.1:255.255.255.0::eth0:none";

/// Starts the target, then boots from it.
pub(super) fn run(
    trial: &Trial<'_>,
    debian: Debian,
    maker: Maker,
    (storage, seed): (Storage, Seed),
) -> Result<()> {
    let image = image::make(trial, debian, maker)?;
    if maker == Maker::Dracut {
        patience(trial, debian, storage, &image)?;
    }
    root(trial, debian, storage)?;
    let log = trial.work().join("target.log");
    let of_target = || format!("the target's console: {}", log.display());
    let mut target = Running::start(&mut target(trial, storage)?.command(), &log)?;
    let limit = Duration::from_secs(trial.case.limit());
    target
        .waits_for("READY", (&log, 0), limit)
        .with_context(of_target)?;

    let mut host = on_the_network(trial, debian, HOST_MEMORY, ("off", "02"))?
        .arg("-initrd", image)
        .word(format!("{ADDRESS} {}", to_storage(storage, maker)))
        .word(format!("root=LABEL={LABEL} rw"))
        .systemd();
    host = match seed {
        Seed::CommandLine => host.word(format!("systemd.machine_id={MACHINE_ID}")),
        Seed::Credential => host.arg(
            "-smbios",
            format!("type=11,value=io.systemd.credential:system.machine_id={MACHINE_ID}"),
        ),
    };
    host.boot("the host").with_context(of_target)
}

/// The words with which the host finds its root file system.
fn to_storage(storage: Storage, maker: Maker) -> String {
    match (storage, maker) {
        (Storage::Iscsi, Maker::Dracut) => {
            // A guest that waits for a processor is not a connection that is lost (dracut.cmdline(7)).
            format!(
                "rd.neednet=1 netroot=iscsi:10.0.0.1::::{TARGET} \
                 rd.iscsi.param=node.conn[0].timeo.noop_out_interval=0 \
                 rd.iscsi.param=node.conn[0].timeo.noop_out_timeout=0"
            )
        }
        (Storage::Iscsi, Maker::InitramfsTools) => {
            format!("iscsi_target_ip=10.0.0.1 iscsi_target_name={TARGET}")
        }
        (Storage::NvmeTcp, _) => "rd.neednet=1 rd.nvmf.discover=tcp,10.0.0.1,,4420".to_owned(),
    }
}

/// Lets the connection of an image live however slowly its guest runs.
fn patience(trial: &Trial<'_>, debian: Debian, storage: Storage, image: &Path) -> Result<()> {
    let (path, file) = match (storage, debian) {
        (Storage::Iscsi, _) => ("etc/udev/rules.d/99-patience.rules", "patience.rules"),
        // Where dracut keeps its hooks; Debian 13 has a link to it in the older place.
        (Storage::NvmeTcp, Twelve) => {
            ("usr/lib/dracut/hooks/cmdline/99-patience.sh", "patience.sh")
        }
        (Storage::NvmeTcp, Thirteen) => {
            ("var/lib/dracut/hooks/cmdline/99-patience.sh", "patience.sh")
        }
    };
    let layer = Layer::new(trial.work().join("patience"))?;
    layer.copy(path, &trial.guest_file(file))?;
    let busybox = Artefact::Tree(Twelve).get()?.join(BUSYBOX);
    layer.append_to(&busybox, image)
}

/// The disk that the target serves: a Debian that has no identity and has never booted.
fn root(trial: &Trial<'_>, debian: Debian, storage: Storage) -> Result<()> {
    let tree = Tree::new(trial, debian, LEAVE)?;
    tree.prepare(&Boot {
        before: &[],
        script: "san-boot.sh",
        arguments: match storage {
            Storage::Iscsi => "iscsi",
            Storage::NvmeTcp => "nvme",
        },
        options: &[],
    })?;
    // The first boot would enable it, and it would set up the network anew under the root file system.
    let network = [
        "systemd-networkd.service",
        "systemd-networkd.socket",
        "systemd-network-generator.service",
    ];
    tree.systemctl("mask", &network)?;
    tree.to_disk(LABEL).map(drop)
}

/// The other guest: the kernel's own targets on a network.
fn target<'a>(trial: &'a Trial<'a>, storage: Storage) -> Result<Qemu<'a>> {
    let layer = layer(trial, "san-target.sh")?;
    let modules = ["virtio_pci", "virtio_blk", "virtio_net"];
    layer.modules(&Artefact::Kernel(Twelve).get()?, "san", &modules)?;
    let mut image = Image::new(trial, Twelve)?;
    image.append(&layer)?;
    let admits = match storage {
        Storage::Iscsi => {
            let digits = HOST_UUID.replace('-', "");
            format!("vm.iqn=iqn.2016-04.com.open-iscsi:{digits}")
        }
        Storage::NvmeTcp => format!("vm.hostnqn=nqn.2014-08.org.nvmexpress:uuid:{HOST_UUID}"),
    };
    Ok(on_the_network(trial, Twelve, TARGET_MEMORY, ("on", "01"))?
        .arg("-initrd", &image.file)
        .disk("disk.img".as_ref())
        .word(format!("net.ifnames=0 {admits}")))
}

/// A machine with one network card, whose other end is the other guest: whether it waits for that one, and the last
/// byte of its hardware address.
fn on_the_network<'a>(
    trial: &'a Trial<'a>,
    debian: Debian,
    memory: u64,
    (listens, byte): (&str, &str),
) -> Result<Qemu<'a>> {
    // A stream makes a guest wait where a datagram would be lost: of those only ten are kept.
    let network = format!("stream,id=net,server={listens},addr.type=unix,addr.path=network.socket");
    Ok(Qemu::new(trial, debian, memory)?
        // The path of a socket has at most 108 bytes: it is in this directory.
        .directory(&trial.work())
        .arg("-netdev", network)
        .card(&format!("52:54:00:00:00:{byte}"), ",netdev=net"))
}
