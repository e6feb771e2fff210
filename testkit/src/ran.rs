//! What a finished program returned.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::thread;

use serde_json::Value;

/// The exit code and the output of a program that has ended.
#[derive(Debug)]
pub struct Ran {
    /// None after a signal.
    pub code: Option<i32>,
    /// Standard output. Bytes that are not UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, in the same way.
    pub stderr: String,
}

impl Ran {
    /// Runs a command to its end.
    ///
    /// # Panics
    ///
    /// The program cannot be started.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        Self::from(command.output().unwrap())
    }

    /// Runs a command to its end with these bytes on standard input, which it need not read.
    ///
    /// # Panics
    ///
    /// The program cannot be started.
    #[track_caller]
    pub fn with_input(command: &mut Command, input: &[u8]) -> Self {
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = piped.stderr(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        thread::scope(|scope| {
            scope.spawn(move || {
                let _ = stdin.write_all(input);
            });
            Self::from(child.wait_with_output().unwrap())
        })
    }

    /// Returns itself if the program ended with this exit code.
    ///
    /// # Panics
    ///
    /// It ended with a different one.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "often the exit code is all that a test asks for"
    )]
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// The JSON document on standard output.
    ///
    /// # Panics
    ///
    /// Standard output is not one JSON document.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}
