//! The agent and `sanid status` agree on each host of the table that every other command is held to.

use sanid_host::report::StatusReport;
use serde_json::{Value, json};
use testkit::hosts::{Tree, table};

use super::*;

#[test]
fn the_agent_agrees_with_status_on_names_sources_and_findings() {
    for tree in table() {
        agree(&tree);
    }
}

fn agree(tree: &Tree) {
    let directory = tempfile::Builder::new().tempdir_in(tree.place).unwrap();
    tree.write(directory.path());
    let root = Root::open(directory.path()).unwrap();
    let view = look(&root).unwrap();
    let facts = sanid_host::observe(&root, &Look::everything()).unwrap();
    let resolution = sanid_host::resolve(&facts);
    let findings = findings::findings(&facts, &resolution);
    let status = StatusReport::new(&facts, &resolution, &findings);
    let status = serde_json::to_value(status).unwrap();
    let (identity, provenance) = (
        serde_json::to_value(&view.identity).unwrap(),
        serde_json::to_value(&view.provenance).unwrap(),
    );
    for (part, keys) in [("iqn", &["iqn"][..]), ("nvme", &["hostNqn", "hostId"])] {
        let mut differs = false;
        for key in keys {
            let (on_disk, desired) = (&status["onDisk"][key], &status["desired"][key]);
            let expected = match on_disk["state"].as_str() {
                Some("valid") => &on_disk["value"],
                Some("missing" | "empty") => desired,
                _ => &Value::Null,
            };
            assert_eq!(identity[key], *expected, "{}: {key}: {status:#}", tree.name);
            differs |= on_disk["state"] == "valid" && on_disk["value"] != *desired;
        }
        let source = &status["desired"]["provenance"][part];
        let expected = match (differs, part) {
            (true, "iqn") => {
                &json!({"source": "on-disk", "place": "/etc/iscsi/initiatorname.iscsi"})
            }
            (true, _) => &json!({"source": "on-disk", "place": "/etc/nvme"}),
            (false, _) => source,
        };
        assert_eq!(
            provenance[part], *expected,
            "{}: {part}: {status:#}",
            tree.name
        );
    }
    let codes = |all: Vec<Value>| -> Vec<(Value, Value)> {
        let notable = all.into_iter().filter(|one| one["severity"] != "info");
        notable
            .map(|one| (one["code"].clone(), one["severity"].clone()))
            .collect()
    };
    let published = serde_json::to_value(&view.findings).unwrap();
    assert_eq!(
        codes(published.as_array().unwrap().clone()),
        codes(status["findings"].as_array().unwrap().clone()),
        "{}: {status:#}",
        tree.name
    );
}

/// A kind whose file is not there is not one of the node; one that cannot be told is not given up.
#[test]
fn a_name_that_cannot_be_told_is_not_taken_for_one_that_is_not_there() {
    let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b\n";
    for (files, names, is_untold) in [
        (&[][..], 1, false),
        (&[("etc/nvme/hostid", "x\n")], 1, true),
        (&[("etc/nvme/hostid", "")], 1, false),
        (
            &[
                ("etc/nvme/hostid", id),
                (
                    "etc/nvme/hostnqn",
                    "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b\n",
                ),
            ],
            3,
            false,
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let iscsi = (
            "etc/iscsi/initiatorname.iscsi",
            "InitiatorName=iqn.2004-05.com.example:1\n",
        );
        for (path, text) in files.iter().chain([&iscsi]) {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let view = look(&Root::open(directory.path()).unwrap()).unwrap();
        assert_eq!(view.is_untold, is_untold, "{files:?}");
        let found = [
            &view.identity.iqn,
            &view.identity.host_nqn,
            &view.identity.host_id,
        ];
        assert_eq!(found.into_iter().flatten().count(), names, "{files:?}");
    }
}
