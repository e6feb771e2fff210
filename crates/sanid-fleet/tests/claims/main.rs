//! `sanid-fleet claim` as people and programs see it. The stores and the rules are tested in `sanid-claims`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod command;
mod roots;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // They mostly wait.
    arguments.test_threads = arguments.test_threads.or(Some(8));
    let trials = [command::trials(), roots::trials()];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
