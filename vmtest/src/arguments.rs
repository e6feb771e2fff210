//! Arguments of a task, declared and read without macros: they would double the time until `cargo xtask` prints its
//! first line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

/// The options of a task.
pub trait Arguments {
    /// Adds the arguments to the command.
    fn declare(command: Command) -> Command;
    /// The options that were given.
    fn read(matches: &ArgMatches) -> Self;
}

/// An option without a value.
#[must_use]
pub fn flag(name: &'static str, help: &'static str) -> Arg {
    option(name, help).action(ArgAction::SetTrue)
}

/// An option with a value.
#[must_use]
pub fn option(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).help(help)
}

/// An option with a path, which its help calls `FILE` or `DIR`.
#[must_use]
pub fn path(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    option(name, help)
        .value_name(value)
        .value_parser(value_parser!(PathBuf))
}

/// The path that was given.
#[must_use]
pub fn given(matches: &ArgMatches, name: &str) -> Option<PathBuf> {
    matches.get_one(name).cloned()
}

/// All words that were given.
#[must_use]
pub fn words(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches
        .get_many(name)
        .unwrap_or_default()
        .cloned()
        .collect()
}
