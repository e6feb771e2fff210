//! `cargo xtask package`: the Debian and the RPM packages, `sanid`, `sanid-fleet` and `sanid-kube`, of the static
//! binaries and the dist trees.

use std::fs;

use anyhow::{Result, bail, ensure};

use crate::cmd::Cmd;
use crate::place::Place;
use crate::say::say;
use crate::test::Outcome;
use crate::{release, tools};

/// Builds, packages, prints where the packages are.
pub(crate) fn run(place: &Place) -> Result<bool> {
    passed(release::step(place)?)?;
    let directory = place.target.join("packages");
    fs::create_dir_all(&directory)?;
    let triple = release::target(&place.host);
    // A static binary needs no library, which the packager could only guess from this machine's.
    let commands: [(&str, &[&str]); 6] = [
        (
            "cargo-deb",
            &["deb", "--package=sanid", "--no-build", "--no-strip"],
        ),
        (
            "cargo-deb",
            &["deb", "--package=sanid-fleet", "--no-build", "--no-strip"],
        ),
        (
            "cargo-deb",
            &["deb", "--package=sanid-kube", "--no-build", "--no-strip"],
        ),
        (
            "cargo-generate-rpm",
            &[
                "generate-rpm",
                "--package=crates/sanid",
                "--auto-req=disabled",
            ],
        ),
        (
            "cargo-generate-rpm",
            &[
                "generate-rpm",
                "--package=crates/sanid-fleet",
                "--auto-req=disabled",
            ],
        ),
        (
            "cargo-generate-rpm",
            &[
                "generate-rpm",
                "--package=crates/sanid-kube",
                "--auto-req=disabled",
            ],
        ),
    ];
    for (name, words) in commands {
        let program = match tools::program(place, name)? {
            Ok(program) => program,
            Err(outcome) => {
                passed(outcome)?;
                bail!("{name} is not there");
            }
        };
        let cmd = Cmd::new([program])
            .args(words.iter().copied())
            .args(["--target", &triple, "--output"])
            .arg(directory.to_string_lossy());
        let done = cmd.run(place, name)?;
        ensure!(
            done.status.success(),
            "{}\nto repeat: {}",
            done.output,
            cmd.repeat()
        );
    }
    for entry in fs::read_dir(&directory)? {
        say!("{}", entry?.path().display());
    }
    Ok(true)
}

fn passed(outcome: Outcome) -> Result<()> {
    match outcome {
        Outcome::Passed { .. } => Ok(()),
        Outcome::Skipped { reason } => bail!("{reason}"),
        Outcome::Failed { output, repeat } => bail!("{output}\nto repeat: {repeat}"),
    }
}
