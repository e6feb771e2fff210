//! A real Kubernetes control plane for tests: etcd is Debian's package; the API server and the controller
//! manager, which no package has, are built from Debian's source package.
//!
//! Debian 12 has Kubernetes 1.20: without CEL rules and without `ValidatingAdmissionPolicy`, which are tested
//! another way. (Debian 13's source package is of 1.32 and has kubectl alone.)
//!
//! Built once: what is built is kept in `target/kube/cache` and in the user's cache, for the next clone.

mod kept;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread::JoinHandle;

use anyhow::{Context as _, Result, bail, ensure};

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci, is_root, output};
use crate::test::Outcome;
use kept::Kept;

/// What is built.
const PROGRAMS: [&str; 2] = ["kube-apiserver", "kube-controller-manager"];
/// How. Another text is another recipe, which builds anew.
const RECIPE: &str = include_str!("kube/build.sh");

/// Where the programs are, once they are built.
pub(crate) fn cache(place: &Place) -> PathBuf {
    Kept::in_target(place).directory().to_owned()
}

/// Whether they are built by this recipe.
pub(crate) fn is_built(place: &Place) -> bool {
    Kept::in_target(place).is_there()
}

/// A build that runs beside the other steps.
static BEGUN: Mutex<Option<JoinHandle<Result<Outcome>>>> = Mutex::new(None);

/// The step that begins the build, which takes nothing from the steps that run meanwhile but what they leave
/// of the processors.
pub(crate) fn begin(place: &Place) -> Result<Outcome> {
    let passed = |output: &str| {
        Ok(Outcome::Passed {
            output: format!("{output}\n"),
        })
    };
    if is_built(place) {
        return passed("it is there");
    }
    let own = place.clone();
    let build = std::thread::spawn(move || build_or_find(&own, "19"));
    let Ok(mut begun) = BEGUN.lock() else {
        bail!("the build was begun twice");
    };
    *begun = Some(build);
    passed("it is being built")
}

/// The step that has it ready.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    match end() {
        Some(outcome) => outcome,
        None => build_or_find(place, "5"),
    }
}

/// Waits for a build that was begun.
pub(crate) fn end() -> Option<Result<Outcome>> {
    let build = BEGUN.lock().ok()?.take()?;
    Some(
        build
            .join()
            .unwrap_or_else(|_| bail!("the build of the API server panicked")),
    )
}

fn build_or_find(place: &Place, nice: &str) -> Result<Outcome> {
    let own = Kept::in_target(place);
    let users = Kept::of_user();
    if own.is_whole() {
        return Ok(there(&own));
    }
    if let Some(users) = users.as_ref().filter(|kept| kept.is_whole()) {
        own.keep(users.directory())?;
        return Ok(there(users));
    }
    if let Some(reason) = cannot() {
        return Ok(if is_ci() {
            Outcome::Failed {
                output: reason,
                repeat: "cargo xtask test --only packages kube-server".into(),
            }
        } else {
            Outcome::Skipped { reason }
        });
    }
    let build = place.target.join("kube/build");
    if build.exists() {
        fs::remove_dir_all(&build)?;
    }
    source(place, &build)?;
    let outcome = Outcome::of(place, "kube server", &make(&build, nice))?;
    if matches!(outcome, Outcome::Passed { .. }) {
        own.keep(&build.join("bin"))?;
        if let Some(users) = users {
            // A home that cannot be written to is no reason to fail.
            if let Err(error) = users.keep(own.directory()) {
                eprintln!("the API server is not kept for other clones: {error:#}");
            }
        }
        // A gigabyte of objects that nobody needs any more.
        fs::remove_dir_all(&build)?;
    }
    Ok(outcome)
}

fn there(kept: &Kept) -> Outcome {
    Outcome::Passed {
        output: format!("{}\n", kept.directory().display()),
    }
}

fn cannot() -> Option<String> {
    let lacks = ["go", "dpkg-source"]
        .into_iter()
        .find(|program| !has_program(program));
    match lacks {
        Some(program) => Some(format!(
            "there is no {program}, and the API server is built with it"
        )),
        None if !is_root() => Some("not root: apt-get keeps its lists as root".into()),
        None => None,
    }
}

/// Fetches and unpacks the source package.
fn source(place: &Place, build: &Path) -> Result<()> {
    fs::create_dir_all(build.join("lists/partial"))?;
    fs::create_dir_all(build.join("parts"))?;
    let list = format!(
        "Types: deb-src\nURIs: {}\nSuites: bookworm\nComponents: main\nSigned-By: {}\n",
        vmtest::debian::archive()?,
        "/usr/share/keyrings/debian-archive-keyring.gpg",
    );
    fs::write(build.join("parts/source.sources"), list)?;
    let apt = |words: &[&str]| {
        Cmd::new(["env", "-C"])
            .arg(build.display().to_string())
            .args(["apt-get", "-qq"])
            .args(["-o", "Dir::Etc::sourcelist=/dev/null"])
            .args([
                "-o".to_owned(),
                format!("Dir::Etc::sourceparts={}/parts", build.display()),
            ])
            .args([
                "-o".to_owned(),
                format!("Dir::State::Lists={}/lists", build.display()),
            ])
            // Beside the other steps: what these keep is theirs.
            .args([
                "-o".to_owned(),
                format!("Dir::Cache={}/apt", build.display()),
            ])
            .args(["-o", "APT::Sandbox::User=root"])
            .args(words.iter().copied())
    };
    for cmd in [
        apt(&["update"]),
        apt(&["source", "--download-only", "kubernetes"]),
    ] {
        let done = cmd.run(place, "kube source")?;
        ensure!(done.status.success(), "{}\n{}", cmd.repeat(), done.output);
    }
    let description = fs::read_dir(build)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "dsc"))
        .context("apt-get source kubernetes brought no .dsc")?;
    output(
        Command::new("dpkg-source")
            .args(["--no-check", "-x"])
            .arg(&description)
            .arg(build.join("src")),
    )?;
    Ok(())
}

fn make(build: &Path, nice: &str) -> Cmd {
    Cmd::new(["nice", "-n", nice, "sh", "-c", RECIPE, "sh"]).arg(build.display().to_string())
}
