//! Trees of Debian packages: unpacked into a directory to chroot into, or installed by debootstrap.
//!
//! apt works on a state of its own with an empty list of installed packages, so a tree gets every dependency and
//! the machine stays untouched. The archive's address comes from the machine's own apt.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::host::{has_program, is_root, output, run};
use crate::kept;

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
/// A script in a tree needs these, besides the programs that it calls.
const BASE: &[&str] = &["base-files", "dash", "coreutils", "mount"];
/// The archive is asked for new versions once in this time.
const ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// A release of Debian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Debian {
    /// bookworm: its kernel, 6.1, allows host NQN and Host ID to be shared by halves.
    Twelve,
    /// trixie: its kernel, 6.12, keeps host NQN and Host ID one to one.
    Thirteen,
}

impl Debian {
    pub(crate) fn suite(self) -> &'static str {
        match self {
            Self::Twelve => "bookworm",
            Self::Thirteen => "trixie",
        }
    }

    /// The version of its kernel.
    pub(crate) fn kernel(self) -> &'static str {
        match self {
            Self::Twelve => "6.1",
            Self::Thirteen => "6.12",
        }
    }
}

/// Why no tree can be made on this machine, if that is so.
pub fn cannot() -> Option<String> {
    let missing = ["apt-get", "dpkg-deb", "unshare"]
        .into_iter()
        .find(|program| !has_program(program));
    if let Some(program) = missing {
        Some(format!("{program} is not installed"))
    } else if !is_root() {
        Some("not root, and a chroot needs it".to_owned())
    } else {
        None
    }
}

/// A tree with these packages and all their dependencies, unpacked but not configured. It is kept for as long as
/// the archive has the same versions.
///
/// # Errors
///
/// The archive cannot be reached, or a package cannot be unpacked.
pub fn unpack(debian: Debian, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let packages = [BASE, packages].concat();
    Apt::new(debian)?.twice(debian, |apt| {
        let plan = apt.plan(&packages)?;
        kept::entry(name, &plan.join("\n"), |tree| apt.unpack(&plan, tree))
    })
}

/// The tree that [`unpack`] has made of these packages, if it is there.
pub(crate) fn unpacked(debian: Debian, name: &str, packages: &[&str]) -> Option<PathBuf> {
    let packages = [BASE, packages].concat();
    let plan = Apt::at(debian).ok()?.plan(&packages).ok()?;
    kept::existing(name, &plan.join("\n"))
}

/// The tree that [`unpack_one`] has made of this package, if it is there.
pub(crate) fn unpacked_one(
    debian: Debian,
    name: &str,
    package: (&str, &str),
    recipe: &str,
) -> Option<PathBuf> {
    let plan = plan_one(&Apt::at(debian).ok()?, package).ok()?;
    kept::existing(name, &format!("{}\n{recipe}", plan.join("\n")))
}

fn plan_one(apt: &Apt, (package, prefix): (&str, &str)) -> Result<Vec<String>> {
    let mut plan = apt.plan(&[package])?;
    plan.retain(|file| file.starts_with(prefix));
    Ok(plan)
}

/// Unpacks one package without its dependencies: the one that `package` depends on and whose name begins with
/// `prefix`; then calls `finish`. It is kept for as long as the archive has the same version and `recipe` stays the
/// same.
pub(crate) fn unpack_one(
    debian: Debian,
    name: &str,
    (package, prefix): (&str, &str),
    recipe: &str,
    finish: impl Fn(&Path) -> Result<()>,
) -> Result<PathBuf> {
    Apt::new(debian)?.twice(debian, |apt| {
        let plan = plan_one(apt, (package, prefix))?;
        kept::entry(name, &format!("{}\n{recipe}", plan.join("\n")), |tree| {
            apt.unpack(&plan, tree)?;
            finish(tree)
        })
    })
}

