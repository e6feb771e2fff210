//! Shell scripts under shellcheck, and completions in bash.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;

use super::installed::{REPOSITORY, files};
use super::support::host::Ran;
use testkit::trial::{Need, trial};

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[Need::Program("shellcheck", "shellcheck")];
    vec![
        trial("shellcheck_has_no_complaint", NEEDS, shellcheck),
        trial("bash_completes_commands_and_their_options", BASH, bash),
    ]
}

const BASH: &[Need] = &[Need::Program("bash", "bash")];

/// Completes the last of the words, as bash does when the tab key is pressed.
const COMPLETE: &str = r#"
    source "$0"
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    function=$(complete -p "$1" | sed 's/.*-F \([^ ]*\) .*/\1/')
    "$function" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${COMPREPLY[@]}"
"#;

fn bash() {
    let script =
        |tree: &str| format!("{REPOSITORY}/dist/{tree}usr/share/bash-completion/completions");
    for (tree, words, found) in [
        ("", &["sanid", "adop"][..], "adopt"),
        ("", &["sanid", "hardware", "acc"], "accept"),
        ("", &["sanid", "status", "--format", "n"], "nfd npd"),
        ("", &["sanid-image", "lint", "--ro"], "--root"),
        (
            "fleet/",
            &["sanid-fleet", "export", "--to", "lio"],
            "lio lio-json",
        ),
        ("fleet/", &["sanid-fleet", "claim", "take"], "takeover"),
        (
            "fleet/",
            &["sanid-fleet", "claim", "takeover", "--fe"],
            "--fenced",
        ),
        (
            "kubernetes/",
            &["sanid-kube", "agent", "--node"],
            "--node-name",
        ),
    ] {
        let ran = Ran::of(
            Command::new("bash")
                .args(["-c", COMPLETE])
                .arg(format!("{}/{}", script(tree), words[0]))
                .args(words),
        );
        assert_eq!(ran.stdout.trim(), found, "{words:?}: {}", ran.stderr);
    }
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
        command.arg("--external-sources");
        let text = fs::read_to_string(script).unwrap();
        if text.starts_with("#!/sbin/openrc-run") {
            // Its variables are read by OpenRC.
            command.args(["--shell=sh", "--exclude=SC2034"]);
        }
        let ran = Ran::of(command.arg(script));
        assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    }
}
