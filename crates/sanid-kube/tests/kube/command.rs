//! The command where there is no cluster.

use std::fs::File;
use std::process::{Command, Stdio};

use libtest_mimic::Trial;

use testkit::trial::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "command::a_token_with_a_line_end_is_told_by_its_file",
            &[],
            token,
        ),
        trial(
            "command::definitions_that_cannot_be_written_are_told",
            &[],
            definitions,
        ),
    ]
}

fn sanid_kube(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-kube"));
    command.args(words);
    command
}

/// `kubectl create token` ends its line.
fn token() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    std::fs::write(&file, "abc\n").unwrap();
    let words = "agent --once --node-name n --server https://127.0.0.1:9 --ca-file /dev/null";
    let output = sanid_kube(&words.split(' ').collect::<Vec<_>>())
        .arg("--token-file")
        .arg(&file)
        .arg("--root")
        .arg(directory.path())
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.contains("token cannot be used: there is a line end in it"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(2), "{told}");
}

fn definitions() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = sanid_kube(&["definitions"]).stdout(full).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.starts_with("sanid-kube: cannot write the answer: No space left on device"),
        "{told}"
    );
    assert_eq!(output.status.code(), Some(2));
    let mut child = sanid_kube(&["definitions"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
