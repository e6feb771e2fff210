//! What the JSON of an audit holds, and what it compares.

use serde_json::Value;

use crate::fleet::{Fleet, Node, found, names, node};

fn two(change: impl Fn(&mut Node, &mut Node)) -> Fleet {
    let (mut a, mut b) = (node(1), node(2));
    change(&mut a, &mut b);
    Fleet::of(&[a, b, node(3)])
}

fn codes(fleet: &Fleet) -> Vec<String> {
    let (document, _) = fleet.audit(&["reports.ndjson"]);
    found(&document).into_iter().map(|(code, _)| code).collect()
}

/// LIO lower-cases the name that it receives; nvmet compares byte for byte.
#[test]
fn names_are_compared_as_targets_compare_them() {
    let same = two(|a, b| {
        a.iqn = "iqn.2016-04.com.open-iscsi:db1".to_owned();
        b.iqn = "iqn.2016-04.com.open-iscsi:DB1".to_owned();
    });
    assert_eq!(codes(&same), ["duplicate-iqn", "name-not-portable"]);
    let others = two(|a, b| {
        a.nqn = "nqn.2014-08.com.example:db1".to_owned();
        b.nqn = "nqn.2014-08.com.example:DB1".to_owned();
    });
    assert_eq!(codes(&others), ["name-not-portable"]);
    // A Host ID is 128 bits, however they are written.
    let id = two(|a, b| b.id = a.id.to_uppercase());
    assert!(codes(&id).contains(&"duplicate-host-id".to_owned()));
}

#[test]
fn every_value_is_compared_on_its_own() {
    let one = |change: fn(&mut Node, &mut Node)| codes(&two(change));
    assert_eq!(one(|a, b| b.seed = a.seed), ["duplicate-seed"]);
    assert_eq!(one(|a, b| b.iqn = a.iqn.clone()), ["duplicate-iqn"]);
    assert_eq!(
        one(|a, b| b.id = a.id.clone()),
        ["duplicate-host-id", "host-id-with-two-nqns"]
    );
    assert_eq!(
        one(|a, b| b.nqn = a.nqn.clone()),
        ["duplicate-host-nqn", "host-nqn-with-two-ids"]
    );
}

/// What counts is what storage programs use: the file, and the desired one only where there is none.
#[test]
fn what_is_on_disk_counts() {
    let (iqn, nqn, id) = names(2);
    let disk = two(|a, _| a.disk = Some((iqn.clone(), nqn.clone(), id.clone())));
    assert_eq!(
        codes(&disk),
        ["duplicate-host-id", "duplicate-host-nqn", "duplicate-iqn"]
    );
    let empty = (String::new(), String::new(), String::new());
    let desired = two(|a, b| {
        a.disk = Some(empty.clone());
        b.iqn = a.iqn.clone();
    });
    assert_eq!(codes(&desired), ["duplicate-iqn"]);
}

/// A session that still uses an earlier name meets the host that has the name now.
#[test]
fn a_live_session_counts_beside_the_file() {
    let mut report = node(1).report();
    report["live"]["iscsi"] = serde_json::json!([{"name": "session1", "iqn": names(2).0, "target": null, "state": "LOGGED_IN"}]);
    report["live"]["nvme"] = serde_json::json!([
        {"name": "nvme1", "transport": "tcp", "hostNqn": names(3).1, "hostId": names(4).2, "subsystemNqn": null, "state": "live"}
    ]);
    let reports = format!(
        "{report}\n{}",
        crate::fleet::lines(&[node(2), node(3), node(4)])
    );
    let fleet = Fleet::new(&[("reports.ndjson", &reports)]);
    let (document, _) = fleet.audit(&["reports.ndjson"]);
    let of = |code: &str, hosts: [&str; 2]| (code.to_owned(), hosts.map(str::to_owned).to_vec());
    assert_eq!(
        found(&document),
        [
            of("duplicate-host-id", ["node-1", "node-4"]),
            of("host-id-with-two-nqns", ["node-1", "node-4"]),
            of("duplicate-host-nqn", ["node-1", "node-3"]),
            of("host-nqn-with-two-ids", ["node-1", "node-3"]),
            of("duplicate-iqn", ["node-1", "node-2"]),
        ]
    );
}

