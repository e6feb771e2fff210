//! Shell scripts under shellcheck.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use super::installed::{REPOSITORY, files};
use super::support::host::Ran;
use super::support::need::{Need, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[Need::Program("shellcheck", "shellcheck")];
    vec![trial("shellcheck_has_no_complaint", NEEDS, shellcheck)]
}

fn shellcheck() {
    let mut scripts = Vec::new();
    for place in ["dist", "packaging"] {
        scripts.extend(files(&Path::new(REPOSITORY).join(place)));
    }
    scripts.retain(|path| {
        fs::read(path).is_ok_and(|bytes| {
            bytes.starts_with(b"#!/bin/") || bytes.starts_with(b"#!/sbin/openrc-run")
        })
    });
    assert!(scripts.len() >= 9, "{scripts:?}");
    for script in &scripts {
        let mut command = Command::new("shellcheck");
        let text = fs::read_to_string(script).unwrap();
        if text.starts_with("#!/sbin/openrc-run") {
            // Its variables are read by OpenRC.
            command.args(["--shell=sh", "--exclude=SC2034"]);
        }
        let ran = Ran::of(command.arg(script));
        assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    }
}
