//! Images by the real initramfs-tools and dracut, and the command on them.
//!
//! Everything happens below temporary directories and in private mount namespaces.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod command;
mod container;
mod made;
#[path = "../../../sanid/tests/support/need.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod need;
mod seal;
mod systems;
mod unified;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        command::trials(),
        container::trials(),
        made::trials(),
        seal::trials(),
        systems::trials(),
        unified::trials(),
    ];
    libtest_mimic::run(&arguments, trials.into_iter().flatten().collect()).exit_code()
}
