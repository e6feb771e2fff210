//! `cargo xtask release`: a directory that can be published as it is, and the check that it is the same bytes
//! wherever, whenever and by whomever it is made. The scripts in `packaging/` do both.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use vmtest::debian;
use vmtest::host::has_program;

use crate::cmd::Cmd;
use crate::package::{programs, script};
use crate::place::Place;
use crate::release;
use crate::say::say;
use crate::test::step::{Context, Outcome};

/// The processors that a release has binaries for: by the names of Rust and of Debian.
const MACHINES: [(&str, &str); 2] = [("x86_64", "amd64"), ("aarch64", "arm64")];

/// What the scripts call, and the Debian packages of it; the compiler for the other machine comes to it.
const PROGRAMS: [(&str, &str); 7] = [
    ("dpkg-buildpackage", "dpkg-dev"),
    ("dh", "debhelper"),
    ("rpmbuild", "rpm"),
    ("python3", "python3"),
    ("git", "git"),
    ("musl-gcc", "musl-tools"),
    ("xz", "xz-utils"),
];

/// Makes the directory and lists it.
pub(crate) fn run(place: &Place) -> Result<bool> {
    let headers = prepare(place)?;
    let output = place.target.join("sanid-release");
    let work = place.work().join("release");
    script(place, "release.sh", &[&output, &work, &headers])?;
    let sums = std::fs::read_to_string(output.join("SHA256SUMS"))?;
    say!("{}\n{sums}", output.display());
    Ok(true)
}

/// The step of `cargo xtask test --long`: two releases that differ in everything that must not matter.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    if !context.long {
        return Ok(Outcome::Skipped {
            reason: "cargo xtask test --long runs it".to_owned(),
        });
    }
    let place = &context.place;
    let headers = match prepare(place) {
        Ok(headers) => headers,
        Err(error) => {
            return Ok(Outcome::missing(
                format!("{error:#}"),
                "cargo xtask release",
            ));
        }
    };
    let program = place.root.join("packaging/reproducible.sh");
    let work = place.work().join("reproducible");
    let words = [&program, &work, &headers].map(|word| word.to_string_lossy().into_owned());
    Outcome::of(place, "reproducible", &Cmd::new(words))
}

/// Checks that everything is there, and returns the headers of musl for the other machine.
fn prepare(place: &Place) -> Result<PathBuf> {
    let this = std::env::consts::ARCH;
    let other = MACHINES.iter().find(|(machine, _)| *machine != this);
    let known = MACHINES.iter().any(|(machine, _)| *machine == this);
    let Some((machine, debian)) = other.filter(|_| known) else {
        anyhow::bail!("releases are made on x86_64 or aarch64, and this machine is {this}");
    };
    let gnu = format!("{machine}-linux-gnu");
    let compiler = (
        format!("{gnu}-gcc"),
        format!("gcc-{}", gnu.replace('_', "-")),
    );
    let mut all = PROGRAMS.to_vec();
    all.push((&compiler.0, &compiler.1));
    programs(&all)?;
    for (machine, _) in MACHINES {
        let triple = format!("{machine}-unknown-linux-musl");
        if !release::is_there(&triple) {
            ensure!(
                has_program("rustup"),
                "Rust's library for {triple} is missing"
            );
            let add = Cmd::new(["rustup", "target", "add", &triple]);
            let done = add.run(place, "musl target")?;
            ensure!(done.status.success(), "{}\n{}", add.repeat(), done.output);
        }
    }
    let tree = debian::musl_headers(debian)?;
    Ok(tree
        .join("usr/include")
        .join(format!("{machine}-linux-musl")))
}
