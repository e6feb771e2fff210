//! Colour has meaning on a terminal and is noise everywhere else (no-color.org).

use std::process::Command;

use crate::support::host::{Host, MACHINE_ID};

/// Runs `sanid status` on a terminal of its own (script(1)).
fn on_a_terminal(host: &Host, environment: &[(&str, &str)]) -> String {
    let command = format!(
        "{} status --root {}",
        env!("CARGO_BIN_EXE_sanid"),
        host.root().display()
    );
    let mut script = Command::new("script");
    script
        .args(["-qec", &command, "/dev/null"])
        .env_remove("NO_COLOR")
        .env("TERM", "xterm");
    script.envs(environment.iter().copied());
    String::from_utf8(script.output().unwrap().stdout).unwrap()
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let host = Host::new(MACHINE_ID);
    assert!(on_a_terminal(&host, &[]).contains("\u{1b}["));
    assert!(
        on_a_terminal(&host, &[("NO_COLOR", "")]).contains("\u{1b}["),
        "an empty NO_COLOR is none"
    );
    assert!(!on_a_terminal(&host, &[("NO_COLOR", "1")]).contains("\u{1b}["));
    assert!(!on_a_terminal(&host, &[("TERM", "dumb")]).contains("\u{1b}["));
    assert!(!host.run(&["status"]).stdout.contains("\u{1b}["), "a pipe");
}
