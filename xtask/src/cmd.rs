//! One command of a task: run with its output kept in order, and shown as the
//! line that repeats it.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context as _, Result};

use crate::place::Place;

/// A command to run in the repository's root.
#[derive(Debug, Default)]
pub(crate) struct Cmd {
    words: Vec<String>,
    environment: Vec<(String, String)>,
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) status: ExitStatus,
    pub(crate) output: String,
}

impl Cmd {
    /// The words of a command, program first.
    pub(crate) fn new<S: Into<String>>(words: impl IntoIterator<Item = S>) -> Self {
        Self {
            words: words.into_iter().map(Into::into).collect(),
            environment: Vec::new(),
        }
    }

    pub(crate) fn arg(mut self, word: impl Into<String>) -> Self {
        self.words.push(word.into());
        self
    }

    pub(crate) fn args<S: Into<String>>(mut self, words: impl IntoIterator<Item = S>) -> Self {
        self.words.extend(words.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        let value = value.as_ref().to_string_lossy().into_owned();
        self.environment.push((name.to_owned(), value));
        self
    }

    /// The line to paste into a shell to run this again.
    pub(crate) fn repeat(&self) -> String {
        let mut line = String::new();
        for (name, value) in &self.environment {
            let _ = write!(line, "{name}={} ", quoted(value));
        }
        let words: Vec<String> = self.words.iter().map(|word| quoted(word)).collect();
        line + &words.join(" ")
    }

    /// Runs to the end. Standard output and standard error go to one file, so
    /// that they stay in the order in which they were written.
    pub(crate) fn run(&self, place: &Place, log: &str) -> Result<Done> {
        self.run_in(place, &place.root, log)
    }

    /// The same in another directory than the repository's root.
    pub(crate) fn run_in(&self, place: &Place, directory: &Path, log: &str) -> Result<Done> {
        let logs = place.work().join("log");
        std::fs::create_dir_all(&logs).context("cannot make the log directory")?;
        let path = logs.join(format!("{}.log", log.replace(' ', "-")));
        let file = File::options()
            .create(true)
            .append(true)
            .open(truncated(&path)?)?;
        let (program, arguments) = self.words.split_first().context("an empty command")?;
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os().filter(|(name, _)| is_of_this_package(name)) {
            command.env_remove(name);
        }
        let status = command
            .args(arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .status()
            .with_context(|| format!("cannot run {program}"))?;
        Ok(Done {
            status,
            output: String::from_utf8_lossy(&std::fs::read(&path)?).into_owned(),
        })
    }
}

/// Whether a variable is what `cargo run` tells xtask about its own package. Cargo builds `ring`, and with it
/// sanid-fleet and sanid-kube, anew whenever one of them differs from the build before, as in a shell.
fn is_of_this_package(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
}

/// Empties the log of the run before.
fn truncated(path: &Path) -> Result<&Path> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// A word as a shell reads it back. No word has a NUL, which could not have been passed on.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repeat_line_is_what_a_shell_reads_back() {
        let cmd = Cmd::new(["cargo", "build"])
            .arg("it's here")
            .env("RUSTFLAGS", "-D warnings");
        assert_eq!(
            cmd.repeat(),
            r#"RUSTFLAGS='-D warnings' cargo build "it's here""#
        );
    }
}
