//! The unit tests of the scripts in `benches`: statistics, plots, and how pages are rewritten.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
use testkit::trial::{Need, trial};

const NEEDS: &[Need] = &[Need::Program("python3", "python3")];

fn main() -> ExitCode {
    let trials = vec![trial("python_unittest", NEEDS, || {
        let ran = Command::new("python3")
            .args(["-B", "-m", "unittest", "test_bench"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../benches"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{said}");
    })];
    testkit::trial::run(&Arguments::from_args(), trials)
}
