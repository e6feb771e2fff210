//! `cargo xtask vm`: the guests of vmtest, with the static programs that are built here.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use vmtest::{Artefact, Bench, Options, debian};

use crate::cmd::Cmd;
use crate::place::Place;
use crate::release;
use crate::test::step::{Context, Outcome};

/// Runs the cases; true if none failed.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let mut programs = BTreeMap::new();
    for name in vmtest::programs(options)? {
        let built = release::built(place, name)?;
        programs.insert(name.to_owned(), built);
    }
    let bench = Bench {
        root: place.root.clone(),
        directory: place.target.join("vm"),
        programs,
    };
    vmtest::run(&bench, options)
}

/// The step that runs the cases, as a process of its own: what it prints is the step's output.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let program = std::env::current_exe()?;
    let mut cmd = Cmd::new([program.to_string_lossy()]).arg("vm");
    if context.long {
        cmd = cmd.arg("--long");
    }
    Ok(match Outcome::of(&context.place, "vm", &cmd)? {
        Outcome::Failed { output, .. } => Outcome::Failed {
            output,
            repeat: "cargo xtask test --only vm".to_owned(),
        },
        other => other,
    })
}

/// The step that unpacks Debian 13's readers of the names.
pub(crate) fn readers(_: &Context) -> Result<Outcome> {
    made(&[Artefact::Readers])
}

/// The step that unpacks Debian 13's Rust.
pub(crate) fn rust(_: &Context) -> Result<Outcome> {
    made(&[Artefact::Rust])
}

/// The step that makes what the guests are made of.
pub(crate) fn prepare(_: &Context) -> Result<Outcome> {
    made(&Artefact::ALL)
}

fn made(artefacts: &[Artefact]) -> Result<Outcome> {
    if let Some(reason) = debian::cannot() {
        return Ok(Outcome::missing(reason, "run as root on a Debian"));
    }
    let mut output = String::new();
    for (artefact, result) in vmtest::prepare(artefacts) {
        match result {
            Ok(path) => output = format!("{output}{artefact:?}: {}\n", path.display()),
            Err(error) => {
                return Ok(Outcome::missing(
                    format!("{artefact:?} cannot be made: {error:#}"),
                    "cargo xtask test --only guests",
                ));
            }
        }
    }
    ensure!(!output.is_empty(), "nothing was asked for");
    Ok(Outcome::passed(output))
}
