//! Programs that are crates or modules of another language, built or fetched once per version and kept
//! in the user's cache for the next clone.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use vmtest::kept;

use crate::cmd::Cmd;
use crate::place::{Place, has_program};
use crate::test::step::{Context, Outcome};

/// A program that is a crate of the same name.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Makes Debian packages.
pub(crate) const DEB: Tool = Tool {
    name: "cargo-deb",
    version: "3.8.0",
};
/// Makes RPM packages.
pub(crate) const RPM: Tool = Tool {
    name: "cargo-generate-rpm",
    version: "0.21.1",
};
/// Checks licences and sources.
pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.18.3",
};
/// Builds fuzz targets.
pub(crate) const FUZZ: Tool = Tool {
    name: "cargo-fuzz",
    version: "0.13.2",
};

impl Tool {
    /// What is kept follows from this. Optimised a little: a packer that is not takes longer over one
    /// package than it saves when it is built.
    fn recipe(self) -> String {
        format!(
            "{} {} with CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off",
            self.name, self.version
        )
    }

    /// The directory of the program, if it was built before.
    fn kept(self) -> Option<PathBuf> {
        Some(kept::existing(self.name, &self.recipe())?.join("bin"))
    }

    /// The program: the machine's own, or the one that is kept; built if there is neither.
    pub(crate) fn get(self, place: &Place) -> Result<PathBuf> {
        if has_program(self.name) {
            return Ok(self.name.into());
        }
        let kept = kept::entry(self.name, &self.recipe(), |directory| {
            let install = Cmd::new(["cargo", "install", "--locked", "--version", self.version])
                .args(["--root", &directory.to_string_lossy(), self.name])
                .env("CARGO_TARGET_DIR", directory.join("target"))
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off");
            let done = install.run(place, &format!("install {}", self.name))?;
            ensure!(
                done.status.success(),
                "{}\nto repeat: {}",
                done.output,
                install.repeat()
            );
            std::fs::remove_dir_all(directory.join("target"))?;
            Ok(())
        })?;
        Ok(kept.join("bin").join(self.name))
    }

    /// The program, or the outcome of a step that cannot do without it.
    pub(crate) fn get_or_outcome(self, place: &Place) -> std::result::Result<PathBuf, Outcome> {
        self.get(place).map_err(|error| {
            Outcome::missing(
                format!("{} is missing: {error:#}", self.name),
                format!("cargo install --locked {}", self.name),
            )
        })
    }
}

/// `PATH` with the directories of the tools that are kept.
pub(crate) fn search_path(path: &str) -> String {
    let kept = [DEB, RPM, FUZZ].into_iter().filter_map(|tool| tool.kept());
    kept.fold(path.to_owned(), |path, directory| {
        format!("{path}:{}", directory.display())
    })
}

/// The step that has the packagers ready.
pub(crate) fn packagers(context: &Context) -> Result<Outcome> {
    let mut output = String::new();
    for tool in [DEB, RPM] {
        match tool.get_or_outcome(&context.place) {
            Ok(path) => output = format!("{output}{}\n", path.display()),
            Err(outcome) => return Ok(outcome),
        }
    }
    Ok(Outcome::passed(output))
}

/// What drives the browser, as its lock file has it.
const BROWSER: &str = "crates/sanid-fleet/tests/html";

/// Where the modules of node are installed to.
pub(crate) fn browser_directory(place: &Place) -> PathBuf {
    place.work().join("html")
}

/// The step that has the modules ready which drive the browser.
pub(crate) fn browser(context: &Context) -> Result<Outcome> {
    let place = &context.place;
    let directory = browser_directory(place);
    std::fs::create_dir_all(&directory)?;
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(place.root.join(BROWSER).join(name), directory.join(name))?;
    }
    let install = npm(&directory);
    if !has_program("npm") {
        return Ok(Outcome::missing("npm is missing", install.repeat()));
    }
    Ok(match Outcome::of(place, "browser", &install)? {
        Outcome::Failed { output, repeat } => Outcome::missing(output, repeat),
        passed => passed,
    })
}

fn npm(directory: &Path) -> Cmd {
    Cmd::new(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .args(["--prefix", &directory.to_string_lossy()])
}
