//! `sanid lint` and `sanid seal`: the work of `sanid-image`, which has the decompressors that this command
//! has no room for.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exit::{Exit, Failure};

const PROGRAM: &str = "sanid-image";
/// Where packages and `cargo xtask install` put it. `PATH` is not asked: root runs this.
const DIRECTORIES: [&str; 2] = ["/usr/bin", "/usr/local/bin"];

/// Becomes `sanid-image` with this subcommand.
pub(crate) fn run(subcommand: &str, arguments: &[OsString]) -> Result<Exit, Failure> {
    let Some(program) = candidates().find(|path| path.is_file()) else {
        return Err(Failure::error(&format!(
            "sanid {subcommand} is done by {PROGRAM}, which is neither beside this program nor in {}: \
             install the package sanid, which has both, or on a build machine `cargo build --release -p {PROGRAM}`",
            DIRECTORIES.join(" or ")
        )));
    };
    let error = Command::new(&program)
        .arg(subcommand)
        .args(arguments)
        .exec();
    Err(Failure::error(&format!(
        "cannot run {}: {error}",
        program.display()
    )))
}

/// Beside this program first, so that two that were built together stay together.
fn candidates() -> impl Iterator<Item = PathBuf> {
    let own = std::fs::read_link("/proc/self/exe").ok();
    let beside = own.and_then(|own| Some(own.parent()?.to_owned()));
    let fixed = DIRECTORIES.iter().map(|one| Path::new(one).to_owned());
    beside.into_iter().chain(fixed).map(|one| one.join(PROGRAM))
}
