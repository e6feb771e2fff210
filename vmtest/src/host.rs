//! The machine that runs the guests: its programs, and what this process may do on it.

use std::fs;
use std::num::NonZero;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;

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
///
/// # Errors
///
/// It cannot be started, fails, or prints bytes that are not UTF-8.
pub fn output(command: &mut Command) -> Result<String> {
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
pub fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Whether this is continuous integration, where a test that cannot run is a failure.
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// Whether a program of this name is installed.
pub fn has_program(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .any(|directory| directory.join(name).is_file())
}

/// Does one thing with each item, as many at once as there are processors. The results come in the order in which
/// they were ready.
pub fn side_by_side<T: Send, R: Send>(
    items: impl Iterator<Item = T> + Send,
    one: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let waiting = Mutex::new(items);
    let results = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                loop {
                    // The lock is held only for this line: the others go on while this one works.
                    let next = waiting.lock().ok().and_then(|mut items| items.next());
                    let Some(item) = next else { break };
                    let result = one(item);
                    if let Ok(mut results) = results.lock() {
                        results.push(result);
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_default()
}
