//! How this version treats files that a later version wrote: an initramfs may hold an older `sanid` than the
//! system that it starts. A released version cannot be changed, so later formats must work with the behaviour
//! that these tests record.

use serde_json::{Value, json};

use crate::releases::releases;
use crate::{HOST_ID, OTHER_HOST_ID, OTHER_MACHINE_ID, json, read, sanid, write};

const RECORD: &str = "var/lib/sanid/record.json";
const HARDWARE: &str = "var/lib/sanid/hardware.json";

/// A copy of the host with one document changed.
fn changed(path: &str, change: impl Fn(&mut Value)) -> tempfile::TempDir {
    let release = releases().pop().unwrap();
    let host = release.copy("host");
    let mut document: Value = serde_json::from_str(&read(host.path(), path)).unwrap();
    change(&mut document);
    write(host.path(), path, &document.to_string());
    host
}

/// sanid changes no name on the word of a record that it does not understand.
#[test]
fn a_record_of_another_version_proves_nothing() {
    let host = changed(RECORD, |record| record["apiVersion"] = json!("sanid/v2"));
    let root = host.path();
    write(root, "etc/machine-id", OTHER_MACHINE_ID);
    let before = read(root, RECORD);
    sanid(root, &["apply"]).expect(3);
    assert_eq!(read(root, "etc/nvme/hostid"), format!("{HOST_ID}\n"));
    assert_eq!(read(root, RECORD), before, "a refusal writes nothing");
    sanid(root, &["apply", "--replace"]).expect(0);
    assert_eq!(read(root, "etc/nvme/hostid"), format!("{OTHER_HOST_ID}\n"));
}

/// The record is also lost: the next `apply` replaces it with one of its own version, even if nothing else
/// changes.
#[test]
fn a_record_of_another_version_is_replaced() {
    let host = changed(RECORD, |record| record["apiVersion"] = json!("sanid/v2"));
    let root = host.path();
    let release = releases().pop().unwrap();
    sanid(root, &["apply"]).expect(0);
    assert_eq!(
        serde_json::from_str::<Value>(&read(root, RECORD)).unwrap(),
        release.json(&format!("host/{RECORD}"))
    );
}

/// The rest of the record is understood. The next change drops the field.
#[test]
fn an_unknown_field_of_a_record_is_ignored() {
    let host = changed(RECORD, |record| {
        record["nfs4"] = json!({"clientId": "x"});
        record["iqn"]["checkedBy"] = json!("x");
    });
    let root = host.path();
    sanid(root, &["apply"]).expect(0);
    assert!(read(root, RECORD).contains("nfs4"), "nothing changed");
    write(root, "etc/machine-id", OTHER_MACHINE_ID);
    sanid(root, &["apply"]).expect(0);
    assert_eq!(read(root, "etc/nvme/hostid"), format!("{OTHER_HOST_ID}\n"));
    assert!(!read(root, RECORD).contains("nfs4"), "rewritten");
}

/// `hardware record` replaces it.
#[test]
fn a_hardware_record_of_another_version_is_not_compared() {
    let host = changed(HARDWARE, |record| record["apiVersion"] = json!("sanid/v2"));
    let root = host.path();
    let show = ["hardware", "show", "--format", "json"];
    assert_eq!(json(&sanid(root, &show), root)["comparison"], Value::Null);
    sanid(root, &["hardware", "record"]).expect(0);
    assert!(read(root, HARDWARE).contains("\"sanid/v1\""));
    assert_eq!(
        json(&sanid(root, &show), root)["comparison"]["verdict"],
        "same-host"
    );
}

#[test]
fn an_unknown_kind_of_evidence_is_ignored() {
    let host = changed(HARDWARE, |record| record["tpm"] = json!("0123"));
    let show = sanid(host.path(), &["hardware", "show", "--format", "json"]).expect(0);
    assert_eq!(
        json(&show, host.path())["comparison"]["verdict"],
        "same-host"
    );
    sanid(host.path(), &["hardware", "record"]).expect(0);
    assert!(
        read(host.path(), HARDWARE).contains("tpm"),
        "nothing to add"
    );
}

/// The key could ask for a different identity.
#[test]
fn an_unknown_configuration_key_is_an_error() {
    let host = releases().pop().unwrap().copy("host");
    let root = host.path();
    std::fs::create_dir(root.join("etc/sanid")).unwrap();
    write(root, "etc/sanid/config.toml", "nfs-client-id = \"keep\"\n");
    for words in [["apply"], ["status"], ["show"]] {
        let ran = sanid(root, &words).expect(2);
        assert!(
            ran.stderr
                .contains("/etc/sanid/config.toml:1:1: unknown key \"nfs-client-id\""),
            "{ran:?}"
        );
    }
}

/// `adopt` does not check the version of an escrow record, and ignores unknown fields.
#[test]
fn an_escrow_record_of_another_version_is_accepted() {
    let release = releases().pop().unwrap();
    let mut record = release.json("escrow/db-1.json");
    record["apiVersion"] = json!("sanid/v2");
    record["nfs4ClientId"] = json!("x");
    let host = release.copy("host");
    let file = host.path().join("record.json");
    std::fs::write(&file, record.to_string()).unwrap();
    sanid(host.path(), &["adopt", "--from", file.to_str().unwrap()]).expect(0);
    record["kind"] = json!("Escrow2");
    std::fs::write(&file, record.to_string()).unwrap();
    sanid(host.path(), &["adopt", "--from", file.to_str().unwrap()]).expect(2);
}
