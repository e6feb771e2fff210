//! The sessions of these pages are what the command prints. A line `...` stands for any lines.

use std::process::Command;

use crate::support::host::{Host, MACHINE_ID};

/// The pages, with the number of their sessions.
const PAGES: [(&str, usize); 3] = [
    (include_str!("../../../../README.md"), 1),
    (include_str!("../../../../docs/images.md"), 1),
    (include_str!("../../../../docs/new-host.md"), 1),
];

fn host(session: &str) -> Host {
    match session {
        "new-host" => Host::new(MACHINE_ID),
        "look-first" => Host::foreign(MACHINE_ID),
        "image" => Host::new("uninitialized"),
        other => panic!("no host is made for the session {other:?}"),
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
fn every_session_is_true() {
    for (page, count) in PAGES {
        let sessions: Vec<&str> = page.split("<!-- session: ").skip(1).collect();
        assert_eq!(sessions.len(), count);
        for session in sessions {
            let (name, rest) = session.split_once(" -->\n```console\n").unwrap();
            let (expected, _) = rest.split_once("\n```\n").unwrap();
            let host = host(name);
            let commands = expected.lines().filter(|line| line.starts_with("$ "));
            let played: String = commands.map(|line| play(&host, line)).collect();
            snapbox::assert_data_eq!(played.trim_end(), expected.to_owned());
        }
    }
}

/// The page that a newcomer reads first.
#[test]
fn readme_is_short_and_its_links_lead_to_files() {
    let readme = include_str!("../../../../README.md");
    assert!(readme.lines().count() <= 150);
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let links = readme.split("](").skip(1);
    let links = links.filter_map(|rest| rest.split([')', '#']).next());
    let local: Vec<&str> = links.filter(|link| !link.contains("://")).collect();
    assert!(local.len() > 10, "{local:?}");
    for link in local {
        let path = std::path::Path::new(root).join(link);
        assert!(path.exists(), "README.md has a link to {link}");
    }
}
