//! What guests are made of: kernels, the initramfs that all share, Debian trees. Made once, from
//! Debian's packages, and kept below `target/vm/cache`; remove that directory for new ones.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::case::{Bench, Debian, Kernel};
use super::cpio::Archive;
use crate::debian13;
use crate::place::output;

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

/// Programs of this machine for the initramfs.
const PROGRAMS: &[&str] = &[
    "/bin/bash",
    "/usr/sbin/nvme",
    "/usr/sbin/iscsid",
    "/usr/sbin/iscsiadm",
];

/// What busybox stands for.
const APPLETS: &[&str] = &[
    "cat", "cut", "dmesg", "grep", "head", "insmod", "ip", "ln", "ls", "mkdir", "mount", "mv",
    "od", "poweroff", "rm", "sed", "sh", "sleep", "sync", "tail", "touch", "tr", "truncate",
    "umount",
];

/// The clients, and the systemd that starts them.
pub(super) const TREE_PACKAGES: &str =
    "systemd,systemd-sysv,udev,dbus,kmod,iproute2,open-iscsi,nvme-cli";

/// What the guide in docs/clones.md is followed with, beside these.
const GUIDE_PACKAGES: &str = "multipath-tools,targetcli-fb";

/// What comes from Debian's archive. A second attempt is made: an archive's mirror may be busy, or the
/// machine's package lists older than it.
fn fetched<T>(what: &str, fetch: impl Fn() -> Result<T>) -> Result<T> {
    if let Ok(fetched) = fetch() {
        return Ok(fetched);
    }
    std::thread::sleep(std::time::Duration::from_secs(5));
    let _ = output(Command::new("apt-get").args(["update", "-qq"]));
    fetch().with_context(|| {
        format!(
            "cannot fetch {what} from Debian's archive, tried twice; \
             is there a network, and does `apt-get update` work?"
        )
    })
}

/// An unpacked kernel package.
pub(super) fn kernel(bench: &Bench<'_>, kernel: Kernel) -> Result<PathBuf> {
    let tree = bench.cache().join(format!("kernel-{}", kernel.word()));
    if tree.exists() {
        return Ok(tree);
    }
    let part = fresh(&tree)?;
    match kernel {
        Kernel::V6_1 => {
            fetched("the kernel 6.1", || {
                output(
                    Command::new("apt-get")
                        .args(["download", "-qq", "-o", "APT::Sandbox::User=root"])
                        .arg(image_package()?)
                        .current_dir(&part),
                )
                .map(drop)
            })?;
            for archive in list(&part)? {
                output(Command::new("dpkg-deb").arg("-x").arg(archive).arg(&part))?;
            }
        }
        Kernel::V6_12 => {
            let package = ["linux-image-cloud-amd64"];
            let unpacked = fetched("the kernel 6.12", || {
                debian13::unpack(bench.place, "kernel", &package)
            })?;
            fs::create_dir_all(part.join("usr/lib"))?;
            let copy = |from: &str, to: &str| {
                let from = unpacked.join(from);
                output(Command::new("cp").arg("-a").arg(from).arg(part.join(to)))
            };
            copy("boot", ".")?;
            copy("usr/lib/modules", "usr/lib")?;
        }
    }
    // depmod looks in lib; Debian 13 has only usr/lib.
    if !part.join("lib/modules").exists() {
        std::os::unix::fs::symlink("usr/lib", part.join("lib"))?;
    }
    output(
        Command::new("depmod")
            .arg("-b")
            .arg(&part)
            .arg(version(&part)?),
    )?;
    fs::rename(&part, &tree)?;
    Ok(tree)
}

/// The file that QEMU boots.
pub(super) fn image(tree: &Path) -> Result<PathBuf> {
    Ok(tree.join(format!("boot/vmlinuz-{}", version(tree)?)))
}

/// The version that its modules are for.
pub(super) fn version(tree: &Path) -> Result<String> {
    let modules = list(&tree.join("lib/modules"))?;
    let name = modules.first().and_then(|path| path.file_name());
    let name = name.context("a kernel package without modules")?;
    Ok(name.to_string_lossy().into_owned())
}

/// Everything in the initramfs but what a case adds.
pub(super) fn initramfs(bench: &Bench<'_>, kernel: Kernel) -> Result<PathBuf> {
    // What goes into it is said in this file, and a cache outlives a change of that.
    let mut said = DefaultHasher::new();
    include_str!("artefacts.rs").hash(&mut said);
    let name = format!("base-{}-{:x}.cpio", kernel.word(), said.finish());
    let file = bench.cache().join(name);
    if file.exists() {
        return Ok(file);
    }
    let mut archive = Archive::default();
    for directory in [
        "proc",
        "sys",
        "dev",
        "run/lock",
        "tmp",
        "root",
        "var/lib/iscsi",
    ] {
        archive.directory(directory);
    }
    archive.copy("bin/busybox", Path::new("/bin/busybox"))?;
    for applet in APPLETS {
        archive.link(&format!("bin/{applet}"), "busybox");
    }
    for program in PROGRAMS {
        let name = program.rsplit('/').next().unwrap_or(program);
        archive.copy(&format!("bin/{name}"), Path::new(program))?;
        for library in libraries(program)? {
            archive.copy(library.trim_start_matches('/'), Path::new(&library))?;
        }
    }
    archive.file("etc/passwd", 0o644, b"root:x:0:0:root:/root:/bin/sh\n");
    archive.file("etc/iscsi/iscsid.conf", 0o600, ISCSID_CONF);
    add_modules(&mut archive, &self::kernel(bench, kernel)?, MODULES)?;
    let part = file.with_extension("part");
    fs::write(&part, archive.finish())?;
    fs::rename(part, &file)?;
    Ok(file)
}

