//! Old documents match the current schema, and the same host still gives the same documents.

use serde_json::Value;
use testkit::Ran;

use crate::kept::assert_kept;
use crate::releases::releases;
use crate::{command, json, sanid};

#[test]
fn old_documents_match_the_committed_schema() {
    let text = include_str!("../../../../docs/schema/sanid-v1.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(text).unwrap()).unwrap();
    for release in releases() {
        let mut kinds = Vec::new();
        let documents = release.list("documents");
        let documents = documents
            .iter()
            .filter(|name| name.contains(".json"))
            .map(|name| format!("documents/{name}"));
        let published = ["host", "records/kept", "records/bind"]
            .map(|tree| format!("{tree}/run/sanid/identity.json"));
        for name in documents.chain(published) {
            let document = release.json(&name);
            assert_eq!(document["apiVersion"], "sanid/v1", "{name}");
            let errors: Vec<String> = schema
                .iter_errors(&document)
                .map(|error| error.to_string())
                .collect();
            assert!(errors.is_empty(), "{name}: {errors:?}");
            kinds.push(document["kind"].as_str().unwrap().to_owned());
        }
        kinds.sort();
        kinds.dedup();
        assert_eq!(
            kinds,
            [
                "Adopt",
                "Applied",
                "Apply",
                "Check",
                "Config",
                "Error",
                "Hardware",
                "Identity",
                "IdentityList",
                "Reseed",
                "Status"
            ],
            "{}",
            release.version
        );
    }
}

#[test]
fn the_same_host_gives_the_same_documents() {
    for release in releases() {
        for (tree, words, document, code) in [
            ("host", &["show"][..], "show.json", 0),
            ("host", &["show", "--explain"], "show-explain.json", 0),
            ("host", &["hardware", "show"], "hardware.json", 0),
            ("host", &["config"], "config.json", 0),
            ("foreign", &["apply"], "apply-refused.json", 3),
            ("foreign", &["apply", "--keep"], "apply-keep.json", 0),
        ] {
            let before = release.json(&format!("documents/{document}"));
            let host = if tree == "foreign" {
                let host = release.copy("records/kept");
                let _ = std::fs::remove_dir_all(host.path().join("var"));
                std::fs::remove_dir_all(host.path().join("run")).unwrap();
                std::fs::write(host.path().join("etc/machine-id"), crate::MACHINE_ID).unwrap();
                host
            } else {
                release.copy(tree)
            };
            let now = sanid(host.path(), &[words, &["--format", "json"]].concat()).expect(code);
            assert_kept(&before, &json(&now, host.path()), document);
        }
    }
}

/// The findings depend on the machine that runs the test.
#[test]
fn status_reports_the_same_identity() {
    for release in releases() {
        let host = release.copy("host");
        let now = sanid(host.path(), &["status", "--format", "json"]);
        let now = json(&now, host.path());
        let before = release.json("documents/status.json");
        for key in ["kind", "host", "desired", "seed", "onDisk", "hardware"] {
            assert_kept(&before[key], &now[key], key);
        }
    }
}

#[test]
fn derive_prints_the_same_in_every_format() {
    for release in releases() {
        for format in ["json", "ndjson", "csv", "text"] {
            let mut derive = command(&["derive", "--format", format]);
            let directory = tempfile::tempdir().unwrap();
            let ids = directory.path().join("ids");
            std::fs::write(&ids, crate::MACHINE_ID).unwrap();
            derive.stdin(std::fs::File::open(ids).unwrap());
            let now = Ran::of(&mut derive).expect(0).stdout;
            let before = release.text(&format!("documents/derive.{format}"));
            if format == "json" {
                let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                assert_kept(&parse(&before), &parse(&now), format);
            } else {
                assert_eq!(now, before, "{format}");
            }
        }
    }
}

/// Schedulers select nodes by these labels.
#[test]
fn node_features_keep_their_names() {
    for release in releases() {
        let host = release.copy("host");
        let now = sanid(host.path(), &["status", "--format", "nfd"]).stdout;
        let names = |text: &str| -> Vec<String> {
            let lines = text.lines().filter(|line| !line.starts_with('#'));
            lines
                .map(|line| line.split('=').next().unwrap().to_owned())
                .collect()
        };
        let before = names(&release.text("documents/status.nfd"));
        assert!(!before.is_empty());
        for name in before {
            assert!(names(&now).contains(&name), "{name} is gone: {now}");
        }
    }
}
