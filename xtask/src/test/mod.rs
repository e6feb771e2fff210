//! `cargo xtask test`: every check, as a calm list.
//!
//! `steps` lists them, `schedule` runs them side by side, `summary` prints what came of them. All steps
//! run even when one fails; the exit code and the summary report it.

pub(crate) mod programs;
mod schedule;
pub(crate) mod step;
mod steps;
mod summary;

use std::sync::OnceLock;
use std::time::Instant;

use anyhow::Result;
use clap::{ArgAction, ArgMatches, Command};
use indicatif::MultiProgress;
use vmtest::arguments::{Arguments, flag, option, words};
use vmtest::host::is_ci;

use crate::place::Place;
use crate::say::say;
use step::Context;
use summary::Summary;

/// What to run and how much to print.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(crate) struct Options {
    quick: bool,
    long: bool,
    yes: bool,
    verbose: bool,
    only: Vec<String>,
    list: bool,
}

impl Arguments for Options {
    fn declare(command: Command) -> Command {
        command.args([
            flag("quick", "Only what Rust and a C linker can check, in minutes"),
            flag(
                "long",
                "Also what need not run at every landing: long fuzzing, all power cuts, thousands of nodes",
            )
            .conflicts_with("quick"),
            flag("yes", "Install Debian packages without asking").short('y'),
            flag("verbose", "Show the output of steps that passed, too").short('v'),
            option("only", "Run only the steps with these names, and those that they need")
                .value_name("STEP")
                .num_args(1..)
                .action(ArgAction::Append),
            flag("list", "List the steps and what each one shows"),
        ])
    }

    fn read(matches: &ArgMatches) -> Self {
        Self {
            quick: matches.get_flag("quick"),
            long: matches.get_flag("long"),
            yes: matches.get_flag("yes"),
            verbose: matches.get_flag("verbose"),
            only: words(matches, "only"),
            list: matches.get_flag("list"),
        }
    }
}

/// Runs the steps; true if none failed.
pub(crate) fn run(place: &Place, options: &Options) -> Result<bool> {
    let all = steps::all();
    if options.list {
        for step in &all {
            say!("{:<14} {}", step.name, step.shows);
        }
        return Ok(true);
    }
    let steps = schedule::chosen(&all, &options.only, options.quick)?;
    let context = Context {
        place: place.clone(),
        steps: steps.iter().map(|step| step.name).collect(),
        everything: !options.quick,
        long: options.long,
        yes: options.yes,
        progress: MultiProgress::new(),
        programs: OnceLock::new(),
    };
    let mut summary = Summary::default();
    let begin = Instant::now();
    schedule::run(&context, &steps, &mut |ended| {
        let show = options.verbose || (ended.step.tests && is_ci());
        summary.add(ended, show);
    });
    Ok(summary.print(begin.elapsed()))
}
