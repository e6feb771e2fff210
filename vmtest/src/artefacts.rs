//! What guests and some tests are made of: kernels, Debian trees, the initramfs that all share. Each is made once
//! from Debian's packages and kept for every clone of this user ([`kept`]).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result};

use crate::debian::{self, Debian};
use crate::host::{run, side_by_side};
use crate::kept;
use crate::layer::{Layer, libraries, version};

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Artefact {
    /// A whole Debian, installed by debootstrap, with storage clients and no identity.
    Tree(Debian),
    /// The same with SELinux and Debian's policy.
    Selinux(Debian),
    /// A Debian that makes initramfs images and has an identity of its own.
    Builder(Debian),
    /// A kernel package, unpacked.
    Kernel(Debian),
    /// The initramfs to which a case adds its files, with the modules of this kernel.
    Initramfs(Debian),
    /// An archive with targetcli for an initramfs.
    Targetcli,
    /// The programs of Debian 13 that read sanid's files, unpacked.
    Readers,
    /// The Rust of Debian 13, unpacked.
    Rust,
    /// The cloud-init of Debian 13, unpacked.
    CloudInit,
}

use Debian::{Thirteen, Twelve};

/// Debian 12 has no nvme-stas; the others come in their next versions.
const READERS: (&str, &[&str]) = ("readers", &["nvme-stas", "nvme-cli", "systemd"]);
/// Its units talk to its first process by nc.
const CLOUD_INIT: (&str, &[&str]) = ("cloud-init", &["cloud-init", "grep", "netcat-openbsd"]);
const RUST: (&str, &[&str]) = ("rust", &["cargo", "rustc", "gcc", "libc6-dev"]);

impl Artefact {
    /// Those of every run, what takes longest and what others need first.
    pub const ALL: [Self; 12] = [
        Self::Tree(Twelve),
        Self::Builder(Twelve),
        Self::Tree(Thirteen),
        Self::Builder(Thirteen),
        Self::Rust,
        Self::Readers,
        Self::CloudInit,
        Self::Kernel(Twelve),
        Self::Kernel(Thirteen),
        Self::Initramfs(Twelve),
        Self::Initramfs(Thirteen),
        Self::Targetcli,
    ];

    /// Its directory. It is made if it is missing, together with what it is made of; a second caller waits.
    ///
    /// # Errors
    ///
    /// Debian's archive cannot be reached, a program is missing, or the cache is not safe to use.
    pub fn get(self) -> Result<PathBuf> {
        static MADE: Mutex<BTreeMap<Artefact, PathBuf>> = Mutex::new(BTreeMap::new());
        let known = MADE.lock().ok().and_then(|made| made.get(&self).cloned());
        if let Some(path) = known {
            return Ok(path);
        }
        let path = self.make()?;
        if let Ok(mut made) = MADE.lock() {
            made.insert(self, path.clone());
        }
        Ok(path)
    }

    fn make(self) -> Result<PathBuf> {
        match self {
            Self::Tree(debian) => tree(debian),
            Self::Selinux(debian) => selinux(debian),
            Self::Builder(debian) => builder(debian),
            Self::Kernel(debian) => kernel(debian),
            Self::Initramfs(debian) => initramfs(debian),
            Self::Targetcli => targetcli(),
            Self::Readers => debian::unpack(Thirteen, READERS.0, READERS.1).and_then(with_places),
            Self::Rust => debian::unpack(Thirteen, RUST.0, RUST.1),
            Self::CloudInit => debian::unpack(Thirteen, CLOUD_INIT.0, CLOUD_INIT.1),
        }
    }

    /// The directory of a kernel or a tree ([`Kernel`](Self::Kernel), [`Tree`](Self::Tree),
    /// [`Readers`](Self::Readers), [`Rust`](Self::Rust), [`CloudInit`](Self::CloudInit)) that has been made.
    pub fn existing(self) -> Option<PathBuf> {
        let (name, packages) = match self {
            Self::Readers => READERS,
            Self::Rust => RUST,
            Self::CloudInit => CLOUD_INIT,
            Self::Tree(debian) => {
                return kept::existing(debian.suite(), &tree_recipe(&tree_packages(debian)));
            }
            Self::Kernel(debian) => {
                let name = kernel_name(debian);
                return debian::unpacked_one(debian, &name, KERNEL, KERNEL_RECIPE);
            }
            _ => return None,
        };
        debian::unpacked(Thirteen, name, packages)
    }
}

/// Makes what is missing of these, as many at once as there are processors. Each has its own result.
pub fn prepare(artefacts: &[Artefact]) -> Vec<(Artefact, Result<PathBuf>)> {
    side_by_side(artefacts.iter().copied(), |artefact| {
        (artefact, artefact.get())
    })
}

/// Adds the paths that tests mount their files over and that no package has.
fn with_places(tree: PathBuf) -> Result<PathBuf> {
    let id = tree.join("etc/machine-id");
    if !id.exists() {
        fs::create_dir_all(tree.join("etc/nvme"))?;
        fs::write(id, "")?;
    }
    Ok(tree)
}

