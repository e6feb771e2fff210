//! sanid beside the programs that it agrees with: what derives the same names,
//! and what reads the files that it writes. Each module is one program.
//!
//! They run in private mount namespaces, with sanid's files bound over those of
//! the machine, which nothing here changes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking and says which seed it used"
)]

mod boot_parameters;
mod gen_hostnqn;
mod iscsid;
mod kernel;
mod nvme_cli;
mod nvme_cli_3;
mod nvme_fabrics_conf;
mod nvme_stas;
mod openssl;
mod os_brick;
mod others;
mod private;
mod rtslib;
mod startup_checks;
#[path = "../support/mod.rs"]
mod support;
mod systemd;
mod tgt;
mod vectors;

use std::process::ExitCode;

use libtest_mimic::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials = [
        kernel::trials(),
        systemd::trials(),
        nvme_cli::trials(),
        gen_hostnqn::trials(),
        nvme_cli_3::trials(),
        nvme_fabrics_conf::trials(),
        nvme_stas::trials(),
        openssl::trials(),
        boot_parameters::trials(),
        startup_checks::trials(),
        iscsid::trials(),
        os_brick::trials(),
        others::trials(),
        rtslib::trials(),
        tgt::trials(),
    ];
    testkit::trial::run(&arguments, trials.into_iter().flatten().collect())
}
