//! `sanid-fleet derive` as people run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod bad;
mod formats;
mod secrecy;
mod seeds;

use std::process::Command;

use testkit::Ran;

/// The machine-id of the examples, and the UUID that `sanid-v1` derives from it.
const ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const UUID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
const OTHER: &str = "00112233445566778899aabbccddeeff";

/// Runs `sanid-fleet derive` in a directory of its own, which has these files.
fn derive(files: &[(&str, &[u8])], words: &[&str], stdin: &[u8]) -> Ran {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
    command.arg("derive").args(words);
    Ran::with_input(command.current_dir(directory.path()), stdin)
}

/// The usual line of output.
fn line(host: &str) -> String {
    let digits = UUID.replace('-', "");
    format!(
        "{host},iqn.2016-04.com.open-iscsi:{digits},nqn.2014-08.org.nvmexpress:uuid:{UUID},{UUID}\n"
    )
}

const HEADER: &str = "host,iqn,host_nqn,host_id\n";
