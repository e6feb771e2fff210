//! Reports of machines that were reached under several names, at several times, and an inventory of them.

use serde_json::{Value, json};

use crate::fleet::{Fleet, Node, found, names, node};

/// The report of a machine that calls itself `web1`, reached by this name in this boot.
fn reached(name: &str, boot: Option<u128>) -> Value {
    let mut report = Node {
        host: "web1".to_owned(),
        ..node(1)
    }
    .report();
    report["collectedAs"] = json!(name);
    if let Some(boot) = boot {
        report["boot"] = json!(names(boot).2);
    }
    report
}

fn fleet(reports: &[Value]) -> Fleet {
    let lines: String = reports.iter().map(|one| format!("{one}\n")).collect();
    Fleet::new(&[("reports.ndjson", &lines)])
}

fn codes(fleet: &Fleet, words: &[&str]) -> Vec<String> {
    let (document, _) = fleet.audit(&[words, &["reports.ndjson"]].concat());
    found(&document).into_iter().map(|one| one.0).collect()
}

#[test]
fn one_machine_under_several_names_is_not_a_clone() {
    let ways = ["root@web1", "web1.example.com", "192.0.2.7"];
    let machine = ways.map(|name| reached(name, Some(7)));
    let (document, exit) = fleet(&machine).audit(&["reports.ndjson"]);
    assert_eq!(exit, 1);
    assert_eq!(document["summary"]["hosts"], 1, "{document:#}");
    let found = &document["findings"][0];
    assert_eq!(found["code"], "machine-with-several-names", "{document:#}");
    assert_eq!(document["findings"].as_array().unwrap().len(), 1);
    let names = found["details"][0].as_str().unwrap();
    assert!(ways.iter().all(|way| names.contains(way)), "{names}");
    // Another boot is another machine.
    let clones = [reached("web1", Some(7)), reached("192.0.2.7", Some(8))];
    assert_eq!(codes(&fleet(&clones), &[])[0], "duplicate-seed");
}

/// Reports of 0.1 do not say of which boot they are.
#[test]
fn reports_without_a_boot_are_one_machine_where_their_names_are_one() {
    let machine = ["root@web1", "web1.example.com"].map(|name| reached(name, None));
    assert_eq!(codes(&fleet(&machine), &[]), ["machine-with-several-names"]);
    // An address may be that of a clone, and the advice says so.
    let perhaps = ["web1", "192.0.2.7"].map(|name| reached(name, None));
    let (document, _) = fleet(&perhaps).audit(&["reports.ndjson"]);
    let found = &document["findings"][0];
    assert_eq!(found["code"], "duplicate-seed", "{document:#}");
    let different = ["192.0.2.7", "192.0.2.8"].map(|name| reached(name, None));
    let (document, _) = fleet(&different).audit(&["reports.ndjson"]);
    let fix = document["findings"][0]["fix"][0].as_str().unwrap();
    assert!(fix.starts_with("where they are one machine"), "{fix}");
}

/// Advice for hosts of different seeds leaves clones among them clones.
#[test]
fn hosts_that_share_a_name_are_split_by_seed() {
    let clones = [
        node(1),
        Node {
            host: "copy".to_owned(),
            ..node(1)
        },
    ];
    let other = Node {
        disk: Some((names(1).0, names(3).1, names(3).2)),
        ..node(3)
    };
    let fleet = Fleet::of(&[clones.to_vec(), vec![other]].concat());
    let (document, _) = fleet.audit(&["reports.ndjson"]);
    let findings = document["findings"].as_array().unwrap();
    let of = |hosts: u64| findings.iter().find(|one| one["hosts"] == hosts).unwrap();
    assert_eq!(of(3)["code"], "duplicate-iqn");
    assert_eq!(of(3)["details"][0], "one machine-id on node-1 copy");
    let first = of(3)["fix"][0].as_str().unwrap();
    assert!(
        first.starts_with("sanid reseed    first, on all but one"),
        "{first}"
    );
    assert_eq!(
        (&of(2)["code"], &of(2)["cause"]),
        (&json!("duplicate-seed"), &json!("clone"))
    );
}

#[test]
fn the_latest_report_counts_whatever_the_order() {
    for order in [[0, 1], [1, 0]] {
        let at = |time: &str, report: &mut Value| report["time"] = json!(time);
        let mut old = Node {
            disk: Some(names(2)),
            ..node(1)
        }
        .report();
        at("2026-11-01T08:00:00Z", &mut old);
        let mut new = node(1).report();
        at("2026-11-02T08:00:00Z", &mut new);
        let reports = [old, new];
        let ordered = order.map(|at: usize| reports[at].clone());
        let fleet = fleet(&[ordered.to_vec(), vec![node(2).report()]].concat());
        assert_eq!(codes(&fleet, &[]), ["reported-twice"], "{order:?}");
    }
}

