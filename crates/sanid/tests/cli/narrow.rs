//! Terminals of 80 columns and fewer.

use crate::support::host::{Host, MACHINE_ID};
use crate::terminal::{in_columns, on_a_terminal_typing};

const WORDS: [&str; 4] = ["status", "show --explain", "apply --dry-run", "config"];

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
#[ignore = "needs script"]
fn lines_fit_on_the_terminal_and_end_between_words() {
    for columns in [80, 76] {
        for command in WORDS {
            let host = Host::foreign(MACHINE_ID);
            let shown = in_columns(&host, columns, command);
            let longest = shown.lines().map(|line| line.chars().count()).max();
            let fits = longest.is_some_and(|longest| longest <= usize::from(columns));
            assert!(fits, "{command} in {columns} columns:\n{shown}");
            let piped = host.run(&command.split(' ').collect::<Vec<_>>());
            let piped = piped.stdout + &piped.stderr;
            assert_eq!(words(&shown), words(&piped), "{command}");
        }
    }
}

/// The longest word is cut by the terminal if it must be, never by sanid.
#[test]
#[ignore = "needs script"]
fn names_stay_whole_on_a_terminal_narrower_than_they_are() {
    let host = Host::foreign(MACHINE_ID);
    let shown = in_columns(&host, 40, "status");
    for name in [
        "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab",
        "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b",
    ] {
        let line = shown.lines().find(|line| line.trim() == name);
        assert!(line.is_some(), "{name} has no line of its own:\n{shown}");
    }
}

#[test]
#[ignore = "needs script"]
fn wide_terminals_and_pipes_get_the_same_lines() {
    let host = Host::foreign(MACHINE_ID);
    let shown = in_columns(&host, 400, "status");
    assert_eq!(shown, host.run(&["status"]).stdout);
}

#[test]
#[ignore = "needs script"]
fn derive_on_a_terminal_says_what_it_waits_for() {
    const UUID: &str = "4c4c4544-0051-3610-8052-b4c04f303132";
    for (scheme, expected, id) in [
        ("sanid-v1", "machine-ids", MACHINE_ID),
        ("nvme-cli-2", "system UUIDs", UUID),
    ] {
        let typed = format!("{id}\n\u{4}");
        let words = format!("derive --scheme {scheme}");
        let (code, shown) = on_a_terminal_typing(&words, &typed, &[("NO_COLOR", "1")]);
        assert_eq!(code, Some(0), "{shown}");
        let wait = format!("reading {expected} from this terminal");
        assert!(shown.contains(&wait), "{shown}");
    }
    let mut command = crate::support::host::sanid(&["derive"]);
    let ran = testkit::Ran::with_input(&mut command, format!("{MACHINE_ID}\n").as_bytes());
    assert_eq!(ran.expect(0).stderr, "");
}