/// The clients, the systemd that starts them, and busybox for an initramfs.
const CLIENTS: &str =
    "systemd,systemd-sysv,udev,dbus,kmod,iproute2,open-iscsi,nvme-cli,busybox-static";
/// The guide in docs/clones.md is followed with these.
const GUIDE: &str = "multipath-tools,targetcli-fb";
/// What makes images. dracut's packages do not ask for what its modules use: network pgrep (procps), and Debian 13's
/// nvmf jq.
const MAKERS: &str = "dracut-core,dracut-network,initramfs-tools-core,procps,jq";
const SELINUX: &str = "selinux-policy-default,selinux-utils,policycoreutils";
/// The post-install scripts of the packages make these for the machine that runs debootstrap.
const IDENTITY: &[&str] = &[
    "etc/machine-id",
    "var/lib/dbus/machine-id",
    "etc/nvme/hostnqn",
    "etc/nvme/hostid",
    "etc/iscsi/initiatorname.iscsi",
];

fn tree_packages(debian: Debian) -> String {
    let stas = match debian {
        Twelve => "",
        Thirteen => ",nvme-stas",
    };
    format!("{CLIENTS},{GUIDE}{stas}")
}

fn tree_recipe(packages: &str) -> String {
    format!("{packages}\nwithout {IDENTITY:?}")
}

fn tree(debian: Debian) -> Result<PathBuf> {
    without_identity(debian, debian.suite(), &tree_packages(debian))
}

fn selinux(debian: Debian) -> Result<PathBuf> {
    let name = format!("{}-selinux", debian.suite());
    without_identity(debian, &name, &format!("{CLIENTS},{SELINUX}"))
}

fn without_identity(debian: Debian, name: &str, packages: &str) -> Result<PathBuf> {
    kept::entry(name, &tree_recipe(packages), |tree| {
        debian::debootstrap(debian, packages, tree)?;
        for made in IDENTITY {
            let path = tree.join(made);
            run!("rm -f {path}")?;
        }
        Ok(())
    })
}

fn builder(debian: Debian) -> Result<PathBuf> {
    let packages = format!("{CLIENTS},{MAKERS}");
    let name = format!("{}-images", debian.suite());
    kept::entry(&name, &packages, |tree| {
        debian::debootstrap(debian, &packages, tree)
    })
}

/// The package that depends on a kernel, and how the name of the kernel's own begins.
const KERNEL: (&str, &str) = ("linux-image-cloud-amd64", "linux-image-6.");
const KERNEL_RECIPE: &str = "lib, depmod";

fn kernel_name(debian: Debian) -> String {
    format!("kernel-{}", debian.kernel())
}

fn kernel(debian: Debian) -> Result<PathBuf> {
    let name = kernel_name(debian);
    debian::unpack_one(debian, &name, KERNEL, KERNEL_RECIPE, |tree| {
        // depmod reads lib; Debian 13 has only usr/lib.
        if !tree.join("lib/modules").exists() {
            std::os::unix::fs::symlink("usr/lib", tree.join("lib"))?;
        }
        let version = version(tree)?;
        run!("depmod -b {tree} {version}").map(drop)
    })
}

/// The modules that guests load, by purpose, without those that they need.
const MODULES: &[(&str, &[&str])] = &[
    (
        "targets",
        &[
            "nvmet-tcp",
            "nvme-tcp",
            "iscsi_target_mod",
            "iscsi_tcp",
            "target_core_file",
            "sd_mod",
        ],
    ),
    ("disk", &["virtio_pci", "virtio_blk", "ext4"]),
    ("network", &["virtio_pci", "virtio_net"]),
];

/// Programs of Debian 12.
const PROGRAMS: &[&str] = &[
    "/bin/bash",
    "/usr/sbin/nvme",
    "/usr/sbin/iscsid",
    "/usr/sbin/iscsiadm",
];

/// The names of busybox.
const APPLETS: &[&str] = &[
    "cat", "chroot", "cut", "dmesg", "find", "grep", "head", "insmod", "ip", "ln", "ls", "mkdir",
    "mktemp", "modprobe", "mount", "mv", "od", "poweroff", "ps", "rm", "rmdir", "sed", "setsid",
    "sh", "sleep", "sort", "sync", "tail", "touch", "tr", "truncate", "umount",
];

/// The file of an initramfs, or of an archive that is appended to one, in its directory.
pub(crate) const ARCHIVE: &str = "archive.cpio";

/// The path of busybox, which needs no library, in a tree.
pub(crate) const BUSYBOX: &str = "bin/busybox";

