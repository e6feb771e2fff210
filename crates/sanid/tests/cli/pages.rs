//! The sessions in the README are what the command says.

use std::process::Command;

use crate::support::host::{Host, MACHINE_ID};

fn host(session: &str) -> Host {
    match session {
        "new-host" => Host::new(MACHINE_ID),
        "established-host" => Host::foreign(MACHINE_ID),
        "image" => Host::new("uninitialized"),
        other => panic!("the README has a session {other:?} that no host is made for"),
    }
}

/// `$ sanid WORDS` with what it prints on either output, as the host itself would see it.
fn play(host: &Host, line: &str) -> String {
    let words = line.strip_prefix("$ sanid ").unwrap().split(' ');
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid"));
    command
        .args(words)
        .args(["--root", "."])
        .current_dir(host.root());
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text)
        .unwrap()
        .replace(" --root=.", "")
        .replace(" --root .", "");
    format!("{line}\n{text}")
}

#[test]
fn every_session_in_the_readme_is_true() {
    let readme = include_str!("../../../../README.md");
    let sessions: Vec<&str> = readme.split("<!-- session: ").skip(1).collect();
    assert_eq!(sessions.len(), 3);
    for session in sessions {
        let (name, rest) = session.split_once(" -->\n```console\n").unwrap();
        let (expected, _) = rest.split_once("\n```\n").unwrap();
        let host = host(name);
        let commands = expected.lines().filter(|line| line.starts_with("$ "));
        let played: String = commands.map(|line| play(&host, line)).collect();
        snapbox::assert_data_eq!(played.trim_end(), expected.to_owned());
    }
}
