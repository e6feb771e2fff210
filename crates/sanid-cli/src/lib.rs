//! The frame of the commands beside the boot command: arguments are read, a command is run, its answer or
//! its failure is told, and the exit code says how it ended.
//!
//! `sanid` itself has a frame of its own, which is a part of what must be small and start quickly.
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

mod progress;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser;
use sanid_host::report::ErrorReport;
use serde::Serialize;

pub use progress::Progress;

/// How a command ends: API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, and nothing to say.
    Fine = 0,
    /// Done, and something was found.
    Findings = 1,
    /// A wrong command line, or something that could not be read or written.
    Error = 2,
    /// A safety rule forbids it.
    Refused = 3,
}

/// A command that could not give its answer.
#[derive(Debug)]
pub struct Failure {
    /// How it ends.
    pub exit: Exit,
    /// What was found, why it matters and what to type.
    pub message: String,
}

impl Failure {
    /// One of exit code 2.
    pub fn error(message: &impl ToString) -> Self {
        Self {
            exit: Exit::Error,
            message: message.to_string(),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::error(&format!("cannot write the answer: {error}"))
    }
}

/// Runs a program with these arguments, its name first, and gives its exit code. `dispatch` runs the command,
/// and says whether a failure is told as a JSON document, too.
pub fn run<A: Parser>(
    program: &str,
    arguments: impl IntoIterator<Item = OsString>,
    dispatch: impl FnOnce(&A) -> (bool, Result<Exit, Failure>),
) -> ExitCode {
    let arguments = match A::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // With nobody to read it there is nobody to tell.
            let _ = error.print();
            let exit = if error.use_stderr() {
                Exit::Error
            } else {
                Exit::Fine
            };
            return ExitCode::from(exit as u8);
        }
    };
    let (json_too, done) = dispatch(&arguments);
    let exit = done.unwrap_or_else(|failure| {
        if json_too {
            let report = ErrorReport::new(failure.exit as u8, failure.message.clone());
            // The text below says it even where the document cannot be written.
            let _ = json(&report);
        }
        complain(program, &failure.message);
        failure.exit
    });
    ExitCode::from(exit as u8)
}

/// Writes a document to standard output, as it is made: a large one is held nowhere.
///
/// # Errors
/// Those of [`print()`].
pub fn json(document: &impl Serialize) -> io::Result<()> {
    printed(|out| {
        serde_json::to_writer_pretty(&mut *out, document)?;
        out.write_all(b"\n")
    })
}

/// Writes text to standard output. A reader that has seen enough, such as `head`, is not an error.
///
/// # Errors
/// What the kernel says, where there is no place for it.
pub fn print(text: &str) -> io::Result<()> {
    printed(|out| out.write_all(text.as_bytes()))
}

/// Writes what `write` makes to standard output, as it is made.
///
/// # Errors
/// Those of [`print()`].
pub fn printed(write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes a line to standard error, with the program's name before it.
pub fn complain(program: &str, message: &str) {
    // With nobody to read it there is nobody to tell; the exit code remains.
    let _ = writeln!(io::stderr(), "{program}: {message}");
}
