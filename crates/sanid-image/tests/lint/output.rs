//! The output: documents that fit their schemas, text word for word, and never the machine-id.

use std::fmt::Write as _;

use serde_json::Value;
use snapbox::{assert_data_eq, file};

use crate::support::{ID, IQN, MACHINE_ID, lint_tar_raw, said, sanid_image, tar, tree};

fn image() -> tempfile::TempDir {
    let id = format!("{MACHINE_ID}\n");
    let talos = format!("nqn.2017-11.dev.talos:uuid:{MACHINE_ID}\n");
    let entry = format!("boot/loader/entries/{MACHINE_ID}-6.1.conf");
    let line = format!("machine-id {MACHINE_ID}\noptions systemd.machine_id={MACHINE_ID}\n");
    tree(&[
        ("etc/machine-id", id.as_bytes()),
        ("var/lib/dbus/machine-id", id.as_bytes()),
        ("etc/kernel/entry-token", id.as_bytes()),
        ("etc/iscsi/initiatorname.iscsi", IQN.as_bytes()),
        ("etc/nvme/hostnqn", talos.as_bytes()),
        ("etc/nvme/hostid", ID.as_bytes()),
        (&entry, line.as_bytes()),
        (
            "boot/initrd.img-6.1",
            &sanid_image::cpio::archive(&[("etc/machine-id", id.as_bytes())]),
        ),
    ])
}

fn valid(schema: &str, document: &Value) -> Vec<String> {
    let schema = serde_json::from_str(schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect()
}

const OURS: &str = include_str!("../../../../docs/schema/sanid-image-v1.schema.json");
/// As OASIS publishes it; from the crate serde-sarif 0.8.0. One of its patterns, that of a language, is no
/// regular expression.
fn published() -> String {
    let text = include_str!("../data/sarif-schema-2.1.0.json");
    let fixed = text.replace("|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "(-[a-zA-Z]{2})?$");
    assert_ne!(fixed, text);
    fixed
}

#[test]
fn every_document_fits_the_committed_schema() {
    let image = image();
    let root = image.path().to_str().unwrap();
    for (words, kind) in [
        (&["lint"][..], "Lint"),
        (&["seal", "--dry-run"], "Seal"),
        (&["seal"], "Seal"),
    ] {
        let output = sanid_image(&[words, &["--format", "json", "--root", root]].concat());
        let mut document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(document["kind"], kind);
        assert_eq!(valid(OURS, &document), Vec::<String>::new());
        document["image"] = 1.into();
        assert_ne!(valid(OURS, &document), Vec::<String>::new());
    }
}

#[test]
fn sarif_fits_the_published_schema() {
    let image = image();
    let root = image.path().to_str().unwrap();
    let output = sanid_image(&["lint", "--format", "sarif", "--root", root]);
    assert_eq!(output.status.code(), Some(1));
    let mut log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(valid(&published(), &log), Vec::<String>::new());
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 5);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert!(!place["uri"].as_str().unwrap().starts_with('/'));
    }
    log["runs"][0]["results"][0]["level"] = "catastrophe".into();
    assert_ne!(valid(&published(), &log), Vec::<String>::new());
    let output = lint_tar_raw(b"no tar", "sarif");
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(valid(&published(), &log), Vec::<String>::new());
    assert_eq!(
        log["runs"][0]["invocations"][0]["executionSuccessful"],
        false
    );
}

#[test]
fn the_machine_id_is_never_shown() {
    let image = image();
    let root = image.path().to_str().unwrap();
    let dashed = "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4";
    let mut said_all = String::new();
    for words in [
        &["lint"][..],
        &["lint", "--format", "json"],
        &["lint", "--format", "sarif"],
        &["seal", "--dry-run"],
        &["seal", "--format", "json"],
        &["seal"],
    ] {
        said_all += &said(&sanid_image(&[words, &["--root", root]].concat()));
    }
    let id = format!("{MACHINE_ID}\n");
    let nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{dashed}\n");
    let layer = tar(&[
        ("etc/nvme/hostnqn", nqn.as_bytes()),
        ("etc/machine-id", id.as_bytes()),
    ]);
    said_all += &said(&lint_tar_raw(&layer, "text"));
    assert!(said_all.contains("machine-id-set"));
    assert!(
        !said_all.contains(MACHINE_ID) && !said_all.contains(dashed),
        "{said_all}"
    );
}

#[test]
fn the_text_is_word_for_word() {
    let image = image();
    let root = image.path().to_str().unwrap();
    let mut text = String::new();
    for words in [
        &["lint"][..],
        &["seal", "--dry-run"],
        &["seal"],
        &["seal"],
        &["lint"],
    ] {
        let line = [words, &["--root", "DIR"]].concat().join(" ");
        writeln!(text, "$ sanid {line}").unwrap();
        let output = sanid_image(&[words, &["--root", root]].concat());
        text += &said(&output).replace(root, "DIR");
        writeln!(text, "exit {}\n", output.status.code().unwrap()).unwrap();
    }
    assert_data_eq!(text, file!["snapshots/lint-and-seal.txt"].raw());
}
