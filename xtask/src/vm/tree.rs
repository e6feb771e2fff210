//! The root file system of a guest: a Debian tree from the cache with what a case changes in a layer
//! of its own. (A copy would take longer to reach the disk than the guest takes to boot.)

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::artefacts::{self, list};
use super::case::{Bench, Change, Debian};
use super::claims;
use crate::place::output;

/// Where units are, below `dist` and in the tree.
const UNITS: &str = "usr/lib/systemd/system";

/// There is no network to wait for; the others take an emulated processor seconds.
const NOT_NEEDED: &[&str] = &[
    "systemd-networkd-wait-online.service",
    "systemd-hwdb-update.service",
    "systemd-journal-catalog-update.service",
    "ldconfig.service",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_reap.service",
    "e2scrub_all.timer",
    "serial-getty@ttyS0.service",
    "console-getty.service",
    // What the guide in docs/clones.md is followed with.
    "multipathd.service",
    "multipathd.socket",
    "rtslib-fb-targetctl.service",
    "targetclid.service",
    "targetclid.socket",
];

/// A tree with sanid in it. It is unmounted when this goes.
pub(super) struct Tree<'b> {
    bench: &'b Bench<'b>,
    debian: Debian,
    work: PathBuf,
}

impl<'b> Tree<'b> {
    /// A new root file system below `work`, with sanid installed as a package would.
    pub(super) fn new(bench: &'b Bench<'b>, debian: Debian, work: &Path) -> Result<Self> {
        let tree = Self {
            bench,
            debian,
            work: work.to_owned(),
        };
        tree.lay()?;
        tree.install()?;
        Ok(tree)
    }

    /// Its root directory.
    pub(super) fn root(&self) -> PathBuf {
        self.work.join("tree")
    }

    fn lay(&self) -> Result<()> {
        for directory in ["tree", "layer", "index"] {
            fs::create_dir_all(self.work.join(directory))?;
        }
        let base = artefacts::debian(self.bench, self.debian)?;
        let options = format!(
            "lowerdir={},upperdir={},workdir={}",
            base.display(),
            self.work.join("layer").display(),
            self.work.join("index").display()
        );
        output(
            Command::new("mount")
                .args(["-t", "overlay", "overlay", "-o", &options])
                .arg(self.root()),
        )
        .map(drop)
    }

    /// What a guest has changed so far, as an overlay keeps it.
    fn copy_layer(&self, from: &str, to: &str) -> Result<()> {
        let mut copy = Command::new("cp");
        copy.arg("--archive").args([from, to]);
        output(copy.current_dir(&self.work)).map(drop)
    }

    fn install(&self) -> Result<()> {
        let (root, bench) = (self.root(), self.bench);
        // Units and drop-ins.
        output(
            Command::new("cp")
                .args(["--recursive", "--no-target-directory"])
                .arg(bench.place.root.join("dist").join(UNITS))
                .arg(root.join(UNITS)),
        )?;
        fs::copy(&bench.sanid, root.join("usr/bin/sanid"))?;
        fs::create_dir_all(root.join("vm/kept"))?;
        fs::copy(bench.guest_file("lib.sh"), root.join("vm/lib.sh"))?;
        fs::copy(
            bench.guest_file("vm-case.service"),
            root.join(UNITS).join("vm-case.service"),
        )?;
        self.systemctl(&["enable", "sanid.service"])?;
        self.mask(NOT_NEEDED)
    }

    /// Units that do not start.
    pub(super) fn mask(&self, units: &[&str]) -> Result<()> {
        self.systemctl(&[&["mask"], units].concat())
    }

    /// Makes the units take a container for a host. They are as shipped otherwise: a drop-in would not
    /// do, since it can only take all conditions away at once.
    pub(super) fn pass_as_host(&self) -> Result<()> {
        for unit in list(&self.root().join(UNITS))? {
            let name = unit.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("sanid") && unit.is_file() {
                fs::write(&unit, as_a_host(&fs::read_to_string(&unit)?))?;
            }
        }
        // iscsid needs the netlink of the first network namespace. Its start, and Debian's check of
        // the name before it, are what cases look at.
        self.write(
            "etc/systemd/system/iscsid.service.d/container.conf",
            "[Service]\nType=oneshot\nExecStart=\nExecStart=/bin/true\n",
        )
    }

    /// Does to the tree what a case says.
    pub(super) fn make(&self, change: &Change) -> Result<()> {
        match change {
            Change::Write(path, text) => self.write(path, text),
            Change::Remove(path) => {
                let path = self.root().join(path);
                fs::remove_file(&path).with_context(|| path.display().to_string())
            }
            Change::Capture => self.copy_layer("layer", "template"),
            Change::Clone => {
                self.unmount()?;
                fs::remove_dir_all(self.work.join("layer"))?;
                self.copy_layer("template", "layer")?;
                self.lay()
            }
            Change::Enable(unit) => self.systemctl(&["enable", unit]),
            Change::Program(name) => claims::program(self.bench, name, &self.root()),
            Change::Certificates => claims::certificates(&self.root()),
            Change::Reinstall { keep } => {
                let read = |path: &&str| fs::read(self.root().join(path));
                let kept: Vec<Vec<u8>> = keep.iter().map(read).collect::<Result<_, _>>()?;
                self.unmount()?;
                fs::remove_dir_all(self.work.join("layer"))?;
                self.lay()?;
                self.install()?;
                self.pass_as_host()?;
                for (path, content) in keep.iter().zip(kept) {
                    fs::write(self.root().join(path), content)?;
                }
                Ok(())
            }
        }
    }

    /// Writes a file and the directories above it.
    pub(super) fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.root().join(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&path, text).with_context(|| path.display().to_string())
    }

    /// The unit files of a system that does not run.
    fn systemctl(&self, words: &[&str]) -> Result<()> {
        let mut root = std::ffi::OsString::from("--root=");
        root.push(self.root());
        let mut systemctl = Command::new("systemctl");
        output(systemctl.arg(root).arg("--quiet").args(words)).map(drop)
    }

    fn unmount(&self) -> Result<()> {
        unmount(&self.work)
    }
}

impl Drop for Tree<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.unmount() {
            eprintln!("{error:#}");
        }
    }
}

/// Unmounts the tree below a case's directory.
pub(super) fn unmount(work: &Path) -> Result<()> {
    // A guest that was killed may still be going away.
    output(Command::new("umount").arg("--lazy").arg(work.join("tree"))).map(drop)
}

const NOT_IN_A_CONTAINER: &str = "ConditionVirtualization=!container";

fn as_a_host(unit: &str) -> String {
    let mut host = String::new();
    for line in unit.lines().filter(|line| *line != NOT_IN_A_CONTAINER) {
        let starts_sanid = line.starts_with("ExecStart=/usr/bin/sanid ")
            || line.starts_with("ExecStart=/usr/bin/sanid-fleet ");
        let root = if starts_sanid { " --root /" } else { "" };
        let _ = writeln!(host, "{line}{root}");
    }
    host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_keeps_everything_but_what_tells_a_container() {
        let unit = "[Unit]\nConditionVirtualization=!container\nConditionPathIsReadWrite=/etc\n\
                    [Service]\nExecStart=/usr/bin/sanid apply --boot\n";
        assert_eq!(
            as_a_host(unit),
            "[Unit]\nConditionPathIsReadWrite=/etc\n[Service]\n\
             ExecStart=/usr/bin/sanid apply --boot --root /\n"
        );
    }
}
