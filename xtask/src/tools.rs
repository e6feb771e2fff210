//! Programs that are crates or modules of another language, built or fetched once per version and kept
//! in the user's cache for the next clone.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use vmtest::host::has_program;
use vmtest::kept;

use crate::cmd::Cmd;
use crate::place::Place;
use crate::test::step::{Context, Outcome};

/// A program that is a crate of the same name.
#[derive(Clone, Copy)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

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

/// `PATH` with the directory of the fuzzer that is kept.
pub(crate) fn search_path(path: &str) -> String {
    FUZZ.kept().map_or_else(
        || path.to_owned(),
        |kept| format!("{path}:{}", kept.display()),
    )
}

/// How nvme-cli 3.1 is built. Another text is another recipe, which builds anew.
const NVME_CLI_3: &str = include_str!("tools/nvme-cli-3.sh");

/// The `nvme` of nvme-cli 3.1, which Debian does not have, if it was built before.
pub(crate) fn kept_nvme_cli_3() -> Option<PathBuf> {
    Some(kept::existing("nvme-cli-3", NVME_CLI_3)?.join("nvme"))
}

/// The step that has nvme-cli 3.1 ready.
#[expect(clippy::unnecessary_wraps, reason = "every step has this signature")]
pub(crate) fn nvme_cli_3(context: &Context) -> Result<Outcome> {
    let built = kept::entry("nvme-cli-3", NVME_CLI_3, |directory| {
        let build = Cmd::new(["sh", "-c", NVME_CLI_3, "sh"]).arg(directory.to_string_lossy());
        let done = build.run(&context.place, "nvme-cli-3")?;
        ensure!(done.status.success(), "{}", done.output);
        Ok(())
    });
    Ok(match built {
        Ok(directory) => Outcome::passed(format!("{}\n", directory.display())),
        Err(error) => Outcome::missing(
            format!("nvme-cli 3.1 is not built: {error:#}"),
            "apt-get install meson python3-pip",
        ),
    })
}

/// Packages of Python from `PyPI` that tests import.
#[derive(Clone, Copy)]
pub(crate) struct FromPypi {
    name: &'static str,
    packages: &'static [&'static str],
}

/// What drives the browser: Playwright with its own node, and the checker of accessibility. As npm packages
/// they would need npm, which is four hundred Debian packages.
pub(crate) const BROWSER: FromPypi = FromPypi {
    name: "browser",
    packages: &["playwright==1.65.2", "axe-playwright-python==0.1.8"],
};
/// The database that runs the SQL of docs/fleet.md.
pub(crate) const DUCKDB: FromPypi = FromPypi {
    name: "duckdb",
    packages: &["duckdb==2.0.0"],
};

/// Checks kickstart files. Debian 12 does not have it.
pub(crate) const KICKSTART: FromPypi = FromPypi {
    name: "kickstart",
    packages: &[
        "pykickstart==3.78",
        "requests==2.32.5",
        "urllib3==2.5.0",
        "idna==3.10",
        "certifi==2025.8.3",
        "charset-normalizer==3.4.3",
    ],
};

impl FromPypi {
    /// The directory of the packages, if they were fetched before.
    pub(crate) fn kept(self) -> Option<PathBuf> {
        kept::existing(self.name, &self.packages.join(" "))
    }

    fn fetch(self, place: &Place) -> Result<PathBuf> {
        kept::entry(self.name, &self.packages.join(" "), |directory| {
            let install = Cmd::new(["python3", "-m", "pip", "install", "--quiet", "--no-deps"])
                // pykickstart has no wheel, and nothing to compile.
                .args(["--only-binary=:all:", "--no-binary=pykickstart"])
                .args(["--target", &directory.to_string_lossy()])
                .args(self.packages.iter().copied());
            let done = install.run(place, self.name)?;
            ensure!(
                done.status.success(),
                "{}\nto repeat: {}",
                done.output,
                install.repeat()
            );
            Ok(())
        })
    }

    /// The outcome of the step that has the packages ready.
    fn step(self, context: &Context) -> Outcome {
        match self.fetch(&context.place) {
            Ok(directory) => Outcome::passed(format!("{}\n", directory.display())),
            Err(error) => Outcome::missing(format!("{error:#}"), "apt-get install python3-pip"),
        }
    }
}

/// The step that has ready what drives the browser.
#[expect(clippy::unnecessary_wraps, reason = "every step has this signature")]
pub(crate) fn browser(context: &Context) -> Result<Outcome> {
    Ok(BROWSER.step(context))
}

/// The step that has DuckDB ready.
#[expect(clippy::unnecessary_wraps, reason = "every step has this signature")]
pub(crate) fn duckdb(context: &Context) -> Result<Outcome> {
    Ok(DUCKDB.step(context))
}

/// The step that has ready what checks kickstart files.
#[expect(clippy::unnecessary_wraps, reason = "every step has this signature")]
pub(crate) fn kickstart(context: &Context) -> Result<Outcome> {
    Ok(KICKSTART.step(context))
}
