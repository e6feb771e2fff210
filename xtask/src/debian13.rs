//! Programs of Debian 13 on a machine with Debian 12: their packages, unpacked
//! (not installed) into a tree to chroot into.
//!
//! apt works on a state of its own with an empty package list, so the tree gets
//! every dependency and the machine stays untouched. The archive's address is
//! the one that the machine's own apt uses.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::place::{Place, has_program, is_ci, is_root, output};
use crate::test::Outcome;

/// nvme-stas is not in Debian 12; the others come in their next versions.
const READERS: &[&str] = &["nvme-stas", "nvme-cli", "systemd"];
/// What a script in the tree needs, beside the programs.
const BASE: &[&str] = &["base-files", "dash", "coreutils", "mount"];
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// The tree with the programs that read sanid's files.
pub(crate) fn readers(place: &Place) -> PathBuf {
    place.work().join("debian13/readers")
}

/// Unpacks the readers.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    if let Some(reason) = cannot() {
        return Ok(Outcome::Skipped { reason });
    }
    match unpack(place, "readers", READERS).and_then(with_places) {
        Ok(tree) => Ok(Outcome::Passed {
            output: format!("{}\n", tree.display()),
        }),
        Err(error) if is_ci() => Err(error),
        Err(error) => Ok(Outcome::Skipped {
            reason: format!("the tests with them will be ignored: {error:#}"),
        }),
    }
}

/// What no package has and the tests put their files over.
fn with_places(tree: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(tree.join("etc/nvme"))?;
    fs::write(tree.join("etc/machine-id"), "")?;
    Ok(tree)
}

/// Why no tree can be made here, if that is so.
pub(crate) fn cannot() -> Option<String> {
    let missing = ["apt-get", "dpkg-deb", "unshare"]
        .into_iter()
        .find(|program| !has_program(program));
    if let Some(program) = missing {
        Some(format!("there is no {program}"))
    } else if !is_root() {
        Some("not root, and a chroot needs it".to_owned())
    } else {
        None
    }
}

/// A tree with these packages and all they depend on. What an earlier run
/// unpacked is used again while the archive has the same versions.
pub(crate) fn unpack(place: &Place, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let apt = Apt::new(place)?;
    apt.update()?;
    let wanted = apt.plan(packages)?;
    let tree = place.work().join("debian13").join(name);
    let stamp = tree.with_extension("stamp");
    if fs::read_to_string(&stamp).is_ok_and(|done| done == wanted) {
        return Ok(tree);
    }
    if tree.exists() {
        fs::remove_dir_all(&tree).context("cannot clear the old tree")?;
    }
    fs::create_dir_all(&tree)?;
    apt.download(packages)?;
    for archive in wanted.lines() {
        let archive = apt.archives().join(archive);
        output(Command::new("dpkg-deb").arg("-x").arg(archive).arg(&tree))?;
    }
    fs::write(stamp, wanted)?;
    Ok(tree)
}

/// apt-get with everything it keeps below one directory.
struct Apt {
    state: PathBuf,
}

impl Apt {
    fn new(place: &Place) -> Result<Self> {
        let state = place.work().join("debian13/apt");
        for directory in [
            "parts",
            "lists/partial",
            "cache/archives/partial",
            "none/partial",
        ] {
            fs::create_dir_all(state.join(directory))?;
        }
        fs::write(state.join("status"), "")?;
        let source = format!(
            "Types: deb\nURIs: {}\nSuites: trixie\nComponents: main\nSigned-By: {KEYRING}\n",
            archive()?
        );
        fs::write(state.join("parts/debian13.sources"), source)?;
        Ok(Self { state })
    }

    fn archives(&self) -> PathBuf {
        self.state.join("cache/archives")
    }

    fn get(&self) -> Command {
        let mut command = Command::new("apt-get");
        let at = |path: &str| self.state.join(path).display().to_string();
        for option in [
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            format!("Dir::Etc::sourceparts={}", at("parts")),
            format!("Dir::State::Lists={}", at("lists")),
            format!("Dir::State::status={}", at("status")),
            format!("Dir::Cache={}", at("cache")),
            "APT::Sandbox::User=root".to_owned(),
            "APT::Keep-Downloaded-Packages=true".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command.args(["-y", "-qq", "--no-install-recommends"]);
        command
    }

    fn update(&self) -> Result<()> {
        output(self.get().arg("update")).map(drop)
    }

    /// The file names of the packages, one per line.
    fn plan(&self, packages: &[&str]) -> Result<String> {
        // apt leaves out what it has fetched before, so it is shown an empty place.
        let nowhere = format!("Dir::Cache::archives={}", self.state.join("none").display());
        let install = ["-o", &nowhere, "install", "--print-uris"];
        let plan = output(self.get().args(install).args(BASE).args(packages))?;
        let names: Vec<&str> = plan
            .lines()
            .filter(|line| line.starts_with('\''))
            .filter_map(|line| line.split(' ').nth(1))
            .collect();
        ensure!(!names.is_empty(), "apt-get names no package to fetch");
        Ok(names.join("\n"))
    }

    fn download(&self, packages: &[&str]) -> Result<()> {
        let install = ["install", "--download-only"];
        output(self.get().args(install).args(BASE).args(packages)).map(drop)
    }
}

/// The address of Debian's archive in the machine's own configuration.
pub(crate) fn archive() -> Result<String> {
    let list = output(Command::new("apt-get").args([
        "indextargets",
        "--format",
        "$(ORIGIN) $(LABEL) $(REPO_URI)",
        "Created-By: Packages",
    ]))?;
    list.lines()
        .find_map(|line| line.strip_prefix("Debian Debian "))
        .map(str::to_owned)
        .context("apt on this machine knows no Debian archive; is `apt-get update` needed?")
}

/// A command in a private mount namespace below `tree`, with `/proc` and the
/// given places (source, place in the tree) bound.
pub(crate) fn inside(tree: &Path, binds: &[(&Path, &str)], script: &str) -> String {
    let tree = tree.display();
    let mut lines = format!("set -e\ncd '{tree}'\nmount -t proc proc proc\n");
    for (source, target) in binds {
        let make = if source.is_dir() { "mkdir -p" } else { "touch" };
        let source = source.display();
        let _ = writeln!(
            lines,
            "{make} '.{target}'\nmount --rbind '{source}' '.{target}'"
        );
    }
    lines + &format!("exec chroot . /bin/sh -ec '{script}'\n")
}
