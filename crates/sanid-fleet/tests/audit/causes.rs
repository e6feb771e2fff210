//! Which cause is told for what hosts share.

use crate::fleet::{Fleet, Node, names, node};

fn cause(nodes: &[Node]) -> (String, String) {
    let (document, exit) = Fleet::of(nodes).audit(&["reports.ndjson"]);
    assert_eq!(exit, 1, "{document:#}");
    let finding = &document["findings"][0];
    let text = |name: &str| finding[name].as_str().unwrap().to_owned();
    (text("code"), text("cause"))
}

fn both(change: impl Fn(Node) -> Node) -> [Node; 2] {
    [change(node(1)), change(node(2))]
}

#[test]
fn the_cause_follows_from_where_the_names_come_from() {
    let with = |source: &'static str| {
        let (iqn, nqn, id) = names(9);
        both(|node| Node {
            iqn: iqn.clone(),
            nqn: nqn.clone(),
            id: id.clone(),
            source,
            ..node
        })
    };
    let vendor = "03000200-0400-0500-0006-000700080009";
    let template = both(|node| Node {
        iqn: "iqn.2016-04.com.open-iscsi:rack1".to_owned(),
        ..node
    });
    let on_disk = both(|node| Node {
        disk: Some(names(9)),
        ..node
    });
    let firmware = with("derived").map(|node| Node {
        scheme: "nvme-cli-2",
        ..node
    });
    let denylisted = both(|node| Node {
        id: vendor.to_owned(),
        ..node
    });
    let copies = [
        node(1),
        Node {
            host: "copy".to_owned(),
            ..node(1)
        },
    ];
    for (nodes, code, expected) in [
        (copies, "duplicate-seed", "clone"),
        (on_disk, "duplicate-host-id", "baked-image"),
        (with("pin"), "duplicate-host-id", "copied-pin"),
        (
            with("command-line"),
            "duplicate-host-id",
            "shared-boot-options",
        ),
        (
            with("credential"),
            "duplicate-host-id",
            "shared-boot-options",
        ),
        (with("firmware"), "duplicate-host-id", "firmware-uuid"),
        (firmware, "duplicate-host-id", "firmware-uuid"),
        (denylisted, "duplicate-host-id", "vendor-uuid"),
        (template, "duplicate-iqn", "template"),
        (with("derived"), "duplicate-host-id", "unknown"),
    ] {
        assert_eq!(cause(&nodes), (code.to_owned(), expected.to_owned()));
    }
}
