//! Commands that are other programs: `sanid-image` has the decompressors, and `sanid-fleet` the databases,
//! that this one has no room for.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::{Exit, Failure};

/// A program that does a part of the work.
pub(crate) struct Companion {
    program: &'static str,
    /// The package that has it.
    package: &'static str,
}

/// Lints and seals images.
pub(crate) const IMAGE: Companion = Companion {
    program: "sanid-image",
    package: "sanid",
};

/// Knows many hosts.
pub(crate) const FLEET: Companion = Companion {
    program: "sanid-fleet",
    package: "sanid-fleet",
};

/// Where packages and `cargo xtask install` put it. `PATH` is not asked: root runs this.
const DIRECTORIES: [&str; 2] = ["/usr/bin", "/usr/local/bin"];

/// Becomes the companion with this subcommand, if it has one of its own, and these arguments.
pub(crate) fn run(
    companion: &Companion,
    subcommand: Option<&str>,
    arguments: &[OsString],
) -> Result<Exit, Failure> {
    let Companion { program, package } = companion;
    let Some(path) = candidates(program).find(|path| path.is_file()) else {
        let command = subcommand.unwrap_or("fleet");
        return Err(Failure::error(&format!(
            "sanid {command} is done by {program}, which is neither beside this program nor in {}: \
             install the package {package}, or on a build machine `cargo build --release -p {program}`",
            DIRECTORIES.join(" or ")
        )));
    };
    let error = Command::new(&path).args(subcommand).args(arguments).exec();
    Err(Failure::error(&format!(
        "cannot run {}: {error}",
        path.display()
    )))
}

/// Beside this program first, so that two that were built together stay together.
fn candidates(program: &str) -> impl Iterator<Item = PathBuf> {
    let own = std::fs::read_link("/proc/self/exe").ok();
    let beside = own.and_then(|own| Some(own.parent()?.to_owned()));
    let fixed = DIRECTORIES.iter().map(|one| Path::new(one).to_owned());
    beside
        .into_iter()
        .chain(fixed)
        .map(move |one| one.join(program))
}
