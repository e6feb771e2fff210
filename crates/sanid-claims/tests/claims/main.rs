//! Claims: the rules of every store, and races with faults judged by a model.
//!
//! Stores are real: files, and etcd from Debian's packages, started and stopped here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and workers say what they hold"
)]

mod checker;
mod conformance;
mod etcd;
mod memory;
mod race;
mod races;
mod sqlite;
mod support;

use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::Arguments;

/// Set for processes that this program starts of itself.
const WORKER: &str = "SANID_TEST_CLAIMS_WORKER";

fn main() -> ExitCode {
    if let Ok(words) = std::env::var(WORKER) {
        match words.split_once('\n') {
            None => etcd::race_with_faults(words == "race-etcd-clocks"),
            Some((path, what @ ("full" | "read-only"))) => {
                sqlite::small_disk(Path::new(path), what);
            }
            Some((path, task)) if task.starts_with(char::is_alphabetic) => {
                sqlite::one_action(Path::new(path), task);
            }
            _ => sqlite::worker(&words),
        }
        return ExitCode::SUCCESS;
    }
    let mut arguments = Arguments::from_args();
    // They mostly wait.
    arguments.test_threads = arguments.test_threads.or(Some(8));
    let trials = [
        memory::trials(),
        sqlite::trials(),
        etcd::trials(),
        races::trials(),
    ];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
