//! The machine that runs the guests: its programs, and what this process may do on it.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Runs a command line and returns its standard output. The line is split as `xshell::cmd!` does it.
macro_rules! run {
    ($line:literal) => {{
        let shell = xshell::Shell::new()?;
        $crate::host::output(&mut std::process::Command::from(xshell::cmd!(shell, $line)))
    }};
}

/// Prints one line. Standard output may be closed early: `cargo xtask vm | head` ends quietly.
macro_rules! say {
    ($($part:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout().lock(), $($part)*);
    }};
}

pub(crate) use {run, say};

/// The standard output of a command that must succeed.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command
        .output()
        .with_context(|| format!("cannot run {name}"))?;
    if !done.status.success() {
        bail!(
            "{name} failed ({}): {}",
            done.status,
            String::from_utf8_lossy(&done.stderr).trim()
        );
    }
    String::from_utf8(done.stdout).with_context(|| format!("the output of {name} is not UTF-8"))
}

/// Whether this process runs as root.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether this is continuous integration, where a test that cannot run is a failure.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Whether a program of this name is installed.
pub(crate) fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .any(|directory| directory.join(name).is_file())
}
