//! The unit tests of the scripts: statistics, plots, and how pages are rewritten.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../crates/sanid/tests/support/need.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod need;

use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
use need::{Need, trial};

const NEEDS: &[Need] = &[Need::Program("python3", "python3")];

fn main() -> ExitCode {
    let trials = vec![trial("python_unittest", NEEDS, || {
        let ran = Command::new("python3")
            .args(["-B", "-m", "unittest", "test_bench"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{said}");
    })];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
