//! Exports given to the real programs: tgtd with an initiator, Ansible with the arrays' modules;
//! inventories read as the real Ansible reads them; and the documented SQL in the real DuckDB.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "it is also a program")]
#[path = "../../../../benches/reports.rs"]
mod reports;

mod ansible;
mod inventory;
mod scene;
mod sql;
mod tgt;
mod truenas;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        ansible::trials(),
        inventory::trials(),
        sql::trials(),
        tgt::trials(),
        truenas::trials(),
    ];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
