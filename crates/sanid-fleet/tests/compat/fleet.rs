//! Inventories, identities, reports, audits, target lists and escrow records.

use std::os::unix::fs::symlink;

use sanid_fleet::escrow::EscrowRecord;
use serde_json::Value;
use testkit::Ran;

use crate::claims::Copy;
use crate::kept::assert_kept;
use crate::releases::releases;
use crate::{command, fleet};

#[test]
fn an_inventory_gives_the_same_identities_in_every_format() {
    for release in releases() {
        let directory = release.copy("fleet");
        for format in ["csv", "ndjson", "json", "table"] {
            let words = ["derive", "--format", format, "inventories/hosts.csv"];
            let now = fleet(directory.path(), &words).expect(0);
            let before = release.text(&format!("fleet/identities.{format}"));
            assert_eq!(now.stdout, before, "{format}");
        }
    }
}

#[test]
fn reads_every_kind_of_inventory() {
    for release in releases() {
        let directory = release.copy("fleet");
        let identities = release.text("fleet/identities.csv");
        let inventories = release.list("fleet/inventories");
        assert_eq!(inventories.len(), 8, "{inventories:?}");
        for name in inventories {
            let now = fleet(
                directory.path(),
                &["derive", &format!("inventories/{name}")],
            );
            let rows: Vec<String> = now.expect(0).stdout.lines().map(str::to_owned).collect();
            assert!(rows.len() > 4, "{name}: {rows:?}");
            for row in &rows {
                assert!(identities.lines().any(|one| one == row), "{name}: {row}");
            }
        }
    }
}

/// The same document with the hosts of each finding in the order of their lines: 0.1 named those that are missing in the
/// order of a hash.
fn by_place(mut document: Value) -> Value {
    for finding in document["findings"].as_array_mut().unwrap() {
        let named = finding["named"].as_array_mut().unwrap();
        named.sort_by_key(|host| host["line"].as_u64());
    }
    document
}