/// iscsid is started by hand; short waits, since the target is on loopback.
const ISCSID_CONF: &[u8] = b"iscsid.startup = /bin/false
node.startup = manual
node.conn[0].timeo.login_timeout = 10
node.session.initial_login_retry_max = 2
";

/// The modules, and for each purpose the order in which they load.
pub(super) fn add_modules(
    archive: &mut Archive,
    tree: &Path,
    purposes: &[(&str, &[&str])],
) -> Result<()> {
    let version = version(tree)?;
    let mut packed = BTreeSet::new();
    for (purpose, modules) in purposes {
        let mut order: Vec<String> = Vec::new();
        for module in *modules {
            for path in load_order(tree, &version, module)? {
                let file = path.rsplit('/').next().unwrap_or(&path);
                let name = file.strip_suffix(".xz").unwrap_or(file).to_owned();
                if packed.insert(name.clone()) {
                    // Unpacked here: an emulated processor takes longer.
                    let how = if name == file { "cat" } else { "xzcat" };
                    let content = Command::new(how).arg(&path).output()?.stdout;
                    archive.file(&format!("lib/modules/{name}"), 0o644, &content);
                }
                if !order.contains(&name) {
                    order.push(name);
                }
            }
        }
        let order = order.join("\n") + "\n";
        archive.file(&format!("lib/modules/{purpose}"), 0o644, order.as_bytes());
    }
    Ok(())
}

/// The files of a module and of those that it needs.
fn load_order(tree: &Path, version: &str, module: &str) -> Result<Vec<String>> {
    let plan = output(Command::new("modprobe").arg("-d").arg(tree).args([
        "-S",
        version,
        "--show-depends",
        module,
    ]))?;
    let files = plan.lines().filter_map(|line| line.strip_prefix("insmod "));
    Ok(files.map(|path| path.trim().to_owned()).collect())
}

/// The shared libraries of a program, by ldd.
pub(super) fn libraries(program: &str) -> Result<Vec<String>> {
    let table = output(Command::new("ldd").arg(program))?;
    Ok(table
        .split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(|word| word.trim_end_matches(':').to_owned())
        .collect())
}

/// A Debian with systemd, open-iscsi and nvme-cli, and no identity of its own.
pub(super) fn debian(bench: &Bench<'_>, debian: Debian) -> Result<PathBuf> {
    // A cache outlives a change of what goes into it.
    let mut said = DefaultHasher::new();
    packages(debian).hash(&mut said);
    let name = format!("{}-{:x}", debian.suite(), said.finish());
    let tree = bench.cache().join(name);
    if tree.exists() {
        return Ok(tree);
    }
    let part = fetched(&format!("Debian's {}", debian.suite()), || {
        let part = fresh(&tree)?;
        debootstrap(debian, &packages(debian), &part)?;
        Ok(part)
    })?;
    // The post-install scripts of the packages have made the names for the machine that ran debootstrap.
    for made in [
        "etc/machine-id",
        "var/lib/dbus/machine-id",
        "etc/nvme/hostnqn",
        "etc/nvme/hostid",
        "etc/iscsi/initiatorname.iscsi",
        "etc/dpkg/dpkg.cfg.d/unsafe-io",
    ] {
        let _ = fs::remove_file(part.join(made));
    }
    output(
        Command::new("rm")
            .arg("-rf")
            .arg(part.join("var/cache/apt")),
    )?;
    fs::rename(&part, &tree)?;
    Ok(tree)
}

/// What debootstrap adds to the smallest Debian. nvme-stas is in Debian 13 only.
fn packages(debian: Debian) -> String {
    match debian {
        Debian::Twelve => format!("{TREE_PACKAGES},{GUIDE_PACKAGES}"),
        Debian::Thirteen => format!("{TREE_PACKAGES},{GUIDE_PACKAGES},nvme-stas"),
    }
}

/// The smallest Debian and these packages, in an empty directory.
pub(super) fn debootstrap(debian: Debian, packages: &str, directory: &Path) -> Result<()> {
    // dpkg would wait for the disk after each file, for minutes on a busy machine.
    let settings = directory.join("etc/dpkg/dpkg.cfg.d");
    fs::create_dir_all(&settings)?;
    fs::write(settings.join("unsafe-io"), "force-unsafe-io\n")?;
    output(
        Command::new("debootstrap")
            .args(["--variant=minbase", "--include", packages])
            .arg(debian.suite())
            .arg(directory)
            .arg(debian13::archive()?),
    )
    .map(drop)
}

/// The package that `linux-image-cloud-amd64` stands for.
fn image_package() -> Result<String> {
    let depends = output(Command::new("apt-cache").args(["depends", "linux-image-cloud-amd64"]))?;
    depends
        .lines()
        .find_map(|line| line.trim().strip_prefix("Depends: "))
        .filter(|name| name.starts_with("linux-image-6.1."))
        .map(str::to_owned)
        .context("apt on this machine knows no kernel 6.1; it is Debian 12's")
}

/// An empty directory beside `tree`, to be renamed when it is complete.
pub(super) fn fresh(tree: &Path) -> Result<PathBuf> {
    let mut part = tree.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    if part.exists() {
        fs::remove_dir_all(&part)?;
    }
    fs::create_dir_all(&part)?;
    Ok(part)
}

/// What is in a directory.
pub(super) fn list(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
    entries.map(|entry| Ok(entry?.path())).collect()
}
