//! Bind placement, with the kernel's own mounts: on read-only systems and on writable ones, changed
//! under the eyes of readers, killed at every step, seen from a container.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod failing;
mod killed;
mod reader;
mod scene;
#[path = "../support/mod.rs"]
mod support;

use std::process::ExitCode;

use libtest_mimic::Arguments;
use testkit::trial::{Need, STRACE, UNSHARE, trial};

/// What every case needs.
const NAMESPACE: &[Need] = &[Need::Root, UNSHARE];

/// Cases that are a script of the shell, by their names.
const SCRIPTS: &[(&str, &str)] = &[
    (
        "a read-only system with empty files",
        include_str!("read-only-files.sh"),
    ),
    (
        "a read-only system without the files",
        include_str!("read-only-directories.sh"),
    ),
    (
        "a read-only system without the directories",
        include_str!("read-only-nothing.sh"),
    ),
    (
        "a writable system stores nothing",
        include_str!("writable.sh"),
    ),
    (
        "file placement where /etc is writable",
        include_str!("file.sh"),
    ),
    ("from bind to file and back", include_str!("via-file.sh")),
    (
        "an identity in use needs consent",
        include_str!("foreign.sh"),
    ),
    (
        "a file of a package below the mount",
        include_str!("covered-file.sh"),
    ),
    ("below a root that is not running", include_str!("image.sh")),
    (
        "a container with the host's directories",
        include_str!("container.sh"),
    ),
    (
        "a machine-id with a mount over it is not replaced",
        include_str!("reseed.sh"),
    ),
    (
        "a chroot without /proc is written to only by name",
        include_str!("no-proc.sh"),
    ),
    (
        "where the bytes of a machine-id are decides",
        include_str!("memory.sh"),
    ),
    (
        "a machine-id that is in memory",
        include_str!("transient.sh"),
    ),
];

fn main() -> ExitCode {
    if reader::is_called() {
        return reader::run();
    }
    let mut trials: Vec<_> = SCRIPTS
        .iter()
        .map(|(name, script)| trial(name, NAMESPACE, || scene::play(script, &[])))
        .collect();
    trials.push(trial(
        "readers see the old pair or the new one, never anything else",
        NAMESPACE,
        reader::trial,
    ));
    for scenario in killed::SCENARIOS {
        trials.push(trial(
            &format!(
                "killed at every call that makes something: {}",
                scenario.name
            ),
            &[Need::Root, UNSHARE, STRACE],
            || killed::everywhere(scenario),
        ));
        trials.push(trial(
            &format!(
                "failing at every call that makes something: {}",
                scenario.name
            ),
            &[Need::Root, UNSHARE, STRACE],
            || failing::everywhere(scenario),
        ));
    }
    testkit::trial::run(&Arguments::from_args(), trials)
}
