//! The `sanid` command: arguments in, text or JSON out. What it knows of storage identities is in
//! [`sanid_core`] and [`sanid_host`]; here are only words, columns and exit codes.
//!
//! It is a library so that the man pages, the completions and the JSON Schema are made from the same
//! definitions that the command runs on.
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod args;
mod commands;
mod host;
#[cfg(feature = "schema")]
mod schema;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser as _};

use args::{Arguments, Command};
use commands::companion;
use sanid_cli::{Exit, Failure, finish, usage};
#[cfg(feature = "schema")]
pub use schema::json_schema;

const NAME: &str = "sanid";

/// The definition of the command line, for man pages and completions.
///
/// # Examples
/// ```
/// assert_eq!(sanid::command().get_name(), "sanid");
/// ```
pub fn command() -> clap::Command {
    Arguments::command()
}

/// Runs the command with these arguments, the program's name first, and gives its exit code: 0 fine,
/// 1 findings, 2 usage or I/O error, 3 refused by a safety rule, 4 no usable seed.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let derives = arguments.get(1).is_some_and(|word| word == "derive");
    let command = match args::boot(&arguments) {
        Some(command) => command,
        None => match Arguments::try_parse_from(arguments) {
            Ok(arguments) => arguments.command,
            Err(error) if derives && is_word_too_many(&error) => {
                return finish(NAME, false, Err(commands::derive::misplaced()));
            }
            Err(error) => return usage(&error),
        },
    };
    let json = command.wants_json();
    finish(NAME, json, dispatch(command))
}

fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Show(options) => commands::show::run(&options),
        Command::Status(options) => commands::status::run(&options),
        Command::Apply(options) => commands::apply::run(&options),
        Command::Adopt(options) => commands::adopt::run(&options),
        Command::Reseed(options) => commands::reseed::run(&options),
        Command::Hardware(options) => commands::hardware::run(&options),
        Command::Derive(options) => commands::derive::run(&options),
        Command::Check(options) => commands::check::run(&options),
        Command::Lint(image) => companion::run(&companion::IMAGE, Some("lint"), &image.options),
        Command::Seal(image) => companion::run(&companion::IMAGE, Some("seal"), &image.options),
        Command::Fleet(fleet) => companion::run(&companion::FLEET, None, &fleet.options),
        Command::Config(options) => commands::config::run(&options),
        Command::Completions(options) => commands::completions::run(&options),
    }
}

/// Whether an argument is given that is not an option.
fn is_word_too_many(error: &clap::Error) -> bool {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(word)) => {
            error.kind() == ErrorKind::UnknownArgument && !word.starts_with('-')
        }
        _ => false,
    }
}

fn complain(message: &str) {
    sanid_cli::complain(NAME, message);
}
