//! Names on disk that follow from this host's own seeds.

use std::process::Command;

use serde_json::Value;

use crate::support::host::{FILES, Host, MACHINE_ID};
use crate::transcript::{compare, on};

const SCHEME: &str = "etc/sanid/config.d/10-scheme.toml";
const UUID: &str = "sys/class/dmi/id/product_uuid";
/// The host NQN and the Host ID are not in the initiator name's file.
const SCHEMES: [&str; 6] = [
    "talos",
    "nvme-cli-1",
    "nvme-cli-2",
    "nvme-cli-3",
    "nvme-stas",
    "sanid-v1",
];

fn scheme(name: &str) -> String {
    format!("scheme = \"{name}\"\n")
}

/// A host whose files were made by the rule of a scheme that is not the configured one.
fn named_by(name: &str) -> Host {
    let host = Host::typical(MACHINE_ID);
    if name == "nvme-cli-3" {
        // It takes the machine-id here; else its names are those of nvme-cli 2.
        std::fs::remove_file(host.at(UUID)).unwrap();
    }
    host.write(SCHEME, scheme(name));
    host.apply();
    std::fs::remove_dir_all(host.at("var/lib/sanid")).unwrap();
    let configured = if name == "sanid-v1" {
        "talos"
    } else {
        "sanid-v1"
    };
    host.write(SCHEME, scheme(configured));
    host
}

fn json(host: &Host, words: &[&str]) -> Value {
    let words = [words, &["--format", "json"]].concat();
    serde_json::from_str(&on(&words).stdout(host)).unwrap()
}

fn published(host: &Host) -> Vec<String> {
    let findings = host.findings("seed-published");
    let seen = |one: &Value| one.get("seen").unwrap().as_str().unwrap().to_owned();
    findings.iter().map(seen).collect()
}

#[test]
fn names_of_a_known_scheme_are_offered_that_scheme_and_it_works() {
    for name in SCHEMES {
        let host = named_by(name);
        let three = host.three();
        let status = json(&host, &["status"]);
        let differs = status["findings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["code"] == "nvme-differs" || one["code"] == "file-invalid");
        let fix = differs.unwrap()["fix"][0].as_str().unwrap().to_owned();
        let refused = json(&host, &["apply"]);
        let way = &refused["refusals"][0]["ways"][0]["command"];
        let command = way.as_str().unwrap();
        assert!(fix.starts_with(command), "{name}: {fix}");
        assert!(
            fix.ends_with(&format!("these are the names of scheme {name}")),
            "{fix}"
        );
        let done = Command::new("sh")
            .args(["-c", command])
            .current_dir(host.root())
            .status();
        assert!(done.unwrap().success(), "{name}: {command}");
        host.apply();
        assert_eq!(host.three(), three, "{name}");
    }
}

/// nvme-cli 1 made no Host ID; its scheme gives the one that follows.
#[test]
fn a_host_nqn_without_a_host_id_is_recognised() {
    for name in ["nvme-cli-1", "nvme-cli-2"] {
        let host = named_by(name);
        std::fs::remove_file(host.at(FILES[2])).unwrap();
        let refused = json(&host, &["apply"]);
        let effect = &refused["refusals"][0]["ways"][0]["effect"];
        let expected = format!("keep it: these are the names of scheme {name}");
        assert_eq!(effect.as_str(), Some(expected.as_str()), "{refused:#}");
    }
}

#[test]
fn a_scheme_that_would_not_keep_the_names_is_not_offered() {
    let offered = |host: &Host| {
        let refused = json(host, &["apply"]);
        refused.to_string().contains("names of scheme")
    };
    // A Host ID of another pair.
    let host = named_by("nvme-cli-2");
    assert!(offered(&host));
    host.write(FILES[2], "a3b1c2d4-0000-4000-8000-0123456789ab\n");
    assert!(!offered(&host));
    // The scheme would change the initiator name, which is the desired one.
    let host = named_by("talos");
    assert!(offered(&host));
    host.write(
        FILES[0],
        "InitiatorName=iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b\n",
    );
    assert!(!offered(&host));
    // A pin outranks every scheme.
    let host = named_by("nvme-cli-2");
    host.write(
        "etc/sanid/config.d/20-pin.toml",
        "[pin]\niqn = \"iqn.2001-04.com.example:x\"\nhostid = \"a3b1c2d4-0000-4000-8000-0123456789ab\"\n",
    );
    assert!(!offered(&host));
}

/// Talos puts the machine-id into its names, whatever scheme is configured.
#[test]
fn a_talos_name_on_disk_publishes_the_seed() {
    let host = named_by("talos");
    let found = published(&host);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[1].contains("/etc/nvme/hostnqn and in /etc/nvme/hostid"),
        "{found:?}"
    );
    for seen in found {
        assert!(
            !seen.contains(MACHINE_ID) && !seen.contains("33643132"),
            "{seen}"
        );
    }
    compare("talos-names", &host, &[on(&["status"]), on(&["apply"])]);
}

/// systemd takes the machine-id of a KVM guest from the firmware's UUID (machine-id(5)), and nvme-cli 2 the host NQN.
#[test]
fn a_firmware_uuid_that_is_the_machine_id_publishes_the_seed() {
    let host = named_by("nvme-cli-2");
    assert_eq!(
        published(&host),
        [""; 0],
        "the UUID of the firmware is not the seed"
    );
    host.write(UUID, "3D1219C7-C4C5-404A-AA1F-6D2A48ADFDA4\n");
    host.write(
        FILES[1],
        "nqn.2014-08.org.nvmexpress:uuid:3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n",
    );
    host.write(FILES[2], "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n");
    assert_eq!(published(&host).len(), 1);
    host.write(
        FILES[0],
        format!("InitiatorName=iqn.2001-04.com.example:db-{MACHINE_ID}.x\n"),
    );
    assert_eq!(published(&host).len(), 2);
}

#[test]
fn the_seed_of_the_firmware_in_a_name_is_published_where_names_are_derived_from_it() {
    let host = named_by("nvme-cli-2");
    host.write(SCHEME, "seed = [\"dmi\"]\n");
    assert_eq!(published(&host).len(), 1);
}
