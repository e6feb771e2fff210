//! Exports given to the real programs: tgtd with an initiator, Ansible with the arrays' modules; and
//! inventories read as the real Ansible reads them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod ansible;
mod inventory;
mod scene;
mod tgt;
mod truenas;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        ansible::trials(),
        inventory::trials(),
        tgt::trials(),
        truenas::trials(),
    ];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
