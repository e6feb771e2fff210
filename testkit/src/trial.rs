//! Trials that need something of the machine, and the program that runs them.
//!
//! `cargo test` is the ordinary loop: it needs Rust and a C linker and nothing else. A trial that needs
//! more is ignored there with its reason, whether or not this machine happens to have what it needs, so
//! that the loop is the same everywhere. With `--include-ignored`, as `cargo xtask test` starts it, a
//! trial runs where its needs are met. One whose needs are not met shows as ignored with its reason,
//! never as passed; in continuous integration as root, where everything is to be there, it fails.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;

use libtest_mimic::{Arguments, Completion, Trial};

/// Something that a trial cannot do without.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// To be root, for mount namespaces.
    Root,
    /// A program, and the Debian package that has it.
    Program(&'static str, &'static str),
    /// A module of Debian's Python, and the package that has it.
    Python(&'static str, &'static str),
    /// A file, and the package that has it.
    File(&'static str, &'static str),
    /// An environment variable that `cargo xtask test` sets, and what it names.
    Set(&'static str, &'static str),
    /// More time than the ordinary loop has.
    Minutes,
}

/// The tracer of system calls.
pub const STRACE: Need = Need::Program("strace", "strace");
/// Namespaces from the command line.
pub const UNSHARE: Need = Need::Program("unshare", "util-linux");

/// Debian's own Python, which has Debian's modules.
pub const PYTHON: &str = "/usr/bin/python3";

/// A trial that runs where its needs are met.
pub fn trial(name: &str, needs: &'static [Need], test: impl FnOnce() + Send + 'static) -> Trial {
    let unmet = move || needs.iter().find_map(|need| need.unmet());
    trial_with(name, &list(needs), unmet, test)
}

/// A trial whose needs the test program looks for itself: `needs` names them, and is empty if there are
/// none; `unmet` says why they are not met here, if they are not.
pub fn trial_with(
    name: &str,
    needs: &str,
    unmet: impl FnOnce() -> Option<String> + Send + 'static,
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    let needs = needs.to_owned();
    Trial::ignorable_test(name, move || {
        if !needs.is_empty() && !runs_everything() {
            return Ok(ignored(format!("needs {needs}")));
        }
        let Some(reason) = unmet() else {
            test();
            return Ok(Completion::Completed);
        };
        if must_run() {
            return Err(format!("it must run here, but {reason}").into());
        }
        Ok(ignored(reason))
    })
}

/// Runs trials as a test program, and lists at the end how many were ignored for which reason.
pub fn run(arguments: &Arguments, trials: Vec<Trial>) -> ExitCode {
    let conclusion = libtest_mimic::run(arguments, trials);
    let ignored = IGNORED.lock().map(|all| all.clone()).unwrap_or_default();
    for (reason, number) in &ignored {
        println!("ignored: {number} ({reason})");
    }
    if !ignored.is_empty() {
        println!(
            "to run them: cargo xtask test, or -- --include-ignored where their needs are met\n"
        );
    }
    conclusion.exit_code()
}

/// The path of a program; the administrator's directories are searched as well.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

/// Whether this process runs as root.
pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}

/// How often a trial was ignored, by reason.
static IGNORED: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());

fn ignored(reason: String) -> Completion {
    if let Ok(mut all) = IGNORED.lock() {
        *all.entry(reason.clone()).or_default() += 1;
    }
    Completion::ignored_with(reason)
}

/// Whether trials with needs run at all.
fn runs_everything() -> bool {
    std::env::args().any(|word| word == "--ignored" || word == "--include-ignored")
}

/// Whether an unmet need is a failure.
fn must_run() -> bool {
    let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    ci && is_root()
}

fn list(needs: &[Need]) -> String {
    let names: Vec<&str> = needs.iter().map(|need| need.name()).collect();
    names.join(", ")
}

impl Need {
    /// As the reason of an ignored trial shows it.
    fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Minutes => "minutes",
            Self::Program(name, _)
            | Self::Python(name, _)
            | Self::File(name, _)
            | Self::Set(_, name) => name,
        }
    }

    /// Why it is not met here, if it is not.
    fn unmet(self) -> Option<String> {
        let missing = |what: &str, package: &str| {
            format!("{what} is missing (Debian package {package}; cargo xtask test installs it)")
        };
        match self {
            Self::Minutes => None,
            Self::Root => (!is_root()).then(|| "root is needed, for mount namespaces".to_owned()),
            Self::Program(name, package) => program(name).is_none().then(|| missing(name, package)),
            Self::File(path, package) => {
                (!PathBuf::from(path).exists()).then(|| missing(path, package))
            }
            Self::Python(module, package) => {
                let found = Command::new(PYTHON)
                    .args(["-c", &format!("import {module}")])
                    .stderr(Stdio::null())
                    .status();
                (!found.is_ok_and(|status| status.success()))
                    .then(|| missing(&format!("Python's {module}"), package))
            }
            Self::Set(variable, what) => std::env::var_os(variable)
                .is_none()
                .then(|| format!("{variable} does not name {what}; cargo xtask test sets it")),
        }
    }
}