/// Two reports of one host are no duplicate; the last one counts.
#[test]
fn a_host_that_is_reported_again_is_one_host() {
    let old = Node {
        disk: Some(names(2)),
        ..node(1)
    };
    let fleet = Fleet::of(&[old, node(2), node(1), node(1)]);
    let (document, exit) = fleet.audit(&["--hosts", "reports.ndjson"]);
    assert_eq!(
        found(&document),
        [("reported-twice".to_owned(), vec!["node-1".to_owned()])]
    );
    assert_eq!(exit, 0, "{document:#}");
    assert_eq!(document["summary"]["hosts"], 2);
    assert_eq!(document["summary"]["reports"], 4);
    assert_eq!(document["hosts"].as_array().unwrap().len(), 2);
}

/// Machines that were never given a name of their own.
#[test]
fn hosts_of_one_name_and_different_seeds_stay_apart() {
    let (a, mut b) = (node(1), node(2));
    b.host = "NODE-1".to_owned();
    b.disk = Some(names(1));
    let (document, _) = Fleet::of(&[a, b]).audit(&["reports.ndjson"]);
    assert_eq!(document["summary"]["hosts"], 2);
    let codes: Vec<String> = found(&document).into_iter().map(|one| one.0).collect();
    assert_eq!(
        codes,
        [
            "duplicate-host-id",
            "duplicate-host-nqn",
            "duplicate-iqn",
            "host-name-shared"
        ]
    );
}

/// `sanid-fleet collect` says by which name it reached a host: clones have one node name.
#[test]
fn the_name_by_which_a_host_was_reached_comes_first() {
    let reports: String = ["10.0.0.1", "10.0.0.2"]
        .map(|address| {
            let mut report = node(1).report();
            report["collectedAs"] = Value::from(address);
            format!("{report}\n")
        })
        .concat();
    let fleet = Fleet::new(&[("reports.ndjson", &reports)]);
    let (document, _) = fleet.audit(&["reports.ndjson"]);
    let hosts = vec!["10.0.0.1".to_owned(), "10.0.0.2".to_owned()];
    assert_eq!(found(&document)[0], ("duplicate-seed".to_owned(), hosts));
}

#[test]
fn a_hostile_name_cannot_write_to_the_terminal() {
    let mut hostile = node(1);
    hostile.host = "\u{1b}[2J\u{202e}x</script>\"'".to_owned();
    hostile.findings = vec![("\u{1b}[31m", "warning")];
    let fleet = Fleet::of(&[hostile, node(1)]);
    let output = fleet.output(&["audit", "reports.ndjson"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(r"\u{1b}[2J\u{202e}x</script>"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
}

#[test]
fn every_document_fits_the_committed_schema() {
    let text = include_str!("../../../../docs/schema/sanid-fleet-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    let clones = [
        node(1),
        Node {
            host: "copy".to_owned(),
            ..node(1)
        },
    ];
    let fleet = Fleet::of(&clones);
    let documents = [
        fleet.audit(&["reports.ndjson"]).0,
        fleet.audit(&["--hosts", "reports.ndjson"]).0,
        fleet.audit(&["nothing.json"]).0,
    ];
    for (document, kind) in documents.iter().zip(["Audit", "Audit", "Error"]) {
        assert_eq!(document["kind"], kind);
        let errors: Vec<String> = schema
            .iter_errors(document)
            .map(|one| one.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}\n{document:#}");
    }
    assert!(!schema.is_valid(&serde_json::json!({"apiVersion": "sanid/v1", "kind": "Audit"})));
}

/// Sessions of a host show one name often: that is one host.
#[test]
fn no_host_shares_with_itself() {
    let mut report = node(1).report();
    let iqn = |number| serde_json::json!({"name": "session", "iqn": names(number).0, "target": null, "state": "LOGGED_IN"});
    let pair = |number| serde_json::json!({"name": "nvme", "transport": "tcp", "hostNqn": names(number).1, "hostId": names(number).2, "subsystemNqn": null, "state": "live"});
    report["live"]["iscsi"] = (2..8).map(iqn).collect();
    report["live"]["nvme"] = (2..8).map(pair).collect();
    let fleet = Fleet::new(&[("reports.ndjson", &format!("{report}\n"))]);
    let (document, exit) = fleet.audit(&["reports.ndjson"]);
    assert_eq!((found(&document), exit), (Vec::new(), 0));
}