/// A limit lists whole sets of hosts, those of the most hosts first.
#[test]
fn a_limit_counts_sets_of_hosts() {
    let mut nodes: Vec<Node> = (0..40)
        .map(|number| Node {
            host: format!("n{number}"),
            ..node(10 + number / 2)
        })
        .collect();
    nodes.extend((0..30).map(|number| Node {
        findings: vec![("file-mode", "danger")],
        ..node(1000 + number)
    }));
    let (document, _) = Fleet::of(&nodes).audit(&["--limit", "2", "reports.ndjson"]);
    let findings = document["findings"].as_array().unwrap();
    assert_eq!(
        (&findings[0]["code"], &findings[0]["hosts"]),
        (&json!("host-finding"), &json!(30))
    );
    for clones in &findings[1..3] {
        assert_eq!(clones["also"].as_array().unwrap().len(), 3, "{document:#}");
    }
    let omitted = document["counts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["code"] == "duplicate-iqn");
    assert_eq!(
        (&omitted.unwrap()["findings"], &omitted.unwrap()["omitted"]),
        (&json!(20), &json!(18))
    );
}

/// An `iface.initiatorname` of open-iscsi that an image brought.
#[test]
fn names_the_record_that_gives_a_shared_name() {
    let record = "/etc/iscsi/ifaces/storage, line 4";
    let reports: Vec<Value> = (1..=2)
        .map(|number| {
            let mut report = node(number).report();
            report["readers"] = json!([{"reader": "open-iscsi iface", "part": "iqn",
                "iqn": "iqn.2001-04.com.example:image", "from": record}]);
            report
        })
        .collect();
    let (document, _) = fleet(&reports).audit(&["reports.ndjson"]);
    let finding = &document["findings"][0];
    assert_eq!(
        (&finding["code"], &finding["cause"]),
        (&json!("duplicate-iqn"), &json!("reader-record"))
    );
    assert_eq!(finding["details"][0], format!("from {record}"));
}

fn with_inventory(rows: &str, reports: &[Value]) -> Vec<String> {
    let lines: String = reports.iter().map(|one| format!("{one}\n")).collect();
    let fleet = Fleet::new(&[
        ("reports.ndjson", &lines),
        ("i.csv", &format!("host,iqn\n{rows}")),
    ]);
    codes(&fleet, &["--inventory", "i.csv"])
}

#[test]
fn an_inventory_is_compared_with_itself() {
    let (one, two) = (names(1).0, names(2).0);
    let reports = [node(1).report(), node(2).report()];
    assert!(with_inventory(&format!("node-1,{one}\nnode-2,{two}\n"), &reports).is_empty());
    for rows in [
        format!("node-1,{one}\nnode-2,{two}\nnode-9,{two}\n"),
        format!("node-1,{one}\nnode-2,{two}\nNODE-2.,\n"),
    ] {
        let codes = with_inventory(&rows, &reports);
        assert!(
            codes.contains(&"inventory-duplicate".to_owned()),
            "{rows} {codes:?}"
        );
    }
}

#[test]
fn rows_of_an_inventory_have_their_lines() {
    let (one, two) = (names(1).0, names(2).0);
    let object = |host: &str, iqn: &str| format!("{{\"host\":\"{host}\",\"iqn\":\"{iqn}\"}}");
    let rows = [
        object("node-1", &one),
        object("node-2", &two),
        object("node-9", &two),
    ];
    for (inventory, lines) in [
        (rows.join("\n"), [2, 3]),
        (rows.join("\n\n"), [3, 5]),
        (
            format!(
                "{{\"kind\":\"HostList\",\"items\":[\n{}]}}",
                rows.join(",\n")
            ),
            [3, 4],
        ),
        (
            format!("host,iqn\nnode-1,{one}\n\nnode-2,{two}\nnode-9,{two}\n"),
            [4, 5],
        ),
    ] {
        let reports = format!("{}\n{}\n", node(1).report(), node(2).report());
        let fleet = Fleet::new(&[("reports.ndjson", &reports), ("hosts", &inventory)]);
        let (document, _) = fleet.audit(&["--inventory", "hosts", "reports.ndjson"]);
        let findings = document["findings"].as_array().unwrap().iter();
        let mut shared = findings.filter(|finding| finding["code"] == "inventory-duplicate");
        let named = shared.next().unwrap()["named"].as_array().unwrap();
        let found: Vec<&Value> = named.iter().map(|host| &host["line"]).collect();
        assert_eq!(found, lines, "{inventory}");
    }
}

#[test]
fn an_inventory_may_leave_out_the_domain() {
    let mut report = node(1).report();
    report["host"] = json!("DB-01.example.com");
    let one = names(1).0;
    assert!(with_inventory(&format!("db-01,{one}\n"), &[report.clone()]).is_empty());
    assert!(with_inventory(&format!("db-01.example.com.,{one}\n"), &[report.clone()]).is_empty());
    let other = with_inventory(&format!("db-01.example.org,{one}\n"), &[report]);
    assert_eq!(other, ["host-missing", "host-unexpected"]);
}
