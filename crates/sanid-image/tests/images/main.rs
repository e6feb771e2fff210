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

mod builders;
mod command;
mod container;
mod made;
mod seal;
mod systems;
mod unified;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        builders::trials(),
        command::trials(),
        container::trials(),
        made::trials(),
        seal::trials(),
        systems::trials(),
        unified::trials(),
    ];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
