//! Many hosts, in memory that grows in proportion.

use std::io::Read as _;

use serde_json::Value;

use crate::fleet::{Fleet, Node, lines, names, node};

/// What an audit with findings finds.
fn findings(fleet: &Fleet, words: &[&str]) -> Value {
    let (found, exit) = fleet.audit(words);
    assert_eq!(exit, 1);
    found
}

#[test]
fn finds_faults_among_many_hosts() {
    let mut fleet: Vec<Node> = (0..3_000).map(node).collect();
    for number in (0..3_000).step_by(100) {
        fleet[number].seed = 7;
        fleet[number + 1].disk = Some(names(3));
        fleet[number + 2].host = "localhost".to_owned();
        fleet[number + 3].nqn = format!("nqn.2014-08.com.example:rack{}", number % 1000);
    }
    let inventory: String = (0..3_000)
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
        let found = findings(&fleet, words);
        assert!(found["findings"].as_array().unwrap().len() > 10);
    }
}

/// Every key is there again, and all of them are one.
#[test]
fn counts_the_copies_of_one_template() {
    let copies: Vec<Node> = (0..3_000)
        .map(|number| Node {
            host: format!("copy-{number}"),
            ..node(7)
        })
        .collect();
    let fleet = Fleet::of(&copies);
    let found = findings(&fleet, &["reports.ndjson"]);
    assert_eq!(found["findings"][0]["code"], "duplicate-seed");
    assert_eq!(found["findings"][0]["hosts"], 3_000);
}

#[test]
fn tells_long_host_names_apart() {
    let long = "x".repeat(300);
    let mut fleet: Vec<Node> = (0..3_000).map(node).collect();
    for (number, host) in [(10, format!("{long}a")), (20, format!("{long}b"))] {
        fleet[number].host = host.clone();
        fleet[number + 1].host = host;
    }
    let fleet = Fleet::of(&fleet);
    let found = findings(&fleet, &["reports.ndjson"]);
    assert_eq!(found["findings"][0]["code"], "host-name-shared");
    assert_eq!(found["findings"][0]["hosts"], 4);
}

/// The most memory that a command had, in KiB, as long as there was output of it to be read.
fn peak(fleet: &Fleet, words: &[&str], file: &str) -> u64 {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
        .args(words)
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
    assert!(read > 1 << 17 && peak > 0, "{read} {peak}");
    peak
}

/// The budget of DESIGN.md.
#[test]
fn needs_at_most_400_bytes_a_host() {
    let fleet = |hosts| Fleet::of(&(0..hosts).map(node).collect::<Vec<_>>());
    let (few, many) = (fleet(3_000), fleet(13_000));
    for words in [
        &["report", "--html"][..],
        &["audit", "--format", "json", "--hosts"],
    ] {
        let peak = |fleet| peak(fleet, words, "reports.ndjson");
        let (few, many) = (peak(&few), peak(&many));
        assert!(
            (many - few.min(many)) * 1024 < 10_000 * 400,
            "{words:?}: {few} KiB, {many} KiB"
        );
    }
}

/// The document of an audit makes the same page as the reports themselves.
#[test]
fn a_page_from_a_document_is_that_of_its_reports() {
    let fleet = Fleet::of(&(0..1_000).map(node).collect::<Vec<_>>());
    let words = ["audit", "--format", "json", "--hosts", "reports.ndjson"];
    let document = fleet.output(&words, "").stdout;
    std::fs::write(fleet.path("audit.json"), document).unwrap();
    let page = |file| fleet.output(&["report", "--html", file], "").stdout;
    assert!(
        page("audit.json") == page("reports.ndjson"),
        "different pages"
    );
}

/// Scripts of 0.1 have the option.
#[test]
fn accepts_memory_and_says_that_it_has_no_effect() {
    let fleet = Fleet::of(&[node(1)]);
    let output = fleet.output(&["audit", "--memory", "1", "reports.ndjson"], "");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("--memory has no effect"), "{told}");
}
