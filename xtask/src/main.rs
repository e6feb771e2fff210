//! Build, test and package sanid: `cargo xtask help` lists the tasks.
//!
//! One module per task. What several tasks need (running a program, the
//! workspace's places, Debian packages) has a module of its own.
#![allow(
    clippy::print_stderr,
    reason = "a task runner talks to the person who runs it"
)]

mod bench;
mod cmd;
mod deny;
mod dependencies;
mod fuzz;
mod generate;
mod install;
mod kube;
mod man;
mod msrv;
mod nostd;
mod package;
mod packages;
mod page;
mod place;
mod publish;
mod release;
mod say;
mod tally;
mod test;
mod tools;
mod vm;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Arg, ArgAction, ArgMatches, Command};
use vmtest::arguments::Arguments as _;

use crate::place::Place;

/// A task: its name, what it does, its arguments, and the function that runs it.
struct Task {
    name: &'static str,
    about: &'static str,
    arguments: fn(Command) -> Command,
    run: fn(&Place, &ArgMatches) -> Result<bool>,
}

const TASKS: [Task; 8] = [
    Task {
        name: "test",
        about: "Run every check: what CI runs, and what the README names",
        arguments: test::Options::declare,
        run: |place, matches| test::run(place, &test::Options::read(matches)),
    },
    Task {
        name: "generate",
        about: "Write the man pages, shell completions and the JSON Schema from the code",
        arguments: generate::Options::declare,
        run: |place, matches| generate::run(place, &generate::Options::read(matches)),
    },
    Task {
        name: "bench",
        about: "Measure sanid beside other programs; write docs/performance.md and its plots",
        arguments: bench::Options::declare,
        run: |place, matches| bench::run(place, &bench::Options::read(matches)),
    },
    Task {
        name: "fuzz",
        about: "Run every fuzz target; write docs/reliability.md",
        arguments: fuzz::Options::declare,
        run: |place, matches| fuzz::run(place, &fuzz::Options::read(matches)),
    },
    Task {
        name: "install",
        about: "Install the static binary and the dist tree below a directory",
        arguments: install::Options::declare,
        run: |place, matches| install::run(place, &install::Options::read(matches)),
    },
    Task {
        name: "package",
        about: "Make the Debian and the RPM package of the static binaries",
        arguments: |command| command,
        run: |place, _| package::run(place),
    },
    Task {
        name: "release",
        about: "Make a directory that can be published: binaries, packages, source, image, chart, sums",
        arguments: |command| command,
        run: |place, _| publish::run(place),
    },
    Task {
        name: "vm",
        about: "Run sanid in guests: real kernels, a real systemd, reboots and power cuts",
        arguments: vmtest::Options::declare,
        run: |place, matches| vm::run(place, &vmtest::Options::read(matches)),
    },
];

fn main() -> ExitCode {
    let matches = command().get_matches();
    let task = matches.subcommand().and_then(|(name, matches)| {
        let task = TASKS.iter().find(|task| task.name == name)?;
        Some((task, matches))
    });
    let outcome = task
        .context("no such task")
        .and_then(|(task, matches)| (task.run)(&Place::find()?, matches));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// The command line.
fn command() -> Command {
    let list = Arg::new("list").long("list").help("List the tasks");
    let tasks = TASKS.iter().map(|task| {
        let command = Command::new(task.name).about(task.about);
        (task.arguments)(command)
    });
    Command::new("xtask")
        .bin_name("cargo xtask")
        .about("Build, test and package sanid")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .arg(list.action(ArgAction::HelpShort))
        .subcommands(tasks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_declares_the_arguments_that_it_reads() {
        command().debug_assert();
        for task in &TASKS {
            // Reading an argument that is not declared panics.
            let mut line = vec!["xtask", task.name];
            if task.name == "install" {
                line.extend(["--destdir", "/"]);
            }
            let matches = command().get_matches_from(line);
            let (_, matches) = matches.subcommand().unwrap();
            match task.name {
                "test" => drop(test::Options::read(matches)),
                "generate" => drop(generate::Options::read(matches)),
                "bench" => drop(bench::Options::read(matches)),
                "fuzz" => drop(fuzz::Options::read(matches)),
                "install" => drop(install::Options::read(matches)),
                "vm" => drop(vmtest::Options::read(matches)),
                _ => {}
            }
        }
    }
}
