//! The root file system of a guest: a Debian tree with the changes of a case in a layer of its own. (A copy would
//! take longer to reach the disk than the guest takes to boot.)

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::artefacts::Artefact;
use crate::case::{Boot, Change};
use crate::debian::Debian;
use crate::host::run;
use crate::trial::Trial;

/// Where units are, below `dist` and in the tree.
const UNITS: &str = "usr/lib/systemd/system";

/// The guests have no network to wait for; the other units take an emulated processor seconds.
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
    // The guide in docs/clones.md is followed with these.
    "multipathd.service",
    "multipathd.socket",
    "rtslib-fb-targetctl.service",
    "targetclid.service",
    "targetclid.socket",
];

/// A tree with sanid in it. It is unmounted when this is dropped.
pub(crate) struct Tree<'a> {
    trial: &'a Trial<'a>,
    base: Artefact,
    work: PathBuf,
}

impl<'a> Tree<'a> {
    /// A new root file system, with sanid installed as a package does it. `how_to_leave` is for a person's shell.
    pub(crate) fn new(trial: &'a Trial<'a>, debian: Debian, how_to_leave: &str) -> Result<Self> {
        let tree = Self::without_sanid(trial, Artefact::Tree(debian), how_to_leave)?;
        tree.install()?;
        Ok(tree)
    }

    /// A new root file system with nothing but the harness.
    pub(crate) fn without_sanid(
        trial: &'a Trial<'a>,
        base: Artefact,
        how_to_leave: &str,
    ) -> Result<Self> {
        let tree = Self {
            trial,
            base,
            work: trial.work(),
        };
        tree.mount()?;
        tree.add_harness()?;
        tree.write("vm/shell.sh", &trial.shell_script(how_to_leave)?)?;
        Ok(tree)
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.work.join("tree")
    }

    fn mount(&self) -> Result<()> {
        let [root, layer, index] = ["tree", "layer", "index"].map(|name| self.work.join(name));
        for directory in [&root, &layer, &index] {
            fs::create_dir_all(directory)?;
        }
        let base = self.base.get()?;
        run!("mount -t overlay overlay -o lowerdir={base},upperdir={layer},workdir={index} {root}")
            .map(drop)
    }

    fn install(&self) -> Result<()> {
        let (root, dist) = (self.root(), self.trial.bench.root.join("dist"));
        let (from, to) = (dist.join(UNITS), root.join(UNITS));
        run!("cp --recursive --no-target-directory {from} {to}")?;
        fs::copy(self.trial.sanid()?, root.join("usr/bin/sanid"))?;
        self.systemctl("enable", &["sanid.service"])
    }

    /// What runs the script of a case.
    fn add_harness(&self) -> Result<()> {
        fs::create_dir_all(self.root().join("vm/kept"))?;
        self.copy("vm/lib.sh", "lib.sh")?;
        for unit in ["vm-case.service", "vm-shell.service"] {
            self.copy(&format!("{UNITS}/{unit}"), unit)?;
        }
        self.systemctl("mask", NOT_NEEDED)
    }

    /// Changes the unit files of a system that is not running.
    pub(crate) fn systemctl(&self, command: &str, units: &[&str]) -> Result<()> {
        let root = self.root();
        run!("systemctl --root={root} --quiet {command} {units...}").map(drop)
    }

    /// Makes the units take a container for a host. They are as shipped otherwise: a drop-in would not do, since it
    /// can only take all conditions away at once.
    pub(crate) fn pass_as_host(&self) -> Result<()> {
        for unit in fs::read_dir(self.root().join(UNITS))? {
            let unit = unit?.path();
            let name = unit.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with("sanid") && unit.is_file() {
                fs::write(&unit, as_a_host(&fs::read_to_string(&unit)?))?;
            }
        }
        // iscsid needs the netlink of the first network namespace. Cases check when it starts, and Debian's check of
        // the name before it.
        self.write(
            "etc/systemd/system/iscsid.service.d/container.conf",
            "[Service]\nType=oneshot\nExecStart=\nExecStart=/bin/true\n",
        )
    }

