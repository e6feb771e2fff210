//! Names that were on disk before sanid and are kept: another host may have them (safety rule 5).

use serde_json::Value;

use crate::support::host::{FILES, FOREIGN, Host, MACHINE_ID, OTHER_MACHINE_ID};
use crate::transcript::{compare, on};

const RECORD: &str = "var/lib/sanid/record.json";
const CLAIM: &str = "run/sanid/claim.json";

/// The parts whose names are not confirmed to be unique.
fn unconfirmed(host: &Host) -> Vec<String> {
    let findings = host.findings("unique-unconfirmed");
    let part = |one: &Value| one.get("part").unwrap().as_str().unwrap().to_owned();
    findings.iter().map(part).collect()
}

/// An installer image or a template of virtual machines gives every host one initiator name and one machine-id.
#[test]
fn adopt_on_a_clone_explains_how_to_compare_hosts() {
    let host = Host::new(MACHINE_ID);
    host.write(FILES[0], FOREIGN[0]);
    compare(
        "kept",
        &host,
        &[
            on(&["apply", "--keep"]),
            on(&["adopt", "--dry-run"]),
            on(&["adopt"]),
            on(&["apply"]),
            on(&["status"]),
            on(&["adopt", "--confirm-unique", "--dry-run"]),
            on(&["adopt", "--confirm-unique"]),
            on(&["status"]),
            on(&["adopt"]),
        ],
    );
}

