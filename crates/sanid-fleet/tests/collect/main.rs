//! Reports collected from a real sshd on the loopback, with hosts of every kind.
//!
//! The sshd has its own port, keys and configuration in a temporary directory, and so has ssh: nothing of
//! the machine's users is read or changed.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_collect,
    clippy::format_push_string,
    reason = "a test fails by panicking, and its texts are short"
)]

mod server;

use std::collections::BTreeMap;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use server::Server;
use testkit::trial::{Need, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("sshd", "openssh-server"),
    Need::Program("ssh", "openssh-client"),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let trials: Vec<Trial> = vec![
        trial("every_host_answers_or_says_why_not", NEEDS, every_host),
        trial("what_is_asked_for_is_what_was_given", NEEDS, what_is_asked),
        trial(
            "hosts_are_asked_side_by_side_and_no_more_than_allowed",
            NEEDS,
            side_by_side,
        ),
        trial("what_was_collected_is_audited", NEEDS, audited),
        trial(
            "nothing_of_a_user_is_read_or_changed",
            NEEDS,
            nothing_of_a_user,
        ),
        trial("collected_files_are_collected_again", &[], files_again),
    ];
    testkit::trial::run(&arguments, trials)
}

/// The line of each host.
fn by_host(text: &str) -> BTreeMap<String, Value> {
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| (line["collectedAs"].as_str().unwrap().to_owned(), line))
        .collect()
}

fn every_host() {
    let server = Server::start();
    let hosts = "node-1\nnode-2 # answers, too\nbanner\nrefuses\nnobody\ngarbage\nendless\nno-sanid\nno-sudo\nother-key\nno-key\nerror\n";
    let (mut lines, mut told) = asked(&server, hosts, &[]);
    assert_eq!(lines.len(), 12, "{told}");
    assert!(
        told.ends_with("3 reports, and 9 that did not come\n"),
        "{told}"
    );
    // Only who does not answer is given little time.
    for (host, option) in [("hangs", "--timeout"), ("silent", "--connect-timeout")] {
        let (line, said) = asked(&server, &format!("{host}\n"), &[option, "4"]);
        lines.extend(line);
        told += &said;
    }
    for host in ["node-1", "node-2", "banner"] {
        assert_eq!(lines[host]["kind"], "Status", "{host}: {told}");
        assert_eq!(lines[host]["host"], "its-own-name");
    }
    for (host, words) in [
        ("hangs", "no answer within 4 s"),
        ("silent", "timed out"),
        ("refuses", "Connection refused"),
        ("nobody", "Could not resolve hostname"),
        ("garbage", "no JSON"),
        ("endless", "more than 16 MiB"),
        ("no-sanid", "sanid"),
        ("no-sudo", "sudo"),
        ("other-key", "Host key verification failed"),
        ("no-key", "Permission denied"),
        ("error", "no such directory"),
    ] {
        let message = lines[host]["message"]
            .as_str()
            .unwrap_or_else(|| panic!("{host}: {}", lines[host]));
        assert!(message.contains(words), "{host}: {message}");
        assert_eq!(lines[host]["kind"], "Error");
        // ssh warns before it fails, so its word may come after others.
        let line = told
            .lines()
            .find(|line| line.starts_with(&format!("sanid-fleet: {host}: ")));
        assert!(
            line.is_some_and(|line| line.contains(words)),
            "{host}: {told}"
        );
    }
}

/// The lines of hosts of which some do not answer, and what is said of them.
fn asked(server: &Server, hosts: &str, words: &[&str]) -> (BTreeMap<String, Value>, String) {
    let run = server.collect(hosts, words);
    let told = String::from_utf8(run.stderr).unwrap();
    assert_eq!(run.status.code(), Some(1), "{told}");
    (by_host(&String::from_utf8(run.stdout).unwrap()), told)
}

fn what_is_asked() {
    let server = Server::start();
    for (words, command) in [
        (&[][..], "sanid status --format json"),
        (&["--sudo"], "sudo -n sanid status --format json"),
        (
            &["--sudo", "--command", "/opt/sanid status"],
            "sudo -n /opt/sanid status",
        ),
    ] {
        let run = server.collect("asked\n", words);
        let told = String::from_utf8(run.stderr).unwrap();
        assert!(told.contains(&format!("asked for: {command}\n")), "{told}");
    }
}

fn side_by_side() {
    let server = Server::start();
    for jobs in [2, 8] {
        let run = server.slow(jobs);
        assert_eq!(
            run.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        assert_eq!(by_host(&String::from_utf8(run.stdout).unwrap()).len(), 8);
        assert_eq!(server.most_at_once(), jobs);
    }
}

fn audited() {
    let server = Server::start();
    let run = server.collect("node-1\nnode-2\nrefuses\n", &[]);
    let audit = server.audit(&run.stdout);
    let text = String::from_utf8(audit.stdout).unwrap();
    // In the order in which they answered.
    let both = ["on node-1 node-2", "on node-2 node-1"];
    let found = text.contains("duplicate-seed") && both.iter().any(|on| text.contains(on));
    assert!(found, "{text}");
    assert!(
        text.contains("refuses: ") && text.contains("Connection refused"),
        "{text}"
    );
}

fn nothing_of_a_user() {
    let server = Server::start();
    let told = server.told_paths("no-key\n");
    let theirs = |path: &&String| path.contains("/.ssh/") || path.starts_with("/etc/ssh/");
    assert_eq!(told.iter().find(theirs), None);
    // It does say which files it reads.
    for file in ["/ssh_config", "/user"] {
        assert!(told.iter().any(|path| path.ends_with(file)), "{told:?}");
    }
}

fn files_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let report = r#"{ "apiVersion": "sanid/v1", "kind": "Status",
        "findings": [] }"#;
    let failed = r#"{"collectedAs":"n2","apiVersion":"sanid/v1","kind":"Error","message":"late"}"#;
    std::fs::write(path("n1.json"), report).unwrap();
    std::fs::write(path("n2.ndjson"), format!("{failed}\nnonsense\n")).unwrap();
    let collect = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
        command.current_dir(directory.path()).args(["collect", "."]);
        command.output().unwrap()
    };
    let run = collect();
    assert_eq!(run.status.code(), Some(1));
    let text = String::from_utf8(run.stdout.clone()).unwrap();
    let lines = by_host(&text);
    assert_eq!(
        lines.keys().collect::<Vec<_>>(),
        ["./n1.json", "n2"],
        "{text}"
    );
    let told = String::from_utf8(run.stderr).unwrap();
    assert!(
        told.contains("n2.ndjson, line 2: it is no JSON object"),
        "{told}"
    );
    std::fs::remove_file(path("n1.json")).unwrap();
    std::fs::write(path("n2.ndjson"), &run.stdout).unwrap();
    assert_eq!(collect().stdout, run.stdout);
}
