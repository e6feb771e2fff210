//! Commands that are other programs: `sanid-image` has the decompressors, and `sanid-fleet` the databases,
//! that this one has no room for.

use sanid_cli::{Exit, Failure};
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

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

/// The directories that packages and `cargo xtask install` use. `PATH` is not searched: root runs this.
const DIRECTORIES: [&str; 2] = ["/usr/bin", "/usr/local/bin"];

impl Companion {
    /// Its path; the error says how to install it.
    #[expect(
        clippy::disallowed_methods,
        reason = "a program of this machine, which is not the host below a root"
    )]
    fn path(&self, what: &str) -> Result<PathBuf, String> {
        let Self { program, package } = self;
        candidates(program).find(|path| path.is_file()).ok_or_else(|| {
            format!(
                "{what} needs {program}, which is neither in this program's directory nor in {}: \
                 install the package {package}, or on a build machine `cargo build --release -p {program}`",
                DIRECTORIES.join(" or ")
            )
        })
    }
}

/// Becomes the companion with this subcommand, if it has one of its own, and these arguments.
pub(crate) fn run(
    companion: &Companion,
    subcommand: Option<&str>,
    arguments: &[OsString],
) -> Result<Exit, Failure> {
    let path = companion
        .path(&format!("sanid {}", subcommand.unwrap_or("fleet")))
        .map_err(|why| Failure::error(&why))?;
    let error = Command::new(&path).args(subcommand).args(arguments).exec();
    Err(Failure::error(&cannot_run(&path, &error)))
}

/// Asks the companion, which gets a text through a pipe; `what` is done by it.
pub(crate) fn ask(
    companion: &Companion,
    what: &str,
    arguments: &[OsString],
    text: &[u8],
) -> Result<Output, String> {
    let path = companion.path(what)?;
    let child = Command::new(&path)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| cannot_run(&path, &error))?;
    if let Some(mut input) = child.stdin.take() {
        // A program that does not need it does not read it; its exit status shows a failure.
        let _ = input.write_all(text);
    }
    child
        .wait_with_output()
        .map_err(|error| cannot_run(&path, &error))
}

fn cannot_run(path: &Path, error: &std::io::Error) -> String {
    format!("cannot run {}: {error}", path.display())
}

/// Beside this program first, so that two that were built together stay together.
#[expect(
    clippy::disallowed_methods,
    reason = "the program that runs, which is not of the host below a root"
)]
fn candidates(program: &str) -> impl Iterator<Item = PathBuf> {
    let own = std::fs::read_link("/proc/self/exe").ok();
    let beside = own.and_then(|own| Some(own.parent()?.to_owned()));
    let fixed = DIRECTORIES.iter().map(|one| Path::new(one).to_owned());
    beside
        .into_iter()
        .chain(fixed)
        .map(move |one| one.join(program))
}
