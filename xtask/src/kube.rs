//! A real Kubernetes control plane for tests: etcd is Debian's package; the API server and the controller
//! manager, which no package has, are built from Debian's source package.
//!
//! Debian 12 has Kubernetes 1.20: without CEL rules and without `ValidatingAdmissionPolicy`, which are tested
//! another way. (Debian 13's source package is of 1.32 and has kubectl alone.)
//!
//! They are built once and kept in the user's cache for the next clone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use vmtest::host::{has_program, is_root, output};
use vmtest::{debian, kept};

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::step::{Context, Outcome};

/// How they are built. Another text is another recipe, which builds anew.
const RECIPE: &str = include_str!("kube/build.sh");
/// Under this name they are kept.
const NAME: &str = "kube";

/// The directory of the programs, once they are built.
pub(crate) fn servers() -> Option<PathBuf> {
    kept::existing(NAME, RECIPE)
}

/// The step that has them ready.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    if let Some(kept) = servers() {
        return Ok(Outcome::passed(format!("{}\n", kept.display())));
    }
    if let Some(reason) = cannot() {
        return Ok(Outcome::missing(
            reason,
            "cargo xtask test --only kube-server",
        ));
    }
    let place = &context.place;
    let kept = kept::entry(NAME, RECIPE, |directory| {
        let build = directory.join("build");
        source(place, &build)?;
        let make = Cmd::new(["nice", "-n", "5", "sh", "-c", RECIPE, "sh"])
            .arg(build.display().to_string());
        let done = make.run(place, "kube server")?;
        ensure!(done.status.success(), "{}", done.output);
        for program in ["kube-apiserver", "kube-controller-manager"] {
            fs::rename(build.join("bin").join(program), directory.join(program))?;
        }
        // A gigabyte of objects; Go's cache of modules is read-only.
        output(Command::new("rm").arg("-rf").arg(&build)).map(drop)
    })?;
    Ok(Outcome::passed(format!("{}\n", kept.display())))
}

fn cannot() -> Option<String> {
    let missing = ["go", "dpkg-source"]
        .into_iter()
        .find(|program| !has_program(program));
    match missing {
        Some(program) => Some(format!(
            "{program} is missing, and the API server is built with it"
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
        debian::archive()?,
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
