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
#[path = "../../../sanid/tests/support/need.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod need;
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
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}
