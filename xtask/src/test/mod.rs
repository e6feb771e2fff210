//! `cargo xtask test`: every check, one step after the other, as a calm list.
//!
//! All steps run even when one fails; the exit code and the summary tell.

mod programs;
mod steps;

use std::io::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::cmd::Cmd;
use crate::kube;
use crate::place::{Place, is_ci};
use crate::say::say;
use crate::tally::Tally;

/// What to run and how much to say.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Options {
    /// Leave out what needs other programs, root, a release build or minutes
    #[arg(long)]
    quick: bool,
    /// Show the output of steps that passed, too
    #[arg(long, short)]
    verbose: bool,
    /// Run only the steps with these names
    #[arg(long, value_name = "STEP", num_args = 1..)]
    only: Vec<String>,
    /// Name the steps and what each one shows
    #[arg(long)]
    list: bool,
}

/// One thing to check.
pub(super) struct Step {
    /// Short, unique, usable with `--only`.
    name: &'static str,
    /// What a pass shows.
    shows: &'static str,
    /// Whether `--quick` runs it.
    quick: bool,
    /// Whether its output counts tests.
    tests: bool,
    run: fn(&Place) -> Result<Outcome>,
}

/// What came of a step.
#[derive(Debug)]
pub(super) enum Outcome {
    Passed { output: String },
    Skipped { reason: String },
    Failed { output: String, repeat: String },
}

impl Outcome {
    /// Runs a command; its exit code is the outcome.
    pub(super) fn of(place: &Place, log: &str, cmd: &Cmd) -> Result<Self> {
        let done = cmd.run(place, log)?;
        Ok(if done.status.success() {
            Self::Passed {
                output: done.output,
            }
        } else {
            Self::Failed {
                output: done.output,
                repeat: cmd.repeat(),
            }
        })
    }

    /// A step that is there to run tests and ran none has shown nothing.
    fn failed_without_tests(self, step: &Step, tally: Tally) -> Self {
        match self {
            Self::Passed { output } if tally.is_empty() => Self::Failed {
                output: output + "no test ran\n",
                repeat: format!("cargo xtask test --only {}", step.name),
            },
            other => other,
        }
    }

    fn output(&self) -> &str {
        match self {
            Self::Passed { output } | Self::Failed { output, .. } => output,
            Self::Skipped { reason } => reason,
        }
    }
}

/// Runs the steps; true when none failed.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let all = steps::all();
    if options.list {
        for step in &all {
            say!("{:<14} {}", step.name, step.shows);
        }
        return Ok(true);
    }
    if let Some(unknown) = options
        .only
        .iter()
        .find(|name| all.iter().all(|step| step.name != name.as_str()))
    {
        bail!("no step is called {unknown:?}; cargo xtask test --list names them");
    }
    let chosen = all.iter().filter(|step| {
        (step.quick || !options.quick)
            && (options.only.is_empty() || options.only.iter().any(|name| name == step.name))
    });

    let mut summary = Summary::default();
    let begin = Instant::now();
    for step in chosen {
        let mut out = std::io::stdout().lock();
        let _ = write!(out, "{:<14} ", step.name).and_then(|()| out.flush());
        drop(out);
        let begin = Instant::now();
        let outcome = (step.run)(place).unwrap_or_else(|error| Outcome::Failed {
            output: format!("{error:#}\n"),
            repeat: format!("cargo xtask test --only {}", step.name),
        });
        let show = options.verbose || (step.tests && is_ci());
        summary.add(step, outcome, begin.elapsed(), show);
    }
    // One that no step waited for is not to go on behind whoever asked.
    if let Some(build) = kube::end() {
        build?;
    }
    Ok(summary.print(begin.elapsed()))
}

/// The failures and the counts of a run.
#[derive(Default)]
struct Summary {
    tests: Tally,
    steps: usize,
    skipped: Vec<&'static str>,
    failed: Vec<(&'static str, String)>,
}

impl Summary {
    fn add(&mut self, step: &Step, mut outcome: Outcome, took: Duration, show: bool) {
        self.steps += 1;
        let seconds = took.as_secs_f64();
        let mut tally = Tally::default();
        if step.tests {
            tally = Tally::of(outcome.output());
            outcome = outcome.failed_without_tests(step, tally);
        }
        match &outcome {
            Outcome::Passed { .. } if step.tests => {
                let ignored = match tally.ignored {
                    0 => String::new(),
                    number => format!(", {number} ignored"),
                };
                say!("ok      {seconds:7.1} s  {} passed{ignored}", tally.passed);
            }
            Outcome::Passed { .. } => say!("ok      {seconds:7.1} s"),
            Outcome::Skipped { reason } => {
                say!("skipped {seconds:7.1} s  {reason}");
                self.skipped.push(step.name);
            }
            Outcome::Failed { .. } => say!("FAILED  {seconds:7.1} s"),
        }
        let failed = matches!(outcome, Outcome::Failed { .. });
        if (show || failed) && !matches!(outcome, Outcome::Skipped { .. }) {
            for line in outcome.output().lines() {
                say!("  | {line}");
            }
        } else if step.tests {
            // An ignored test says why, whatever else is kept quiet.
            for line in outcome.output().lines().filter(|l| is_ignored(l)) {
                say!("  | {line}");
            }
        }
        self.tests += tally;
        if let Outcome::Failed { repeat, .. } = outcome {
            say!("  to repeat: {repeat}");
            if tally.failed == 0 {
                self.tests.failed += 1;
            }
            self.failed.push((step.name, repeat));
        }
    }

    fn print(&self, took: Duration) -> bool {
        say!();
        for (name, repeat) in &self.failed {
            say!("FAILED {name}: {repeat}");
        }
        if !self.skipped.is_empty() {
            say!("skipped: {}", self.skipped.join(", "));
        }
        say!(
            "{} steps in {:.0} s: {} failed, {} skipped; {} tests were ignored",
            self.steps,
            took.as_secs_f64(),
            self.failed.len(),
            self.skipped.len(),
            self.tests.ignored
        );
        say!("{} passed, {} failed", self.tests.passed, self.tests.failed);
        self.failed.is_empty()
    }
}

/// The line of one ignored test, with its reason.
fn is_ignored(line: &str) -> bool {
    line.trim_start().starts_with("test ") && line.contains("... ignored")
}
