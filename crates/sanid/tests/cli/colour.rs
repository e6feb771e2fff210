//! Colour has meaning on a terminal and is noise everywhere else (no-color.org).

use crate::support::host::{Host, MACHINE_ID};
use crate::terminal;

fn on_a_terminal(host: &Host, environment: &[(&str, &str)]) -> String {
    terminal::on_a_terminal(host, "status", "", environment).1
}

#[test]
#[ignore = "needs script"]
fn colour_is_for_terminals_that_want_it() {
    let host = Host::new(MACHINE_ID);
    assert!(on_a_terminal(&host, &[]).contains("\u{1b}["));
    assert!(
        on_a_terminal(&host, &[("NO_COLOR", "")]).contains("\u{1b}["),
        "an empty NO_COLOR counts as unset"
    );
    assert!(!on_a_terminal(&host, &[("NO_COLOR", "1")]).contains("\u{1b}["));
    assert!(!on_a_terminal(&host, &[("TERM", "dumb")]).contains("\u{1b}["));
    assert!(!host.run(&["status"]).stdout.contains("\u{1b}["), "a pipe");
}
