//! One check of `cargo xtask test`, and what came of it.

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::Result;
use indicatif::MultiProgress;
use vmtest::host::is_ci;

use super::programs::Program;
use crate::cmd::Cmd;
use crate::place::Place;
use crate::tally::Tally;

/// Steps of one lane run one after the other; lanes run side by side.
///
/// A lane is what its steps would wait for anyway: the lock of a target directory, the lock of dpkg.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Packages, and what is fetched or built outside of the workspace.
    Prepare,
    /// Trees of Debian packages and guests' kernels.
    Trees,
    /// cargo in the target directory of the tests.
    Cargo,
    /// cargo for release builds, in directories of their own.
    Release,
    /// Guests, which take longest.
    Guests,
    /// Test programs. Most of them wait a good part of their time, so there are two such lanes.
    Tests,
}

impl Lane {
    /// One for each thread that runs steps.
    pub(crate) const WORKERS: [Self; 7] = [
        Self::Prepare,
        Self::Trees,
        Self::Cargo,
        Self::Release,
        Self::Guests,
        Self::Tests,
        Self::Tests,
    ];
}

/// One thing to check.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    /// Short, unique, usable with `--only`.
    pub(crate) name: &'static str,
    /// What a pass shows.
    pub(crate) shows: &'static str,
    pub(crate) lane: Lane,
    /// The steps that end before this one begins; they run wherever this one does.
    pub(crate) needs: &'static [&'static str],
    /// Whether `--quick` runs it.
    pub(crate) quick: bool,
    /// Whether its output counts tests.
    pub(crate) tests: bool,
    pub(crate) run: fn(&Context) -> Result<Outcome>,
}

/// What steps know of the run that they are part of.
pub(crate) struct Context {
    pub(crate) place: Place,
    /// The names of the steps that run.
    pub(crate) steps: Vec<&'static str>,
    /// Whether tests that need more than Rust run as well.
    pub(crate) everything: bool,
    /// Whether what need not run at every landing runs as well.
    pub(crate) long: bool,
    /// Whether packages are installed without a question.
    pub(crate) yes: bool,
    /// What is drawn on a terminal while steps run.
    pub(crate) progress: MultiProgress,
    /// The test programs, once they are built.
    pub(crate) programs: OnceLock<Vec<Program>>,
}

/// What came of a step.
#[derive(Debug)]
pub(crate) enum Outcome {
    Passed { output: String },
    Skipped { reason: String },
    Failed { output: String, repeat: String },
}

impl Outcome {
    /// Runs a command; its exit code is the outcome.
    pub(crate) fn of(place: &Place, log: &str, cmd: &Cmd) -> Result<Self> {
        let done = cmd.run(place, log)?;
        Ok(if done.status.success() {
            Self::passed(done.output)
        } else {
            Self::Failed {
                output: done.output,
                repeat: cmd.repeat(),
            }
        })
    }

    pub(crate) fn passed(output: impl Into<String>) -> Self {
        Self::Passed {
            output: output.into(),
        }
    }

    /// Something that the step cannot do without is missing: a failure in continuous integration, where
    /// everything is to be there, and elsewhere a reason to skip it.
    pub(crate) fn missing(reason: impl Into<String>, repeat: impl Into<String>) -> Self {
        let reason = reason.into();
        if is_ci() {
            Self::Failed {
                output: reason + "\n",
                repeat: repeat.into(),
            }
        } else {
            Self::Skipped { reason }
        }
    }

    /// A step that is there to run tests and ran none has shown nothing.
    pub(crate) fn failed_without_tests(self, step: &Step, tally: Tally) -> Self {
        match self {
            Self::Passed { output } if tally.is_empty() => Self::Failed {
                output: output + "no test ran\n",
                repeat: step.repeat(),
            },
            other => other,
        }
    }

    pub(crate) fn output(&self) -> &str {
        match self {
            Self::Passed { output } | Self::Failed { output, .. } => output,
            Self::Skipped { reason } => reason,
        }
    }
}

impl Step {
    /// The command that runs this step alone.
    pub(crate) fn repeat(&self) -> String {
        format!("cargo xtask test --only {}", self.name)
    }
}

impl Context {
    /// The programs that the static step builds.
    pub(crate) fn static_binary(&self, name: &str) -> PathBuf {
        self.place.static_dir().join(name)
    }
}