/// The headers of musl for machines of a different architecture, by Debian's name of it.
///
/// # Errors
///
/// The archive cannot be reached, or the package cannot be unpacked.
pub fn musl_headers(architecture: &'static str) -> Result<PathBuf> {
    let apt = Apt::of(Debian::Thirteen, architecture)?;
    apt.ready(Debian::Thirteen)?.twice(Debian::Thirteen, |apt| {
        let mut plan = apt.plan(&["musl-dev"])?;
        plan.retain(|file| file.starts_with("musl-dev_"));
        let name = format!("musl-{architecture}");
        kept::entry(&name, &plan.join("\n"), |tree| apt.unpack(&plan, tree))
    })
}

/// The smallest Debian and these packages, installed in an empty directory.
pub(crate) fn debootstrap(debian: Debian, packages: &str, directory: &Path) -> Result<()> {
    let suite = debian.suite();
    let archive = archive()?;
    let attempt = || {
        // dpkg would wait for the disk after each file, for minutes on a busy machine.
        let settings = directory.join("etc/dpkg/dpkg.cfg.d");
        fs::create_dir_all(&settings)?;
        fs::write(settings.join("unsafe-io"), "force-unsafe-io\n")?;
        // In a mount namespace: what it mounts in the tree is gone with it, even when it is killed.
        run!(
            "unshare --mount debootstrap --variant=minbase --include {packages} {suite} {directory} {archive}"
        )
    };
    attempt().or_else(|_| {
        std::thread::sleep(RETRY);
        run!("find {directory} -mindepth 1 -delete")?;
        attempt()
    })?;
    fs::remove_file(directory.join("etc/dpkg/dpkg.cfg.d/unsafe-io"))?;
    fs::remove_dir_all(directory.join("var/cache/apt"))?;
    Ok(())
}

/// A mirror may be busy: what cannot be fetched is tried once more, after this time.
const RETRY: Duration = Duration::from_secs(5);

/// The address of Debian's archive in the machine's own configuration.
///
/// # Errors
///
/// apt is not installed, or its package lists are missing.
pub fn archive() -> Result<String> {
    let list = run!(
        "apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages'"
    )?;
    list.lines()
        .find_map(|line| line.strip_prefix("Debian Debian "))
        .map(str::to_owned)
        .context("apt on this machine knows no Debian archive; is `apt-get update` needed?")
}

