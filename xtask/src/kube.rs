//! A real Kubernetes control plane for tests: etcd is Debian's package; the API server and the controller
//! manager, which no package has, are built from Debian's source package.
//!
//! Debian 12 has Kubernetes 1.20: without CEL rules and without `ValidatingAdmissionPolicy`, which are tested
//! another way. Built once; what is built is kept in `target/kube/cache`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci, is_root, output};
use crate::test::Outcome;

/// What is built.
const PROGRAMS: [&str; 2] = ["kube-apiserver", "kube-controller-manager"];
/// Counted up when what is below changes what is built.
const RECIPE: &str = "1";

/// Where the programs are, once they are built.
pub(crate) fn cache(place: &Place) -> PathBuf {
    place.target.join("kube/cache")
}

/// Whether they are built by this recipe.
pub(crate) fn is_built(place: &Place) -> bool {
    let cache = cache(place);
    fs::read_to_string(cache.join("recipe")).is_ok_and(|recipe| recipe == RECIPE)
        && PROGRAMS.iter().all(|program| cache.join(program).is_file())
}

/// The step of `cargo xtask test`.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    if is_built(place) {
        return Ok(Outcome::Passed {
            output: format!("{}\n", cache(place).display()),
        });
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
    let build = cache(place).join("build");
    fs::create_dir_all(build.join("lists/partial"))?;
    fs::create_dir_all(build.join("parts"))?;
    source(place, &build)?;
    let outcome = Outcome::of(place, "kube server", &make(&build))?;
    if matches!(outcome, Outcome::Passed { .. }) {
        for program in PROGRAMS {
            fs::copy(
                build.join("src/_output/bin").join(program),
                cache(place).join(program),
            )?;
        }
        fs::write(cache(place).join("recipe"), RECIPE)?;
        // A gigabyte of objects that nobody needs any more.
        fs::remove_dir_all(&build)?;
    }
    Ok(outcome)
}

fn cannot() -> Option<String> {
    let lacks = ["go", "dpkg-source", "rsync", "make"]
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

/// Fetches and unpacks the source package, and puts right what a newer Go stumbles over.
fn source(place: &Place, build: &Path) -> Result<()> {
    let list = format!(
        "Types: deb-src\nURIs: {}\nSuites: bookworm\nComponents: main\nSigned-By: {}\n",
        crate::debian13::archive()?,
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
    let _ = fs::remove_dir_all(build.join("src"));
    output(
        Command::new("dpkg-source")
            .args(["--no-check", "-x"])
            .arg(&description)
            .arg(build.join("src")),
    )?;
    newer_reflect2(build)
}

/// Its own copy of reflect2 is older than 1.0.2 and crashes under Go 1.18 and later
/// (modern-go/reflect2#22); Debian's package is newer.
fn newer_reflect2(build: &Path) -> Result<()> {
    let own = build.join("src/vendor/github.com/modern-go/reflect2");
    let debian = Path::new("/usr/share/gocode/src/github.com/modern-go/reflect2");
    let sources = |directory: &Path| -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(directory).with_context(|| directory.display().to_string())?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        Ok(paths
            .filter(|path| {
                path.extension()
                    .is_some_and(|one| one == "go" || one == "s")
            })
            .filter(|path| !path.to_string_lossy().ends_with("_test.go"))
            .collect())
    };
    for old in sources(&own)? {
        fs::remove_file(old)?;
    }
    for new in sources(debian)? {
        let name = new.file_name().context("a file has a name")?.to_owned();
        fs::copy(&new, own.join(name))?;
    }
    Ok(())
}

/// Both at once: most of what they are made of is the same.
fn make(build: &Path) -> Cmd {
    let source = build.join("src");
    let what = PROGRAMS.map(|program| format!("cmd/{program}")).join(" ");
    let script = "mkdir -p .go/src/k8s.io \"$HOME\"; \
                  ln -sfn ../../.. .go/src/k8s.io/kubernetes; make \"WHAT=$1\"";
    Cmd::new(["env", "-C"])
        .arg(source.display().to_string())
        .arg(format!("GOPATH={}/.go", source.display()))
        .arg(format!("HOME={}/home", build.display()))
        .args(["CGO_ENABLED=0", "GOFLAGS=-mod=vendor", "GOPROXY=off"])
        .args(["nice", "-n", "5", "sh", "-euc", script, "sh"])
        .arg(what)
}
