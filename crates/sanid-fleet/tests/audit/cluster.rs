//! Nodes of a cluster, as `kubectl get nodestorageidentities -o json` prints them.

use serde_json::{Value, json};

use crate::fleet::{Fleet, Node, found, lines, node};

fn object(node: &Node) -> Value {
    json!({
        "apiVersion": "sanid.dev/v1alpha1",
        "kind": "NodeStorageIdentity",
        "metadata": {"name": node.host, "uid": "0d6f2b52-5a10-4d2e-8b6f-0c5d1e2f3a41"},
        "spec": {"node": {"name": node.host, "uid": "5c3f2b52-9a10-4d2e-8b6f-0c5d1e2f3a41"}},
        "status": {
            "identity": {"iqn": node.iqn, "hostNqn": node.nqn, "hostId": node.id},
            "scheme": node.scheme,
            "provenance": {"iqn": {"source": node.source, "place": "a machine-id"}},
            "conditions": [{"type": "Unique", "status": "True", "reason": "Held", "message": "…"}],
            "lastSeen": "2026-11-29T10:00:00Z",
        },
    })
}

fn list(nodes: &[Node]) -> String {
    let items: Vec<Value> = nodes.iter().map(object).collect();
    format!(
        "{:#}",
        json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}})
    )
}

/// A node and a machine outside of the cluster have one identity.
#[test]
fn a_cluster_is_audited_with_the_reports_of_other_hosts() {
    let mut copy = node(2);
    copy.host = String::from("build-1");
    let files = [
        ("cluster.json", list(&[node(1), node(2)])),
        ("reports.ndjson", lines(&[copy, node(3)])),
    ];
    let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
    let fleet = Fleet::new(&files);
    let (document, exit) = fleet.audit(&["cluster.json", "reports.ndjson"]);
    assert_eq!(
        (document["summary"]["hosts"].as_u64(), exit),
        (Some(4), 1),
        "{document:#}"
    );
    assert_eq!(found(&document)[0].1, ["build-1", "node-2"], "{document:#}");

    // As the hosts that there should be.
    let (document, _) = fleet.audit(&["--inventory", "cluster.json", "reports.ndjson"]);
    let missing = document["findings"].as_array().unwrap().iter();
    let missing: Vec<_> = missing
        .filter(|one| one["code"] == "host-missing")
        .collect();
    assert_eq!(document["summary"]["inventory"], 2, "{document:#}");
    assert_eq!(missing.len(), 1, "{document:#}");
}

#[test]
fn rejects_other_objects_by_line_and_reads_the_rest() {
    let mut text: Value = serde_json::from_str(&list(&[node(1)])).unwrap();
    text["items"]
        .as_array_mut()
        .unwrap()
        .push(json!({"kind": "Pod"}));
    let fleet = Fleet::new(&[("cluster.json", &format!("{text:#}"))]);
    let (document, exit) = fleet.audit(&["cluster.json"]);
    assert_eq!((document["summary"]["hosts"].as_u64(), exit), (Some(1), 1));
    let text = document.to_string();
    assert!(
        text.contains("its kind is Pod, expected NodeStorageIdentity"),
        "{text}"
    );
}

#[test]
fn an_export_admits_the_nodes_of_a_cluster() {
    let fleet = Fleet::new(&[("cluster.json", &list(&[node(1), node(2)]))]);
    let words = [
        "export",
        "--to",
        "lio",
        "--target",
        "iqn.2024-01.test.local:t",
    ];
    let ran = fleet.output(&[&words[..], &["cluster.json"]].concat(), "");
    let text = String::from_utf8(ran.stdout).unwrap();
    assert!(
        text.contains(&node(1).iqn) && text.contains(&node(2).iqn),
        "{text}"
    );

    // A different host holds the names of one: the node is not allowed, and --prune is refused.
    let held = list(&[node(1), node(2)]).replacen("\"True\"", "\"False\"", 1);
    let ran = fleet.output(&[&words[..], &["-"]].concat(), &held);
    let (out, told) = (
        String::from_utf8(ran.stdout).unwrap(),
        String::from_utf8(ran.stderr).unwrap(),
    );
    assert!(
        told.contains("node-1 must not be allowed, because a different host holds its names"),
        "{told}"
    );
    assert!(
        !out.contains(&node(1).iqn) && out.contains(&node(2).iqn),
        "{out}"
    );
    assert_eq!(ran.status.code(), Some(1), "{told}");
    std::fs::write(fleet.path("held.json"), held).unwrap();
    let words = [
        "diff",
        "--to",
        "csv",
        "--prune",
        "--against",
        "-",
        "held.json",
    ];
    let ran = fleet.output(&words, "host,iqn\n");
    assert_eq!(ran.status.code(), Some(3), "{ran:?}");
}
