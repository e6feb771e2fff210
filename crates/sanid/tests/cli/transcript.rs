//! A run as text: the command, its exit code, both outputs.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

use crate::support::host::Host;

/// One run of the command on a host.
pub(crate) struct Run {
    words: Vec<String>,
    input: Option<String>,
    on_host: bool,
}

/// A run below the host's root.
pub(crate) fn on(words: &[&str]) -> Run {
    Run {
        words: words.iter().map(ToString::to_string).collect(),
        input: None,
        on_host: true,
    }
}

/// A run that needs no host.
pub(crate) fn plain(words: &[&str], input: &str) -> Run {
    Run {
        input: Some(input.into()),
        on_host: false,
        ..on(words)
    }
}

impl Run {
    /// Runs it, and gives its standard output alone.
    pub(crate) fn stdout(&self, host: &Host) -> String {
        String::from_utf8(self.output(host).stdout).unwrap()
    }

    fn output(&self, host: &Host) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanid"));
        command.args(&self.words).env("COLUMNS", "100");
        if self.on_host {
            // A path that is the same wherever temporary files are, so that columns are, too.
            command.args(["--root", "."]).current_dir(host.root());
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that stops at its options reads nothing.
        let _ = stdin.write_all(self.input.as_deref().unwrap_or_default().as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn transcript(&self, host: &Host) -> String {
        let root = if self.on_host { " --root ." } else { "" };
        let output = self.output(host);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let mut transcript = format!("$ sanid {}{root}\n", self.words.join(" "));
        transcript.push_str(&text(&output.stdout));
        for line in text(&output.stderr).lines() {
            writeln!(transcript, "stderr: {line}").unwrap();
        }
        writeln!(transcript, "exit: {}", output.status.code().unwrap()).unwrap();
        transcript
    }
}

/// Compares the transcript of some runs, one after the other on one host, with the committed one.
pub(crate) fn compare(name: &str, host: &Host, runs: &[Run]) {
    let transcripts: Vec<String> = runs.iter().map(|run| run.transcript(host)).collect();
    let path: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "tests/cli/snapshots",
        &format!("{name}.txt"),
    ]
    .iter()
    .collect();
    let expected = Data::read_from(&path, Some(DataFormat::Text)).raw();
    Assert::new()
        .action_env("SNAPSHOTS")
        .eq(transcripts.join("\n"), expected);
}
