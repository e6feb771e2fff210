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
mod release;
mod say;
mod tally;
mod test;
mod tools;
mod vm;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::place::Place;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, test and package sanid")]
struct Arguments {
    /// List the tasks
    #[arg(long, action = clap::ArgAction::HelpShort)]
    list: Option<bool>,
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check: what CI runs, and what the README names
    Test(test::Options),
    /// Write the man pages, shell completions and the JSON Schema from the code
    Generate(generate::Options),
    /// Measure sanid beside other programs; write docs/performance.md and its plots
    Bench(bench::Options),
    /// Run every fuzz target; write docs/reliability.md
    Fuzz(fuzz::Options),
    /// Install the static binary and the dist tree below a directory
    Install(install::Options),
    /// Make the Debian and the RPM package of the static binaries
    Package,
    /// Run sanid in guests: real kernels, a real systemd, reboots and power cuts
    Vm(vmtest::Options),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = Place::find().and_then(|place| match arguments.task {
        Task::Test(options) => test::run(&place, &options),
        Task::Generate(options) => generate::run(&place, &options),
        Task::Bench(options) => bench::run(&place, &options),
        Task::Fuzz(options) => fuzz::run(&place, &options),
        Task::Install(options) => install::run(&place, &options),
        Task::Package => package::run(&place),
        Task::Vm(options) => vm::run(&place, &options),
    });
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::from(2)
        }
    }
}
