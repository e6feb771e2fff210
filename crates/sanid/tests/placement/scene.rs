//! A script of the shell on a scratch host in a mount namespace of its own.

use std::process::Command;

use crate::support::host::{MACHINE_ID, OTHER_MACHINE_ID, Ran};

/// What every script begins with: `$root` is a host with nothing but a machine-id and a volatile /run.
const PRELUDE: &str = include_str!("prelude.sh");

/// Plays a script, which must succeed.
pub(crate) fn play(script: &str, arguments: &[&str]) {
    let ran = run(script, arguments);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.stdout, ran.stderr);
}

/// Runs a script to its end.
pub(crate) fn run(script: &str, arguments: &[&str]) -> Ran {
    // Not in /tmp, which may be in memory: one case needs a disk.
    let place = tempfile::Builder::new()
        .prefix("sanid-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap();
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "sh", "-euc"])
        .arg(format!("{PRELUDE}\n{script}"))
        .arg("sh")
        .args(arguments)
        .env("place", place.path())
        .env("sanid", env!("CARGO_BIN_EXE_sanid"))
        .env("test_program", std::env::current_exe().unwrap())
        .env("machine_id", MACHINE_ID)
        .env("other_machine_id", OTHER_MACHINE_ID);
    Ran::of(&mut command)
}