/// A command in a private mount namespace below `tree`, with `/proc` and the given paths (source, path in the
/// tree) bound.
pub fn inside(tree: &Path, binds: &[(&Path, &str)], script: &str) -> String {
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

/// apt with everything that it keeps below one directory, and package lists that are at most a day old.
struct Apt {
    state: PathBuf,
    /// Where it is not this machine's.
    architecture: Option<&'static str>,
}

impl Apt {
    fn at(debian: Debian) -> Result<Self> {
        let state = format!("apt-{}", debian.suite());
        Ok(Self {
            state: kept::directory()?.join(state),
            architecture: None,
        })
    }

    /// For packages of a different architecture.
    fn of(debian: Debian, architecture: &'static str) -> Result<Self> {
        let state = format!("apt-{}-{architecture}", debian.suite());
        Ok(Self {
            state: kept::directory()?.join(state),
            architecture: Some(architecture),
        })
    }

    fn new(debian: Debian) -> Result<Self> {
        Self::at(debian)?.ready(debian)
    }

    /// With lists that are new enough.
    fn ready(self, debian: Debian) -> Result<Self> {
        {
            let _lock = self.lock()?;
            let updated = fs::metadata(self.stamp()).and_then(|stamp| stamp.modified());
            if !updated.is_ok_and(|at| at.elapsed().is_ok_and(|age| age < ASKED)) {
                self.update(debian)?;
            }
        }
        Ok(self)
    }

    /// Held while the lists or what was read of them change.
    fn lock(&self) -> Result<kept::Lock> {
        kept::lock(&self.state.with_extension("lock"))
    }

    /// Its time is when the lists were fetched.
    fn stamp(&self) -> PathBuf {
        self.state.join("updated")
    }

    fn update(&self, debian: Debian) -> Result<()> {
        for directory in ["parts", "lists/partial", "cache/archives/partial", "plans"] {
            fs::create_dir_all(self.state.join(directory))?;
        }
        fs::write(self.state.join("status"), "")?;
        let (archive, suite) = (archive()?, debian.suite());
        let source = format!(
            "Types: deb\nURIs: {archive}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n"
        );
        fs::write(self.state.join("parts/debian.sources"), source)?;
        match output(self.apt_get().args(["update", "-qq"])) {
            Ok(_) => {}
            // Without a network the lists of an earlier day must do.
            Err(_) if self.stamp().exists() => {}
            Err(error) => return Err(error),
        }
        for plan in fs::read_dir(self.state.join("plans"))? {
            fs::remove_file(plan?.path())?;
        }
        fs::write(self.stamp(), "").map_err(Into::into)
    }

    /// A second attempt, with new lists: the archive may have replaced a version since.
    fn twice<T>(&self, debian: Debian, attempt: impl Fn(&Self) -> Result<T>) -> Result<T> {
        attempt(self).or_else(|_| {
            std::thread::sleep(RETRY);
            {
                let _lock = self.lock()?;
                self.update(debian)?;
            }
            attempt(self).context(
                "tried twice to fetch from Debian's archive; is there a network, and does `apt-get update` work?",
            )
        })
    }

    fn apt_get(&self) -> Command {
        let mut command = Command::new("apt-get");
        let at = |path: &str| self.state.join(path).display().to_string();
        for option in [
            "Dir::Etc::sourcelist=/dev/null".to_owned(),
            format!("Dir::Etc::sourceparts={}", at("parts")),
            format!("Dir::State::Lists={}", at("lists")),
            format!("Dir::State::status={}", at("status")),
            format!("Dir::Cache={}", at("cache")),
            // Several trees are made at once, and no archive is kept here.
            "Dir::Cache::pkgcache=".to_owned(),
            "Dir::Cache::srcpkgcache=".to_owned(),
            "Debug::NoLocking=true".to_owned(),
            "APT::Sandbox::User=root".to_owned(),
            "Acquire::Languages=none".to_owned(),
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        ] {
            command.args(["-o", &option]);
        }
        if let Some(architecture) = self.architecture {
            for key in ["APT::Architecture", "APT::Architectures::"] {
                command.args(["-o", &format!("{key}={architecture}")]);
            }
        }
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    }

    /// The file names of the packages and all their dependencies. apt is asked once for each version of the lists.
    fn plan(&self, packages: &[&str]) -> Result<Vec<String>> {
        let words = [
            "install",
            "--print-uris",
            "-y",
            "-qq",
            "--no-install-recommends",
        ];
        let _lock = self.lock()?;
        let file = self.state.join("plans").join(packages.join(","));
        let plan = match fs::read_to_string(&file) {
            Ok(plan) => plan,
            Err(_) => output(self.apt_get().args(words).args(packages))?,
        };
        let names: Vec<String> = plan
            .lines()
            .filter(|line| line.starts_with('\''))
            .filter_map(|line| line.split(' ').nth(1))
            .map(str::to_owned)
            .collect();
        ensure!(!names.is_empty(), "apt-get names no package to fetch");
        fs::write(file, plan)?;
        Ok(names)
    }

    /// Fetches the packages of a plan and unpacks them into a tree.
    fn unpack(&self, plan: &[String], tree: &Path) -> Result<()> {
        let archives = tree.join(".archives");
        fs::create_dir(&archives)?;
        let names = plan.iter().filter_map(|file| file.split('_').next());
        let mut download = self.apt_get();
        output(
            download
                .args(["download", "-qq"])
                .args(names)
                .current_dir(&archives),
        )?;
        for archive in fs::read_dir(&archives)? {
            let archive = archive?.path();
            run!("dpkg-deb -x {archive} {tree}")?;
        }
        fs::remove_dir_all(archives).map_err(Into::into)
    }
}
