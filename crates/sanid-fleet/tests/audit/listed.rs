//! What arrays and lists have of hosts, beside the reports.

use serde_json::Value;

use crate::fleet::{Fleet, Node, lines, node};

fn findings(document: &Value) -> Vec<(String, String)> {
    let all = document["findings"].as_array().unwrap().iter();
    let texts = all.map(|one| {
        (
            one["code"].as_str().unwrap().to_owned(),
            one["severity"].as_str().unwrap().to_owned(),
        )
    });
    texts.collect()
}

fn audit(list: &str, nodes: &[Node]) -> (Value, i32) {
    let fleet = Fleet::new(&[("array.csv", list), ("reports.ndjson", &lines(nodes))]);
    fleet.audit(&["--names", "array.csv", "reports.ndjson"])
}

/// Codes and severities of a list beside the reports of node-1 and node-2.
#[test]
fn a_list_is_compared_with_the_reports() {
    let (one, two, three) = (node(1).iqn, node(2).iqn, node(3).iqn);
    for (list, expected) in [
        // As it should be; names of hosts know no case, and may be short.
        (format!("NODE-1,{one}\nnode-2.example.com,{two}"), vec![]),
        // Arrays have names of their own for hosts.
        (format!("prod_db_1,{one}\nnode-2,{two}"), vec![]),
        (
            format!("node-1,{two}\nnode-2,{two}"),
            vec![("listed-shared", "danger"), ("listed-differs", "danger")],
        ),
        (
            format!("node-1,{two}\nnode-2,{one}"),
            vec![("listed-differs", "danger"), ("listed-differs", "danger")],
        ),
        (
            format!("node-1,{three}"),
            vec![("listed-differs", "warning")],
        ),
        (
            format!("node-9,{three}"),
            vec![("listed-unknown", "warning")],
        ),
        // A short name is that of the full one.
        (
            format!("Node-1.example.com,{three}"),
            vec![("listed-differs", "warning")],
        ),
        // Of machines that have no report.
        (
            format!("node-8,{three}\nnode-9,{three}"),
            vec![("listed-shared", "danger"), ("listed-unknown", "warning")],
        ),
        (
            format!(",{one}\n,{one}"),
            vec![("listed-unclear", "warning")],
        ),
    ] {
        let (document, exit) = audit(&format!("host,iqn\n{list}\n"), &[node(1), node(2)]);
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(code, severity)| (code.to_owned(), severity.to_owned()))
            .collect();
        assert_eq!(findings(&document), expected, "{list}: {document:#}");
        assert_eq!(exit, i32::from(!expected.is_empty()), "{list}");
    }
}

#[test]
fn a_list_without_names_is_a_finding() {
    let (document, exit) = audit("host,wwn\nnode-1,50:01:43:80:12:34:56:78\n", &[node(1)]);
    assert_eq!(
        findings(&document),
        [("lists-incomplete".to_owned(), "warning".to_owned())]
    );
    assert_eq!((document["summary"]["listed"].as_u64(), exit), (Some(0), 1));
}

/// Reports, inventory, target, list and cluster at once, also as a page.
#[test]
fn every_source_is_audited_with_the_others() {
    let files = [
        ("reports.ndjson", lines(&[node(1), node(2)])),
        ("array.csv", format!("host,iqn\nnode-1,{}\n", node(2).iqn)),
        (
            "sessions.txt",
            format!(
                "Session: 1\n    Connection: 0\n        Initiator: {}\n        IP Address: 192.0.2.9\n",
                node(7).iqn
            ),
        ),
        ("hosts.csv", format!("host,iqn\nnode-3,{}\n", node(3).iqn)),
        (
            "cluster.json",
            format!(
                r#"{{"kind":"NodeStorageIdentity","spec":{{"node":{{"name":"worker-1"}}}},"status":{{"identity":{{"iqn":"{}"}}}}}}"#,
                node(1).iqn
            ),
        ),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let fleet = Fleet::new(&files);
    let sources = [
        "--names",
        "array.csv",
        "--sessions",
        "sessions.txt",
        "--inventory",
        "hosts.csv",
        "reports.ndjson",
        "cluster.json",
    ];
    let (document, _) = fleet.audit(&sources);
    let found: Vec<String> = findings(&document).into_iter().map(|one| one.0).collect();
    for code in [
        "duplicate-iqn",
        "listed-differs",
        "login-name-unknown",
        "host-missing",
        "host-unexpected",
    ] {
        assert!(found.iter().any(|one| one == code), "{code}: {found:?}");
    }
    let page = fleet.output(&[&["report", "--html"], &sources[..]].concat(), "");
    let page = String::from_utf8(page.stdout).unwrap();
    assert!(page.contains("listed-differs") && page.contains("login-name-unknown"));
}

#[test]
fn standard_input_is_read_once() {
    let fleet = Fleet::new(&[("reports.ndjson", &lines(&[node(1)]))]);
    for words in [
        &["audit", "--names", "-", "-"][..],
        &["audit", "--names", "-", "--sessions", "-", "reports.ndjson"],
        &["audit", "--names", "-", "--names", "-", "reports.ndjson"],
    ] {
        let ran = fleet.output(words, "host,iqn\n");
        let errors = String::from_utf8(ran.stderr).unwrap();
        assert!(errors.contains("can be read once"), "{words:?}: {errors}");
        assert_eq!(ran.status.code(), Some(2), "{words:?}");
    }
}