fn initramfs(debian: Debian) -> Result<PathBuf> {
    let kernel = Artefact::Kernel(debian).get()?;
    let tree = Artefact::Tree(Twelve).get()?;
    let name = format!("initramfs-{}", debian.kernel());
    kept::entry(&name, &recipe(&[&kernel, &tree]), |directory| {
        let layer = Layer::new(directory.join("layer"))?;
        for path in [
            "proc",
            "sys",
            "dev",
            "run/lock",
            "tmp",
            "root",
            "var/lib/iscsi",
        ] {
            layer.directory(path)?;
        }
        layer.copy("bin/busybox", &tree.join(BUSYBOX))?;
        for applet in APPLETS {
            layer.link(&format!("bin/{applet}"), "busybox")?;
        }
        for program in PROGRAMS {
            let name = program.rsplit('/').next().unwrap_or(program);
            layer.copy(
                &format!("bin/{name}"),
                &tree.join(program.trim_start_matches('/')),
            )?;
            layer.files(&tree, "", &libraries(&tree, program)?)?;
        }
        layer.write("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")?;
        layer.write("etc/iscsi/iscsid.conf", ISCSID_CONF)?;
        for (purpose, modules) in MODULES {
            layer.modules(&kernel, purpose, modules)?;
        }
        finish(&layer, &tree, directory)
    })
}

/// iscsid is started by hand. The target is on loopback: only a busy machine takes this long.
const ISCSID_CONF: &str = "iscsid.startup = /bin/false
node.startup = manual
node.conn[0].timeo.login_timeout = 120
node.session.initial_login_retry_max = 2
";

/// What an archive is made of: these entries, by the text of this file.
fn recipe(entries: &[&Path]) -> String {
    let entries = entries.iter().map(|path| path.display().to_string());
    let names: Vec<String> = entries.collect();
    format!("{}\n{}", names.join("\n"), include_str!("artefacts.rs"))
}

/// Leaves the archive of a layer in the directory, and nothing else.
fn finish(layer: &Layer, tree: &Path, directory: &Path) -> Result<()> {
    layer.append_to(&tree.join(BUSYBOX), &directory.join(ARCHIVE))?;
    fs::remove_dir_all(directory.join("layer")).map_err(Into::into)
}

/// targetcli of Debian 12 and all that it imports.
const TARGETCLI: &[&str] = &[
    "targetcli-fb",
    "dbus-daemon",
    "python3-configshell-fb",
    "python3-rtslib-fb",
    "python3-pyudev",
    "python3-pyparsing",
    "python3-six",
    "python3-urwid",
    "python3-gi",
    "gir1.2-glib-2.0",
    "python3-minimal",
    "python3.11-minimal",
    "libpython3.11-minimal",
    "libpython3.11-stdlib",
];
/// targetcli asks the system's bus for further kinds of backing stores, and ends without one.
const BUS: &str = "<busconfig><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>\
    <policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>\
    <allow receive_sender=\"*\"/></policy></busconfig>\n";
/// A program needs no file below these.
const LEFT_OUT: &[&str] = &["/usr/share/", "/etc/", "/lib/systemd/", "/var/"];

fn targetcli() -> Result<PathBuf> {
    let tree = Artefact::Tree(Twelve).get()?;
    kept::entry("targetcli", &recipe(&[&tree]), |directory| {
        let root = directory.join("layer");
        let layer = Layer::new(root.clone())?;
        for path in ["etc/rtslib-fb-target", "var/target", "usr/bin"] {
            layer.directory(path)?;
        }
        layer.link("var/run", "/run")?;
        layer.write("etc/bus.conf", BUS)?;
        layer.files(&tree, "", &targetcli_files(&tree)?)?;
        layer.link("usr/bin/python3", "python3.11")?;
        // An initramfs keeps no times, and Python would compile everything at each start.
        run!(
            "chroot {root} /usr/bin/python3 -m compileall -q --invalidation-mode unchecked-hash /usr/lib"
        )?;
        finish(&layer, &tree, directory)
    })
}

/// The files of the packages, and the libraries that their programs load.
fn targetcli_files(tree: &Path) -> Result<Vec<String>> {
    let packages = TARGETCLI;
    let listed = run!("chroot {tree} dpkg -L {packages...}").context("targetcli")?;
    let is_file = |path: &&str| {
        let metadata = fs::symlink_metadata(tree.join(path.trim_start_matches('/')));
        metadata.is_ok_and(|metadata| metadata.is_file())
    };
    let mut files: Vec<String> = listed
        .lines()
        .filter(|line| LEFT_OUT.iter().all(|left_out| !line.starts_with(left_out)))
        .filter(is_file)
        .map(str::to_owned)
        .collect();
    let loads = |path: &&String| {
        path.contains(".so") || path.ends_with("/python3.11") || path.ends_with("/dbus-daemon")
    };
    let programs: Vec<String> = files.iter().filter(loads).cloned().collect();
    for program in programs {
        files.extend(libraries(tree, &program)?);
    }
    // pyudev loads it by this name.
    files.push("/lib/x86_64-linux-gnu/libudev.so.1".to_owned());
    files.sort();
    files.dedup();
    Ok(files)
}
