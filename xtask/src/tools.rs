//! Cargo's own tools that are crates: used where they are there, built where they are not.

use std::path::PathBuf;

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci};
use crate::test::Outcome;

/// What the packages are made with.
const PACKAGERS: [&str; 2] = ["cargo-deb", "cargo-generate-rpm"];

/// What drives the browser, as its lock file has it.
const BROWSER: &str = "crates/sanid-fleet/tests/html";

/// Where the modules of node are installed to.
pub(crate) fn node_directory(place: &Place) -> PathBuf {
    place.work().join("html")
}

/// Installs what drives the browser; what came of it, where it did not work.
pub(crate) fn node_modules(place: &Place) -> Result<Option<Outcome>> {
    let directory = node_directory(place);
    std::fs::create_dir_all(&directory)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(place.root.join(BROWSER).join(name), directory.join(name))?;
    }
    let install = Cmd::new(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]).args([
        "--prefix".to_owned(),
        directory.to_string_lossy().into_owned(),
    ]);
    let outcome = if has_program("npm") {
        Outcome::of(place, "html modules", &install)?
    } else {
        Outcome::Failed {
            output: "there is no npm".to_owned(),
            repeat: install.repeat(),
        }
    };
    Ok(match outcome {
        Outcome::Failed { .. } if is_ci() => Some(outcome),
        Outcome::Failed { .. } => Some(Outcome::Skipped {
            reason: format!("this failed: {}", install.repeat()),
        }),
        _ => None,
    })
}

/// Where tools are built to.
pub(crate) fn directory(place: &Place) -> PathBuf {
    place.work().join("tools/bin")
}

/// The program of a crate of the same name, or what came of building it.
pub(crate) fn program(place: &Place, name: &str) -> Result<std::result::Result<String, Outcome>> {
    if has_program(name) {
        return Ok(Ok(name.to_owned()));
    }
    let own = directory(place).join(name);
    if !own.is_file() {
        // Not optimised: building it is most of the work that it will do.
        let install = Cmd::new(["cargo", "install", "--locked", "--debug", "--root"])
            .arg(place.work().join("tools").to_string_lossy())
            .arg(name);
        let outcome = Outcome::of(place, &format!("install {name}"), &install)?;
        if let Outcome::Failed { .. } = outcome {
            return Ok(Err(if is_ci() {
                outcome
            } else {
                Outcome::Skipped {
                    reason: format!("{name} is not there, and this failed: {}", install.repeat()),
                }
            }));
        }
    }
    Ok(Ok(own.to_string_lossy().into_owned()))
}

/// Has the tools ready that the tests of the packages use.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let mut output = String::new();
    for name in PACKAGERS {
        match program(place, name)? {
            Ok(path) => output = format!("{output}{path}\n"),
            Err(outcome) => return Ok(outcome),
        }
    }
    Ok(Outcome::Passed { output })
}
