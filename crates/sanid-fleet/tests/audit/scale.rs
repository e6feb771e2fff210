//! What memory is short for goes to temporary files, and nothing else changes.

use std::io::Read as _;

use serde_json::Value;

use crate::fleet::{Fleet, Node, lines, names, node};

/// What an audit with findings finds; with little memory, where it spills to files, it is the same.
fn with_any_memory(fleet: &Fleet, words: &[&str]) -> Value {
    let (wide, exit) = fleet.audit(words);
    let (narrow, _) = fleet.audit(&[&["--memory", "1"], words].concat());
    assert_eq!(exit, 1);
    assert!(wide == narrow, "with little memory it is something else");
    wide
}

#[test]
fn the_same_is_found_with_little_memory() {
    let mut fleet: Vec<Node> = (0..12_000).map(node).collect();
    for number in (0..12_000).step_by(100) {
        fleet[number].seed = 7;
        fleet[number + 1].disk = Some(names(3));
        fleet[number + 2].host = "localhost".to_owned();
        fleet[number + 3].nqn = format!("nqn.2014-08.com.example:rack{}", number % 1000);
    }
    let inventory: String = (0..12_000)
        .filter(|number| number % 1000 != 0)
        .map(|number| format!("node-{number},{}\n", names(number).0))
        .collect();
    let inventory = format!("host,iqn\n{inventory}");
    let fleet = Fleet::new(&[
        ("reports.ndjson", &lines(&fleet)),
        ("inventory.csv", &inventory),
    ]);
    for words in [
        &["--hosts", "--inventory", "inventory.csv", "reports.ndjson"][..],
        &["--hosts", "reports.ndjson"],
    ] {
        let found = with_any_memory(&fleet, words);
        assert!(found["findings"].as_array().unwrap().len() > 10);
    }
}

/// Every key is there again, and all of them are one.
#[test]
fn copies_of_one_template_are_counted_with_little_memory() {
    let copies: Vec<Node> = (0..12_000)
        .map(|number| Node {
            host: format!("copy-{number}"),
            ..node(7)
        })
        .collect();
    let fleet = Fleet::of(&copies);
    let found = with_any_memory(&fleet, &["reports.ndjson"]);
    assert_eq!(found["findings"][0]["code"], "duplicate-seed");
    assert_eq!(found["findings"][0]["hosts"], 12_000);
}

/// A name that is longer than what is kept of it: what follows there tells hosts apart all the same.
#[test]
fn long_names_are_told_apart_with_little_memory() {
    let long = "x".repeat(300);
    let mut fleet: Vec<Node> = (0..12_000).map(node).collect();
    for (number, host) in [(10, format!("{long}a")), (20, format!("{long}b"))] {
        fleet[number].host = host.clone();
        fleet[number + 1].host = host;
    }
    let fleet = Fleet::of(&fleet);
    let found = with_any_memory(&fleet, &["reports.ndjson"]);
    assert_eq!(found["findings"][0]["code"], "host-name-shared");
    assert_eq!(found["findings"][0]["hosts"], 4);
}

/// A directory for temporary files that has no room is told with both ways out.
#[test]
fn no_room_for_temporary_files_is_one_message() {
    let fleet = Fleet::of(&(0..12_000).map(node).collect::<Vec<_>>());
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
        .args(["audit", "--memory", "1"])
        .arg(fleet.path("reports.ndjson"))
        .env("TMPDIR", "/nonexistent")
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(
        told.contains("TMPDIR") && told.contains("--memory"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1, "{told}");
}

/// The most memory that a command had, in KiB, as long as there was output of it to be read.
fn peak(fleet: &Fleet, words: &[&str], file: &str) -> u64 {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
        .args(words)
        .args(["--memory", "1"])
        .arg(fleet.path(file))
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut buffer = vec![0; 1 << 16];
    let (mut peak, mut read) = (0, 0);
    loop {
        let more = out.read(&mut buffer).unwrap();
        read += more;
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        // One that has ended has none any more.
        let now = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(now.unwrap_or_default());
        if more == 0 {
            break;
        }
    }
    child.wait().unwrap();
    assert!(read > 1 << 18 && peak > 0, "{read} {peak}");
    peak
}

#[test]
fn a_list_of_all_hosts_needs_no_more_memory_for_many() {
    let fleet = |hosts| Fleet::of(&(0..hosts).map(node).collect::<Vec<_>>());
    let (few, many) = (fleet(5_000), fleet(20_000));
    for words in [
        &["report", "--html"][..],
        &["audit", "--format", "json", "--hosts"],
    ] {
        let peak = |fleet| peak(fleet, words, "reports.ndjson");
        let (few, many) = (peak(&few), peak(&many));
        // What is kept in memory of a host beyond the limit is a bit.
        assert!(many < few + 5 * 1024, "{words:?}: {few} KiB, {many} KiB");
    }
}

/// The document of an audit, made into a page, as the reports themselves.
#[test]
fn a_page_from_a_document_needs_no_more_memory_for_many() {
    let document = |hosts| {
        let fleet = Fleet::of(&(0..hosts).map(node).collect::<Vec<_>>());
        let words = ["audit", "--format", "json", "--hosts", "reports.ndjson"];
        let document = fleet.output(&words, "").stdout;
        std::fs::write(fleet.path("audit.json"), document).unwrap();
        fleet
    };
    let (few, many) = (document(5_000), document(20_000));
    let words = ["report", "--html"];
    let (less, more) = (
        peak(&few, &words, "audit.json"),
        peak(&many, &words, "audit.json"),
    );
    assert!(more < less + 3 * 1024, "{less} KiB, {more} KiB");
    let page = |words: &[&str]| {
        few.output(&[&["report", "--html"], words].concat(), "")
            .stdout
    };
    assert!(
        page(&["audit.json"]) == page(&["reports.ndjson"]),
        "other pages"
    );
}
