//! `sanid lint` and `sanid seal` become `sanid-image`, and `sanid fleet` becomes `sanid-fleet`: found beside
//! `sanid` and never in `PATH`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A program of this text. Another process writes it: what this one has open for writing, a test beside it
/// may hand on to a child of its own, and then it cannot be started ("Text file busy").
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
    for name in ["sanid-image", "sanid-fleet"] {
        program(&elsewhere.path().join(name), "#!/bin/sh\necho from PATH\n");
    }
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
    for name in ["sanid-image", "sanid-fleet"] {
        let text = format!("#!/bin/sh\necho {name} \"$@\"\nexit 3\n");
        program(&dir.path().join(name), &text);
    }
    for (words, expected) in [
        (
            &["lint", "--root", "/x", "--format", "sarif"][..],
            "sanid-image lint --root /x --format sarif",
        ),
        (&["lint", "--tar", "-"], "sanid-image lint --tar -"),
        (
            &["seal", "--root=/x", "--dry-run"],
            "sanid-image seal --root=/x --dry-run",
        ),
        (&["seal", "--help"], "sanid-image seal --help"),
        (&["lint"], "sanid-image lint"),
        (
            &["fleet", "derive", "--scheme", "talos", "x"],
            "sanid-fleet derive --scheme talos x",
        ),
        (&["fleet", "--help"], "sanid-fleet --help"),
        (&["fleet"], "sanid-fleet"),
    ] {
        let output = run(&sanid, words);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(stdout.trim_end(), expected);
    }
}

#[test]
fn where_it_is_missing_the_package_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let sanid = sanid_in(dir.path());
    for (command, program, package) in [
        ("lint", "sanid-image", "install the package sanid,"),
        ("fleet", "sanid-fleet", "install the package sanid-fleet,"),
    ] {
        let output = run(&sanid, &[command, "--tar", "/nonexistent"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert_eq!(output.stdout, b"", "PATH is not asked");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let mut places = ["/usr/bin", "/usr/local/bin"].iter();
        let installed = places.any(|one| Path::new(one).join(program).is_file());
        assert!(installed || stderr.contains(package), "{stderr}");
    }
}