    /// Makes the changes of a boot, and installs its script.
    pub(crate) fn prepare(&self, boot: &Boot) -> Result<()> {
        for change in boot.before {
            self.make(change)?;
        }
        self.write("vm/case.sh", &self.trial.boot_script(boot)?)
    }

    fn make(&self, change: &Change) -> Result<()> {
        let work = &self.work;
        match change {
            Change::Write(path, text) => self.write(path, text),
            Change::Copy(path, file) => self.copy(path, file),
            Change::Remove(path) => {
                let path = self.root().join(path);
                fs::remove_file(&path).with_context(|| path.display().to_string())
            }
            Change::Capture => run!("cp --archive {work}/layer {work}/template").map(drop),
            Change::Clone => {
                self.clear()?;
                run!("cp --archive {work}/template {work}/layer")?;
                self.mount()
            }
            Change::Enable(unit) => self.systemctl("enable", &[unit]),
            Change::Program(name) => {
                let built = self.trial.program(name).map(Path::to_owned);
                let from = built.unwrap_or_else(|_| Path::new("/usr/bin").join(name));
                fs::copy(&from, self.root().join("usr/bin").join(name))
                    .with_context(|| from.display().to_string())
                    .map(drop)
            }
            Change::Certificates => {
                let (script, root) = (self.trial.guest_file("certificates.sh"), self.root());
                run!("sh -eu {script} {root}/etc/sanid/tls").map(drop)
            }
            Change::Reinstall { keep } => {
                let read = |path: &&str| fs::read(self.root().join(path));
                let kept: Vec<Vec<u8>> = keep.iter().map(read).collect::<Result<_, _>>()?;
                self.clear()?;
                self.mount()?;
                self.add_harness()?;
                self.install()?;
                self.pass_as_host()?;
                for (path, content) in keep.iter().zip(kept) {
                    fs::write(self.root().join(path), content)?;
                }
                Ok(())
            }
        }
    }

    /// Removes what guests and changes have written, with the tree unmounted.
    fn clear(&self) -> Result<()> {
        unmount(&self.work)?;
        fs::remove_dir_all(self.work.join("layer")).map_err(Into::into)
    }

    /// Writes a file and the directories above it.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.root().join(path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        fs::write(&path, text).with_context(|| path.display().to_string())
    }

    /// Writes a file with the content of a file in `guest`.
    pub(crate) fn copy(&self, path: &str, file: &str) -> Result<()> {
        let from = self.trial.guest_file(file);
        let text = fs::read_to_string(&from).with_context(|| from.display().to_string())?;
        self.write(path, &text)
    }

    /// A disk with what is in the tree.
    pub(crate) fn to_disk(&self, label: &str) -> Result<PathBuf> {
        let (root, image) = (self.root(), self.work.join("disk.img"));
        run!("mkfs.ext4 -q -E lazy_itable_init=1 -L {label} -d {root} {image} 1G")?;
        Ok(image)
    }
}

impl Drop for Tree<'_> {
    fn drop(&mut self) {
        let _ = unmount(&self.work);
    }
}

/// Unmounts the tree in a case's directory. A guest that was killed may still be going away.
pub(crate) fn unmount(work: &Path) -> Result<()> {
    run!("umount --lazy {work}/tree").map(drop)
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
    fn a_unit_keeps_everything_but_the_condition_on_containers() {
        let unit = "[Unit]\nConditionVirtualization=!container\nConditionPathIsReadWrite=/etc\n\
                    [Service]\nExecStart=/usr/bin/sanid apply --boot\n";
        assert_eq!(
            as_a_host(unit),
            "[Unit]\nConditionPathIsReadWrite=/etc\n[Service]\n\
             ExecStart=/usr/bin/sanid apply --boot --root /\n"
        );
    }
}
