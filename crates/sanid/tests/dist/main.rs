//! What `dist/` installs, with the programs that it is for: systemd, dpkg, rpm,
//! dracut, initramfs-tools. Each module is one of them.
//!
//! Everything happens below temporary directories and in private mount
//! namespaces; nothing of the machine is changed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod ansible;
mod cloud_init;
mod common;
mod deployment;
mod initramfs;
mod installed;
mod packages;
mod scripts;
#[path = "../support/mod.rs"]
mod support;
mod units;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        installed::trials(),
        cloud_init::trials(),
        ansible::trials(),
        deployment::trials(),
        scripts::trials(),
        units::trials(),
        common::trials(),
        packages::trials(),
        initramfs::trials(),
    ];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
