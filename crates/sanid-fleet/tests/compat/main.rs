//! This version reads what earlier versions stored and printed about many hosts (tests/compat/README.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod claims;
mod fleet;
#[path = "../../../../tests/compat/kept.rs"]
mod kept;
mod newer;
#[path = "../../../../tests/compat/releases.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod releases;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// How a run of `sanid-fleet` ended.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Ran {
    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    #[track_caller]
    fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }
}

/// `sanid-fleet WORDS` in a directory.
fn fleet(directory: &Path, words: &[&str]) -> Ran {
    ran(command(directory).args(words))
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
    command
        .current_dir(directory)
        .stdin(std::process::Stdio::null());
    command
}

fn ran(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}
