//! Fleets with one thing wrong each, word for word.

use crate::fleet::{Fleet, Node, names, node};

/// What an image brought.
fn baked() -> (String, String, String) {
    (
        "iqn.1993-08.org.debian:01:5ca1ab1e0042".to_owned(),
        "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555".to_owned(),
        "6b955923-f79f-40e4-aec7-293fdc2070ae".to_owned(),
    )
}

fn named(host: &str, node: Node) -> Node {
    Node {
        host: host.to_owned(),
        ..node
    }
}

#[test]
fn all_is_well() {
    Fleet::of(&[node(1), node(2), node(3)]).transcript("fine", &["audit", "reports.ndjson"]);
}

/// rancher/os#2446, NetApp/trident#540: copies of one disk.
#[test]
fn clones() {
    let fleet = [
        node(1),
        named("copy-a", node(2)),
        node(3),
        named("copy-b", node(2)),
    ];
    Fleet::of(&fleet).transcript("clones", &["audit", "reports.ndjson"]);
}

/// dell/csm#1643, openshift/os#1519: identical names in every copy of an image.
#[test]
fn a_baked_image() {
    let fleet: Vec<Node> = (1..4)
        .map(|number| Node {
            disk: Some(baked()),
            findings: vec![("iqn-differs", "warning"), ("nvme-differs", "warning")],
            ..node(number)
        })
        .collect();
    Fleet::of(&fleet).transcript("baked-image", &["audit", "reports.ndjson"]);
}

/// csi-driver-nvmf#34: one half of the pair was made up on each host.
#[test]
fn one_host_nqn_with_two_host_ids() {
    let pair = |number| {
        let (iqn, _, id) = names(number);
        Node {
            disk: Some((iqn, baked().1, id)),
            findings: vec![("nvme-differs", "warning"), ("pair-mismatch", "warning")],
            ..node(number)
        }
    };
    Fleet::of(&[pair(1), pair(2), node(3)]).transcript("two-ids", &["audit", "reports.ndjson"]);
}

#[test]
fn an_inventory_that_is_not_what_reports() {
    let (iqn, nqn, id) = names(1);
    let (other, ..) = names(7);
    let inventory = format!(
        "host,iqn,host_nqn,host_id\nNODE-1.,{iqn},{nqn},{id}\nnode-2,{other},,\nnode-4,,,{id}\nnode-5\n"
    );
    let reports = crate::fleet::lines(&[node(1), node(2), node(3)]);
    let fleet = Fleet::new(&[("reports.ndjson", &reports), ("identities.csv", &inventory)]);
    fleet.transcript(
        "inventory",
        &["audit", "--inventory", "identities.csv", "reports.ndjson"],
    );
}

#[test]
fn schemes_states_and_names_of_every_kind() {
    let fleet = [
        node(1),
        Node {
            scheme: "nvme-cli-2",
            findings: vec![("iqn-differs", "warning"), ("file-mode", "danger")],
            iqn: "iqn.2016-04.com.open-iscsi:UPPER".to_owned(),
            ..node(2)
        },
        Node {
            scheme: "talos",
            findings: vec![
                ("hardware-changed", "info"),
                ("of-a-later-version", "warning"),
            ],
            ..node(3)
        },
        named("node-1", node(4)),
        node(3),
    ];
    Fleet::of(&fleet).transcript("mixed", &["audit", "reports.ndjson"]);
}

#[test]
fn more_than_are_listed() {
    let fleet: Vec<Node> = (0..60)
        .map(|number| named(&format!("host-{number:02}"), node(number / 3)))
        .collect();
    Fleet::of(&fleet).transcript("limit", &["audit", "--limit", "2", "reports.ndjson"]);
}

#[test]
fn what_is_no_report() {
    let fleet = Fleet::new(&[
        ("reports/a.json", "{\n  \"kind\": \"Pod\"\n}\n"),
        (
            "reports/b.ndjson",
            &format!(
                "{}{{\"apiVersion\":\"sanid/v1\",\"ki\nsudo: a password is required\n",
                crate::fleet::lines(&[node(1)])
            ),
        ),
        (
            "reports/c.json",
            "{\"apiVersion\":\"sanid/v2\",\"kind\":\"Status\"}",
        ),
        (
            "reports/d.json",
            "{\"apiVersion\":\"sanid/v1\",\"kind\":\"Error\",\"exitCode\":2,\"message\":\"no route to host\",\"collectedAs\":\"db-7\"}",
        ),
    ]);
    fleet.transcript("no-reports", &["audit", "reports"]);
    fleet.transcript("strict", &["audit", "--strict", "reports"]);
    fleet.transcript("no-file", &["audit", "reports", "elsewhere.json"]);
}

#[test]
fn what_audit_can_do() {
    Fleet::new(&[]).transcript("help", &["audit", "--help"]);
}
