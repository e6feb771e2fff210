//! Exit codes: API.

use std::io;
use std::process::ExitCode;

use sanid_host::report::ErrorReport;
use sanid_host::resolve::Resolution;

use crate::print::{complain, json};

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All is well.
    Fine = 0,
    /// It found something.
    Findings = 1,
    /// An input or output error, or wrong usage.
    Error = 2,
    /// A safety rule forbids it.
    Refused = 3,
    /// No usable seed.
    NoSeed = 4,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that could not give its answer.
#[derive(Debug)]
pub struct Failure {
    /// How the command ends.
    pub exit: Exit,
    /// What was found, why it matters and what to type.
    pub message: String,
}

impl Failure {
    /// Usage or I/O.
    pub fn error(message: &impl ToString) -> Self {
        Self {
            exit: Exit::Error,
            message: message.to_string(),
        }
    }

    /// A safety rule.
    pub fn refused(message: &impl ToString) -> Self {
        Self {
            exit: Exit::Refused,
            message: message.to_string(),
        }
    }

    /// No usable seed.
    pub fn no_seed(message: &impl ToString) -> Self {
        Self {
            exit: Exit::NoSeed,
            message: message.to_string(),
        }
    }

    /// Writes it to standard error for people, and as a document to standard output for programs.
    pub fn report(self, program: &str, as_json: bool) -> Exit {
        if as_json {
            // The text below says it even where the document cannot be written.
            let _ = json(&ErrorReport::new(self.exit as u8, self.message.clone()));
        }
        complain(program, &self.message);
        self.exit
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::error(&format!("cannot write the answer: {error}"))
    }
}

impl From<sanid_host::config::ConfigError> for Failure {
    fn from(error: sanid_host::config::ConfigError) -> Self {
        Self::error(&error)
    }
}

impl From<sanid_host::resolve::ResolveError> for Failure {
    fn from(error: sanid_host::resolve::ResolveError) -> Self {
        match error {
            sanid_host::resolve::ResolveError::NoSeed(_) => Self::no_seed(&error),
            _ => Self::error(&error),
        }
    }
}

impl Failure {
    /// Of a resolution: why no part has a name; `None` where one has.
    pub fn without_names(resolution: &Resolution) -> Option<Self> {
        let error = resolution.errors().into_iter().next()?;
        resolution.names().is_empty().then(|| error.clone().into())
    }

    /// Of a resolution: why one part has no name, once the other has been dealt with.
    pub fn withheld(resolution: &Resolution) -> Option<Self> {
        let error = resolution.errors().into_iter().next()?;
        Some(error.clone().into())
    }
}

impl From<sanid_host::plan::CannotJudge> for Failure {
    fn from(error: sanid_host::plan::CannotJudge) -> Self {
        Self::error(&error)
    }
}

impl From<sanid_host::act::ActError> for Failure {
    fn from(error: sanid_host::act::ActError) -> Self {
        Self::error(&error)
    }
}

impl From<sanid_host::root::ReadError> for Failure {
    fn from(error: sanid_host::root::ReadError) -> Self {
        Self::error(&error)
    }
}
