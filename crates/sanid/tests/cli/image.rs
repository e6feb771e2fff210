//! `sanid lint` and `sanid seal` become `sanid-image`, which is found beside them and never in `PATH`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program of this text. Another process writes it: what this one has open for writing, a test beside it
/// may hand on to a child of its own, and then nobody can start it ("Text file busy").
fn program(path: &Path, text: &str) {
    written("printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"", path, text);
}

/// `sanid` in a directory of its own.
fn sanid_in(directory: &Path) -> PathBuf {
    let sanid = directory.join("sanid");
    written("cp \"$2\" \"$1\"", &sanid, env!("CARGO_BIN_EXE_sanid"));
    sanid
}

fn written(script: &str, path: &Path, what: &str) {
    let mut sh = Command::new("sh");
    sh.args(["-c", script, "sh"]).arg(path).arg(what);
    assert!(sh.status().unwrap().success());
}

fn run(sanid: &Path, words: &[&str]) -> Output {
    let elsewhere = tempfile::tempdir().unwrap();
    program(
        &elsewhere.path().join("sanid-image"),
        "#!/bin/sh\necho from PATH\n",
    );
    Command::new(sanid)
        .args(words)
        .env("PATH", elsewhere.path())
        .output()
        .unwrap()
}

#[test]
fn the_program_beside_it_gets_every_word_and_gives_the_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let sanid = sanid_in(dir.path());
    program(
        &dir.path().join("sanid-image"),
        "#!/bin/sh\necho \"$@\"\nexit 3\n",
    );
    for words in [
        &["lint", "--root", "/x", "--format", "sarif"][..],
        &["lint", "--tar", "-"],
        &["seal", "--root=/x", "--dry-run"],
        &["seal", "--help"],
        &["lint"],
    ] {
        let output = run(&sanid, words);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let told = String::from_utf8(output.stdout).unwrap();
        assert_eq!(told.trim_end(), words.join(" "));
    }
}

#[test]
fn where_it_is_missing_the_package_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let sanid = sanid_in(dir.path());
    let output = run(&sanid, &["lint", "--tar", "/nonexistent"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(output.stdout, b"", "PATH is not asked");
    let told = String::from_utf8(output.stderr).unwrap();
    let installed = ["/usr/bin", "/usr/local/bin"];
    let installed = installed
        .iter()
        .any(|one| Path::new(one).join("sanid-image").is_file());
    assert!(
        installed || told.contains("install the package sanid"),
        "{told}"
    );
}
