//! `sanid-fleet export` and `diff` against the targets of a real kernel: LIO through the real targetcli,
//! nvmet through configfs, with logins and connections made. The script's commands are those of
//! `docs/fleet.md`.
//!
//! targetcli is Debian 12's, with the Python that runs it, beside the small initramfs: a tree of files of
//! this machine's packages.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::artefacts::{fresh, libraries};
use super::case::{Bench, Case, Guest, Kernel};
use super::cpio::Archive;
use super::{guest, qemu};
use crate::cmd::Cmd;
use crate::place::output;

pub(super) const ON_6_1: Case = case(
    "fleet_export_6_1",
    Kernel::V6_1,
    "hosts log in to LIO and nvmet with what sanid-fleet export wrote; a difference touches nobody else",
);
pub(super) const ON_6_12: Case = case(
    "fleet_export_6_12",
    Kernel::V6_12,
    "the same with Debian 13's kernel",
);

const fn case(name: &'static str, kernel: Kernel, proves: &'static str) -> Case {
    Case {
        name,
        proves,
        limit: 480,
        memory: 768,
        guest: Guest::FleetExport(kernel),
    }
}

/// targetcli and all that it imports.
const PACKAGES: &[&str] = &[
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
const BUS: &[u8] = b"<busconfig><listen>unix:path=/run/bus</listen><auth>EXTERNAL</auth>\
    <policy context=\"default\"><allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>\
    <allow receive_sender=\"*\"/></policy></busconfig>\n";

/// Where the files of a package are of no use to a program.
const LEFT_OUT: &[&str] = &["/usr/share/", "/etc/", "/lib/systemd/", "/var/"];

/// What the scripts of sanid-fleet use beyond the small initramfs.
const APPLETS: &[&str] = &["find", "mktemp", "modprobe", "rmdir", "sort"];

/// The case.
pub(super) fn run(bench: &Bench<'_>, case: &Case, kernel: Kernel) -> Result<()> {
    let initramfs = qemu::initramfs(bench, case, kernel, "fleet-export.sh")?;
    let mut bytes = fs::read(&initramfs)?;
    bytes.extend(fs::read(targetcli(bench)?)?);
    bytes.extend(fleet(bench, case)?);
    fs::write(&initramfs, bytes)?;
    let mut qemu = qemu::machine(bench, kernel, case.memory)?;
    qemu.arg("-initrd").arg(initramfs);
    let words = format!("vm.kernel={}", kernel.word());
    qemu.args(["-append", &qemu::append(&words)]);
    guest::run(&mut qemu, &bench.log(case), Duration::from_secs(case.limit))
}

/// sanid-fleet, as the tests build it, and the lists of hosts.
fn fleet(bench: &Bench<'_>, case: &Case) -> Result<Vec<u8>> {
    let build = Cmd::new(["cargo", "build", "--quiet", "-p", "sanid-fleet"]);
    let done = build.run(bench.place, case.name)?;
    ensure!(done.status.success(), "{}", done.output);
    let program_file = bench.place.target.join("debug/sanid-fleet");
    let stripped = bench.work(case).join("sanid-fleet");
    output(
        Command::new("strip")
            .arg("-o")
            .arg(&stripped)
            .arg(&program_file),
    )?;
    let mut archive = Archive::default();
    program(&mut archive, "bin/sanid-fleet", &stripped)?;
    archive.copy("vm/nvmet-json.py", &bench.guest_file("nvmet-json.py"))?;
    if let Some(tree) = bench.nvmetcli {
        for part in ["usr/bin/nvmetcli", "usr/lib/python3/dist-packages"] {
            pack(&mut archive, "nvmetcli/", tree, &tree.join(part))?;
        }
    }
    Ok(archive.finish())
}

fn program(archive: &mut Archive, path: &str, from: &Path) -> Result<()> {
    archive.copy(path, from)?;
    for library in libraries(&from.to_string_lossy())? {
        archive.copy(library.trim_start_matches('/'), Path::new(&library))?;
    }
    Ok(())
}

/// An archive with targetcli, made once.
fn targetcli(bench: &Bench<'_>) -> Result<PathBuf> {
    // Cases run side by side.
    static ONE_MAKES_IT: Mutex<()> = Mutex::new(());
    let _one = ONE_MAKES_IT.lock();
    let mut said = DefaultHasher::new();
    include_str!("fleet_export.rs").hash(&mut said);
    let file = bench
        .cache()
        .join(format!("targetcli-{:x}.cpio", said.finish()));
    if file.exists() {
        return Ok(file);
    }
    let tree = fresh(&file)?;
    let mut archive = Archive::default();
    for applet in APPLETS {
        archive.link(&format!("bin/{applet}"), "busybox");
    }
    for directory in ["etc/rtslib-fb-target", "var/target", "usr/bin"] {
        archive.directory(directory);
    }
    archive.link("var/run", "/run");
    archive.file("etc/bus.conf", 0o644, BUS);
    for file in files()? {
        let to = tree.join(file.strip_prefix("/")?);
        let directory = to
            .parent()
            .context("a file of a package is in a directory")?;
        fs::create_dir_all(directory)?;
        fs::copy(&file, &to).with_context(|| file.display().to_string())?;
    }
    // An initramfs keeps no times, and Python would compile everything at each start.
    let mut compile = Command::new("/usr/bin/python3");
    compile.args([
        "-m",
        "compileall",
        "-q",
        "--invalidation-mode",
        "unchecked-hash",
    ]);
    output(compile.arg(tree.join("usr/lib")))?;
    pack(&mut archive, "", &tree, &tree)?;
    archive.link("usr/bin/python3", "python3.11");
    let part = file.with_extension("part-file");
    fs::write(&part, archive.finish())?;
    fs::remove_dir_all(tree)?;
    fs::rename(part, &file)?;
    Ok(file)
}

/// The files of the packages on this machine, and the libraries that their programs load.
fn files() -> Result<Vec<PathBuf>> {
    let listed = output(Command::new("dpkg").arg("-L").args(PACKAGES))
        .context("apt-get install --no-install-recommends targetcli-fb")?;
    let mut files: Vec<PathBuf> = listed
        .lines()
        .filter(|line| LEFT_OUT.iter().all(|left_out| !line.starts_with(left_out)))
        .map(PathBuf::from)
        .filter(|path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file()))
        .collect();
    let loads = |path: &&PathBuf| {
        let name = path.to_string_lossy();
        name.contains(".so") || name.ends_with("/python3.11") || name.ends_with("/dbus-daemon")
    };
    let programs: Vec<String> = files
        .iter()
        .filter(loads)
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    for program in programs {
        files.extend(libraries(&program)?.into_iter().map(PathBuf::from));
    }
    // pyudev loads it by this name.
    files.push(PathBuf::from("/lib/x86_64-linux-gnu/libudev.so.1"));
    files.sort();
    files.dedup();
    Ok(files)
}

/// A file or directory of a tree, and all below it.
fn pack(archive: &mut Archive, to: &str, tree: &Path, path: &Path) -> Result<()> {
    if !path.is_dir() {
        let name = path.strip_prefix(tree)?.to_string_lossy();
        return archive.copy(&format!("{to}{name}"), path);
    }
    for inner in super::artefacts::list(path)? {
        pack(archive, to, tree, &inner)?;
    }
    Ok(())
}
