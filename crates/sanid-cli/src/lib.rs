//! The frame of every command: it parses arguments, runs a command, prints its answer or its failure, and
//! returns the exit code.
//!
//! The feature `progress` adds progress bars. The boot command `sanid` leaves it out.
//!
//! # Examples
//! ```
//! use clap::Parser;
//! use sanid_cli::{Exit, Failure};
//!
//! #[derive(Parser)]
//! struct Arguments {
//!     file: std::path::PathBuf,
//! }
//!
//! fn dispatch(arguments: &Arguments) -> (bool, Result<Exit, Failure>) {
//!     let read = std::fs::read(&arguments.file);
//!     (false, read.map(|_| Exit::Fine).map_err(|error| Failure::error(&error)))
//! }
//!
//! let words = ["example", "/nowhere"].map(Into::into);
//! let ended = sanid_cli::run("example", words, dispatch);
//! assert_eq!(format!("{ended:?}"), format!("{:?}", std::process::ExitCode::from(2)));
//! ```
#![cfg_attr(not(test), warn(clippy::disallowed_methods))]

mod exit;
mod page;
mod print;
#[cfg(feature = "progress")]
mod progress;
mod prompt;
mod scheme;
mod tone;
mod wrap;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

pub use exit::{Exit, Failure};
pub use page::{FindingText, Page};
pub use print::{complain, json, print, print_wrapped, printed};
#[cfg(feature = "progress")]
pub use progress::Progress;
pub use prompt::{can_ask, confirm};
pub use scheme::SchemeParser;
pub use tone::Tone;

/// Runs a program with these arguments, its name first, and returns its exit code. `dispatch` runs the command,
/// and says whether a failure is also printed as a JSON document.
pub fn run<A: Parser>(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    dispatch: impl FnOnce(&A) -> (bool, Result<Exit, Failure>),
) -> ExitCode {
    match A::try_parse_from(arguments) {
        Ok(arguments) => {
            let (as_json, done) = dispatch(&arguments);
            finish(program, as_json, done)
        }
        Err(error) => usage(&error),
    }
}

/// Reports a failure, and returns the exit code.
pub fn finish(program: &str, as_json: bool, done: Result<Exit, Failure>) -> ExitCode {
    done.unwrap_or_else(|failure| failure.report(program, as_json))
        .into()
}

/// Prints what clap answers. Help and version are answers; anything else is a usage error.
pub fn usage(error: &clap::Error) -> ExitCode {
    let exit = if error.use_stderr() {
        Exit::Error
    } else {
        Exit::Fine
    };
    // With a closed output only the exit code remains.
    let _ = error.print();
    exit.into()
}
