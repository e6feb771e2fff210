//! Old documents about images match the current schema, and the same image still gives the same documents
//! (tests/compat/README.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../tests/compat/kept.rs"]
mod kept;
#[path = "../../../tests/compat/releases.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod releases;

use std::path::Path;
use std::process::Command;

use kept::assert_kept;
use releases::{Release, releases};
use serde_json::Value;

const DOCUMENTS: [(&[&str], &str, &str); 4] = [
    (&["lint"], "lint.json", "Lint"),
    (&["initramfs"], "initramfs.json", "Initramfs"),
    (&["seal", "--dry-run"], "seal-dry-run.json", "Seal"),
    (&["seal"], "seal.json", "Seal"),
];

/// The image that the documents are about.
fn image(release: &Release) -> tempfile::TempDir {
    let image = release.copy("records/kept");
    let _ = std::fs::remove_dir_all(image.path().join("var"));
    std::fs::remove_dir_all(image.path().join("run")).unwrap();
    let id = release.bytes("host/etc/machine-id");
    let initrd = release.bytes("image/initrd.img");
    for (path, bytes) in [
        ("etc/machine-id", id.as_slice()),
        ("var/lib/dbus/machine-id", id.as_slice()),
        ("boot/initrd.img-6.1", initrd.as_slice()),
    ] {
        let path = image.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    image
}

/// The printed document, with the image's path as in the release.
fn document(root: &Path, words: &[&str], format: &str) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-image"));
    command.args(words).args(["--format", format, "--root"]);
    let output = command.arg(root).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text.replace(root.to_str().unwrap(), "/mnt")).unwrap()
}

#[test]
fn the_same_image_gives_the_same_documents() {
    for release in releases() {
        let image = image(&release);
        for (words, name, _) in DOCUMENTS {
            let before = release.json(&format!("image/{name}"));
            assert_kept(&before, &document(image.path(), words, "json"), name);
        }
    }
}

/// Code scanning tracks results by rule and location.
#[test]
fn the_same_image_gives_the_same_sarif() {
    for release in releases() {
        let image = image(&release);
        let now = document(image.path(), &["lint"], "sarif");
        let before = release.json("image/lint.sarif");
        let results = |sarif: &Value| -> Vec<(Value, Value)> {
            let results = sarif["runs"][0]["results"].as_array().unwrap().iter();
            results
                .map(|one| (one["ruleId"].clone(), one["locations"].clone()))
                .collect()
        };
        assert!(!results(&before).is_empty());
        for one in results(&before) {
            assert!(results(&now).contains(&one), "{one:?} is gone");
        }
    }
}

#[test]
fn old_documents_match_the_committed_schema() {
    let text = include_str!("../../../docs/schema/sanid-image-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    for release in releases() {
        for (_, name, kind) in DOCUMENTS {
            let document = release.json(&format!("image/{name}"));
            assert_eq!(document["kind"], kind);
            let errors: Vec<String> = schema
                .iter_errors(&document)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
        }
    }
}