/// A host NQN from which no Host ID follows, beside an initiator name: half a pair would stop every later apply.
#[test]
fn adopt_leaves_a_host_nqn_that_would_be_half_a_pair_and_pins_the_rest() {
    let host = Host::new(MACHINE_ID);
    host.write(FILES[0], FOREIGN[0]);
    host.write(FILES[1], "nqn.2008-04.org.example:host1\n");
    let ran = host.run(&["adopt", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.expect(0).stdout).unwrap();
    assert_eq!(report["outcome"], "changed");
    assert_eq!(report["pins"]["hostNqn"], Value::Null);
    assert!(report["pins"]["iqn"].is_string());
    let notices = report["notices"].to_string();
    assert!(notices.contains("half a pair"), "{notices}");
    host.run(&["apply", "--boot"]).expect(0);
}

/// What a refused run decided was not applied, and other programs would read it as the identity of this boot.
#[test]
fn a_refused_apply_publishes_nothing() {
    let host = Host::in_memory(MACHINE_ID);
    std::fs::create_dir(host.at("run")).unwrap();
    host.write(FILES[0], FOREIGN[0]);
    host.run(&["apply"]).expect(3);
    assert_eq!(host.read("run/sanid/identity.json"), None);
    host.run(&["apply", "--keep"]).expect(0);
    assert!(host.read("run/sanid/identity.json").is_some());
}

#[test]
fn a_confirmation_is_kept_with_when_and_how_until_the_name_changes() {
    let host = Host::foreign(MACHINE_ID);
    host.run(&["adopt"]).expect(0);
    assert_eq!(unconfirmed(&host), ["iqn", "nvme"]);
    let ran = host.run(&["adopt", "--confirm-unique=audit", "--format", "json"]);
    let report: Value = serde_json::from_str(&ran.expect(0).stdout).unwrap();
    assert_eq!(report["confirmed"], "audit");
    assert_eq!(unconfirmed(&host), [""; 0]);
    // An apply keeps what it did not write.
    host.apply();
    let record: Value = serde_json::from_slice(&host.read(RECORD).unwrap()).unwrap();
    let confirmed = &record["unique"][0];
    assert_eq!(confirmed["part"], "iqn");
    assert_eq!(confirmed["by"], "audit");
    assert!(confirmed["at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(unconfirmed(&host), [""; 0]);
    // Another name in the place of the confirmed one.
    host.write(
        "etc/sanid/config.d/60-other.toml",
        "[pin]\niqn = \"iqn.2001-04.com.example:other\"\n",
    );
    host.run(&["apply", "--replace"]).expect(0);
    assert_eq!(unconfirmed(&host), ["iqn"]);
    let record: Value = serde_json::from_slice(&host.read(RECORD).unwrap()).unwrap();
    assert_eq!(record["unique"].as_array().unwrap().len(), 1);
}

/// The record is copied with the disk.
#[test]
fn a_confirmation_does_not_count_on_a_copy() {
    let host = Host::typical(MACHINE_ID);
    host.write(FILES[0], FOREIGN[0]);
    host.run(&["adopt", "--confirm-unique"]).expect(0);
    host.apply();
    assert_eq!(unconfirmed(&host), [""; 0]);
    host.write("etc/machine-id", format!("{OTHER_MACHINE_ID}\n"));
    assert_eq!(unconfirmed(&host), ["iqn"]);
    host.write("etc/machine-id", format!("{MACHINE_ID}\n"));
    assert_eq!(unconfirmed(&host), [""; 0]);
    let uuid = "11223344-5566-4788-99aa-bbccddeeff00\n";
    host.write("sys/class/dmi/id/product_uuid", uuid);
    assert_eq!(unconfirmed(&host), ["iqn"]);
    host.run(&["adopt", "--confirm-unique"]).expect(3);
}

#[test]
fn a_claim_of_exactly_these_names_confirms_them() {
    let host = Host::in_memory(MACHINE_ID);
    for (path, content) in FILES.iter().zip(FOREIGN) {
        host.write(path, content);
    }
    host.write("run/sanid/.keep", "");
    host.run(&["adopt"]).expect(0);
    let [iqn, nqn, id] = FOREIGN.map(str::trim_end);
    let iqn = iqn.trim_start_matches("InitiatorName=");
    let claim = |iqn: &str, state: &str| {
        format!(
            r#"{{"apiVersion":"sanid/v1","kind":"ClaimState","store":"s","state":"{state}","conflicts":0,
            "verified":"2026-01-01T00:00:00Z","claim":{{"iqn":"{iqn}","hostNqn":"{nqn}","hostId":"{id}"}}}}"#
        )
    };
    for (text, expected) in [
        (claim(iqn, "held"), &[][..]),
        (claim(iqn, "conflict"), &["iqn", "nvme"]),
        (claim("iqn.2001-04.com.example:x", "held"), &["iqn"]),
        ("{".into(), &["iqn", "nvme"]),
    ] {
        host.write(CLAIM, &text);
        assert_eq!(unconfirmed(&host), expected, "{text}");
    }
    host.write("etc/sanid/claim.toml", "store = \"sqlite:/x\"\n");
    let status = on(&["status"]).stdout(&host);
    assert!(status.contains("→ sanid-fleet claim "), "{status}");
}

/// What the boot keeps without being asked is kept all the same.
#[test]
fn names_that_the_boot_keeps_are_reported() {
    let host = Host::in_memory(MACHINE_ID);
    host.write("run/sanid/.keep", "");
    host.write(FILES[0], FOREIGN[0]);
    assert_eq!(unconfirmed(&host), [""; 0]);
    host.run(&["apply", "--boot"]).expect(0);
    assert_eq!(unconfirmed(&host), ["iqn"]);
    host.run(&["adopt", "--confirm-unique"]).expect(0);
    assert_eq!(unconfirmed(&host), [""; 0]);
}

#[test]
fn derived_names_need_no_confirmation() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    assert_eq!(unconfirmed(&host), [""; 0]);
    let ran = host.run(&["adopt", "--confirm-unique"]).expect(0);
    assert!(ran.stdout.contains("nothing is confirmed"), "{ran:#?}");
    let record: Value = serde_json::from_slice(&host.read(RECORD).unwrap()).unwrap();
    assert_eq!(record.get("unique"), None);
}
