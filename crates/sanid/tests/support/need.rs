//! Trials that need something of the machine. One that cannot run shows as
//! ignored with its reason, never as passed; in continuous integration as root,
//! where everything is to be there, it fails.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use libtest_mimic::{Completion, Trial};

/// Something that a trial cannot do without.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Need {
    /// To be root, for mount namespaces.
    Root,
    /// A program, and the Debian package that has it.
    Program(&'static str, &'static str),
    /// A module of Debian's Python, and the package that has it.
    Python(&'static str, &'static str),
    /// A file, and the package that has it.
    File(&'static str, &'static str),
    /// A variable that `cargo xtask test` sets.
    Set(&'static str),
}

pub(crate) const STRACE: Need = Need::Program("strace", "strace");
pub(crate) const UNSHARE: Need = Need::Program("unshare", "util-linux");

/// Debian's own Python, which has Debian's modules.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

/// A trial that runs where its needs are met.
pub(crate) fn trial(
    name: &str,
    needs: &'static [Need],
    test: impl FnOnce() + Send + 'static,
) -> Trial {
    Trial::ignorable_test(name, move || {
        let Some(reason) = needs.iter().find_map(|need| need.unmet()) else {
            test();
            return Ok(Completion::Completed);
        };
        if must_run() {
            return Err(format!("it must run here, but {reason}").into());
        }
        Ok(Completion::ignored_with(reason))
    })
}

/// The path of a program, in the directories of the administrator, too.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/bin"].map(PathBuf::from))
        .map(|directory| directory.join(name))
        .find(|path| path.is_file())
}

fn must_run() -> bool {
    let ci = std::env::var("CI").is_ok_and(|value| !value.is_empty() && value != "false");
    ci && is_root()
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}

impl Need {
    fn unmet(self) -> Option<String> {
        let missing = |what: &str, package: &str| {
            format!("{what} is missing (Debian package {package}; cargo xtask test installs it)")
        };
        match self {
            Self::Root => (!is_root()).then(|| "it needs root, for mount namespaces".to_owned()),
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
            Self::Set(variable) => std::env::var_os(variable)
                .is_none()
                .then(|| format!("{variable} is not set; cargo xtask test sets it")),
        }
    }
}