#[test]
fn old_reports_are_audited_with_the_same_result() {
    let schema = include_str!("../../../../docs/schema/sanid-fleet-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    for release in releases() {
        let directory = release.copy("fleet");
        for (words, document) in [
            (&[][..], "audit.json"),
            (&["--hosts"], "audit-hosts.json"),
            (
                &["--hosts", "--inventory", "identities.csv"],
                "audit-inventory.json",
            ),
        ] {
            let before = release.json(&format!("fleet/{document}"));
            assert!(schema.is_valid(&before), "{document}");
            let audit = [&["audit", "--format", "json"], words, &["reports.ndjson"]];
            let now = fleet(directory.path(), &audit.concat()).expect(1).json();
            assert_kept(&by_place(before), &by_place(now.clone()), document);
            let causes: Vec<&Value> = now["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|finding| &finding["cause"])
                .collect();
            assert!(causes.contains(&&Value::from("clone")), "{causes:?}");
        }
        // A directory with one report per file.
        let now = fleet(directory.path(), &["audit", "--format", "json", "reports"]);
        let summary = &now.expect(1).json()["summary"];
        assert_eq!(
            (&summary["hosts"], &summary["reports"]),
            (&5.into(), &5.into())
        );
    }
}

#[test]
fn renders_an_old_audit() {
    for release in releases() {
        let directory = release.copy("fleet");
        for document in ["audit-hosts.json", "audit-inventory.json"] {
            let page = fleet(directory.path(), &["report", "--html", document]).expect(0);
            for host in [
                "web-1.example.com",
                "copy-2.example.com",
                "gone-1.example.com",
            ] {
                assert!(page.stdout.contains(host), "{document}: {host}");
            }
        }
    }
}

#[test]
fn collects_old_reports_unchanged() {
    for release in releases() {
        let directory = release.copy("fleet");
        let now = fleet(directory.path(), &["collect", "reports.ndjson"]).expect(1);
        assert_eq!(now.stdout, release.text("fleet/reports.ndjson"));
    }
}

/// A different program stands in for ssh(1) and fails, so each host has an error that names it.
#[test]
fn reads_the_destinations_of_a_hosts_file() {
    for release in releases() {
        let directory = release.copy("fleet");
        symlink(
            env!("CARGO_BIN_EXE_sanid-fleet"),
            directory.path().join("ssh"),
        )
        .unwrap();
        let mut collect = command(directory.path());
        collect.env("PATH", directory.path());
        collect.args(["collect", "--ssh", "hosts.txt"]);
        let answers = Ran::of(&mut collect).expect(1).stdout;
        let hosts = |text: &str| -> Vec<String> {
            let lines = text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let mut hosts: Vec<String> = lines
                .map(|line| line["collectedAs"].as_str().unwrap().to_owned())
                .collect();
            hosts.sort();
            hosts
        };
        assert_eq!(
            hosts(&answers),
            hosts(&release.text("fleet/reports.ndjson"))
        );
    }
}

#[test]
fn compares_an_old_target_list_with_its_hosts() {
    for release in releases() {
        let directory = release.copy("fleet");
        let tfvars = "terraform.tfvars.json";
        for list in ["identities.csv", "identities.ndjson"] {
            let words = ["diff", "--to", "terraform", "--against", tfvars, list];
            let same = fleet(directory.path(), &words).expect(0);
            assert!(same.stderr.contains("unchanged 14"), "{same:?}");
        }
        // Every entry belongs to a known host.
        let import = ["import", "--from", "terraform"];
        let known = ["--hosts", "identities.csv", tfvars];
        fleet(directory.path(), &[&import[..], &known].concat()).expect(0);
        let entries = fleet(directory.path(), &[&import[..], &[tfvars]].concat()).expect(0);
        assert_eq!(entries.stdout.lines().count(), 1 + 14, "{entries:?}");
        for row in release.text("fleet/identities.csv").lines().skip(1) {
            let fields: Vec<&str> = row.split(',').collect();
            for name in [fields[1], fields[2]] {
                let ends = |line: &str| line.starts_with(fields[0]) && line.ends_with(name);
                assert!(entries.stdout.lines().any(ends), "{name}");
            }
        }
    }
}

#[test]
fn reads_escrow_records() {
    for release in releases() {
        let read = |name: &str| EscrowRecord::read(&release.bytes(&format!("escrow/{name}")));
        let plain = read("db-1.json").unwrap();
        assert_eq!(plain.host, "db-1");
        assert_eq!(
            plain.names.iqn(),
            Some("iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b")
        );
        assert_eq!(
            plain.names.host_nqn(),
            Some("nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b")
        );
        let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
        assert_eq!(plain.names.host_id(), Some(id));
        assert_eq!(plain.scheme.as_deref(), Some("sanid-v1"));
        assert_eq!(
            plain.seed_fingerprint.as_deref(),
            Some("f2b49605dc714598a047e7e73909e4c7")
        );
        let of_show = read("of-show.json").unwrap();
        assert_eq!(of_show.addresses, ["192.0.2.10", "db-1.example.com"]);
        assert_eq!(of_show.seed_fingerprint, None);
        assert_eq!(read("with-machine-id.json").unwrap().names, plain.names);
        assert!(read("db-1.age").unwrap_err().contains("age -d"));
    }
}

#[test]
fn finds_the_claim_of_a_record_or_report() {
    for release in releases() {
        let copy = Copy::of(&release);
        let record = release.path("escrow/db-1.json");
        let record = record.to_str().unwrap();
        let directory = copy.path("");
        let check = ["escrow", "check", "--store", "sqlite:claims.db", record];
        let held = fleet(&directory, &check).expect(1);
        assert!(held.stdout.contains("generation 2"), "{held:?}");
        // A status has the fingerprint of the machine-id; none of them has hardware evidence.
        for (document, likeness) in [
            ("documents/status.json", "unknown"),
            ("documents/show.json", "other-installation"),
            ("escrow/db-1.json", "other-installation"),
        ] {
            let path = release.path(document);
            let from = [
                "--from",
                path.to_str().unwrap(),
                "--name",
                "db-1.example.com",
            ];
            let conflict = copy.claim(&from).expect(1).json();
            assert_eq!(conflict["rivals"][0]["likeness"], likeness, "{document}");
        }
    }
}
