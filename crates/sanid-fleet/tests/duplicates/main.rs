//! `sanid-fleet duplicates` on what arrays, hypervisors, inventories and hosts print: small files with made-up values,
//! one of each shape (`shapes`; `expected.json` has the verdict of each, and those who share).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testkit::Ran;

fn shape(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/duplicates/shapes")
        .join(name)
}

fn duplicates(arguments: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
    Ran::of(command.arg("duplicates").args(arguments))
}

fn report(files: &[&str]) -> (Value, Ran) {
    let paths: Vec<String> = files
        .iter()
        .map(|file| shape(file).display().to_string())
        .collect();
    let mut arguments = vec!["--format", "json"];
    arguments.extend(paths.iter().map(String::as_str));
    let ran = duplicates(&arguments);
    let report = serde_json::from_str(&ran.stdout).unwrap_or(Value::Null);
    (report, ran)
}

fn texts<'v>(values: &'v Value, key: &str) -> Vec<&'v str> {
    let all = values.as_array().unwrap();
    all.iter()
        .map(|one| one[key].as_str().or_else(|| one.as_str()).unwrap())
        .collect()
}

#[test]
fn each_shape_gives_its_verdict() {
    let expected = std::fs::read_to_string(shape("expected.json")).unwrap();
    let expected: serde_json::Map<String, Value> = serde_json::from_str(&expected).unwrap();
    for (file, expected) in &expected {
        let expected: Vec<&str> = texts(expected, "");
        let (report, ran) = report(&[file]);
        let (verdict, exit) = match expected[0] {
            "none" => (None, 0),
            "ask" => (Some("ask"), 1),
            // Sessions whose aliases are two hosts.
            "clone" | "live" => (Some("shared"), 1),
            other => panic!("{other}"),
        };
        // SPDK's list of connections has no name.
        let exit = if file == "live-spdk-iscsi.json" {
            2
        } else {
            exit
        };
        assert_eq!(ran.code, Some(exit), "{file}: {}{}", ran.stdout, ran.stderr);
        let Some(verdict) = verdict else { continue };
        let names = report["names"].as_array().unwrap();
        assert_eq!(names[0]["verdict"], verdict, "{file}: {report:#}");
        for who in &expected[1..] {
            let of_it = |one: &Value| {
                let all = [
                    texts(&one["hosts"], "name"),
                    texts(&one["groups"], "name"),
                    texts(&one["addresses"], ""),
                ];
                let (start, end) = who.split_once('…').unwrap_or((who, ""));
                all.concat()
                    .iter()
                    .any(|one| one.starts_with(start) && one.ends_with(end))
            };
            assert!(names.iter().any(of_it), "{file}: no {who} in {report:#}");
        }
    }
}

/// Shapes of other programs and lists. With a name of its own for the last of them nobody shares one.
#[test]
fn other_shapes_give_their_verdict_and_no_false_alarm() {
    let made = |name: &str| shape("../made").join(name);
    let expected = std::fs::read_to_string(made("expected.json")).unwrap();
    let expected: serde_json::Map<String, Value> = serde_json::from_str(&expected).unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (file, verdict) in &expected {
        let path = made(file);
        let ran = duplicates(&["--format", "json", path.to_str().unwrap()]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let found = report["names"]
            .get(0)
            .map_or("none", |one| one["verdict"].as_str().unwrap());
        assert_eq!(found, verdict, "{file}: {report:#}");
        if verdict != "shared" || ["dshbak.txt", "utf-16-without-mark.txt"].contains(&file.as_str())
        {
            continue;
        }
        let name = report["names"][0]["name"].as_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let at = text.to_lowercase().rfind(name).unwrap();
        let end = at + name.len() - 1;
        let other = format!("{}f{}", &text[..end], &text[end + 1..]);
        let path = directory.path().join(file);
        std::fs::write(&path, other).unwrap();
        let ran = duplicates(&[path.to_str().unwrap()]);
        assert_eq!(ran.code, Some(0), "{file}: {}", ran.stdout);
    }
}

/// What sanid itself writes: lists, reports, and the objects of a cluster, whose claims are nobody's.
#[test]
fn lists_of_sanid_are_read() {
    let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat/0.1");
    for (file, shared) in [
        ("fleet/identities.csv", vec![]),
        ("fleet/identities.json", vec![]),
        ("fleet/identities.ndjson", vec![]),
        ("fleet/identities.table", vec![]),
        (
            "fleet/reports.ndjson",
            vec!["copy-1.example.com", "copy-2.example.com"],
        ),
        ("kube/cluster.json", vec!["node-1", "node-2"]),
    ] {
        let path = compat.join(file);
        let ran = duplicates(&["--format", "json", path.to_str().unwrap()]);
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let names = report["names"].as_array().unwrap();
        let first = names
            .iter()
            .find(|one| texts(&one["hosts"], "name") == shared);
        assert_eq!(first.is_some(), !shared.is_empty(), "{file}: {report:#}");
        for hosts in names.iter().map(|one| texts(&one["hosts"], "name")) {
            let known = |host: &&str| host.starts_with("node-") || host.contains(".example.com");
            assert!(hosts.iter().all(known), "{file}: {hosts:?}");
        }
    }
}

/// Each array refuses a name twice, and does not know of the other.
#[test]
fn a_name_at_two_arrays_is_found() {
    let (one, _) = report(&["powerstore-hosts.json"]);
    assert_eq!(one["names"].as_array().unwrap().len(), 0);
    let (both, ran) = report(&["powerstore-hosts.json", "svc-lshost-delim.txt"]);
    assert_eq!(ran.code, Some(1));
    assert_eq!(
        texts(&both["names"][0]["hosts"], "name"),
        ["db-01", "db-02"]
    );
}

#[test]
fn people_see_who_where_and_what_was_not_read() {
    let path = shape("ansible-adhoc.txt").display().to_string();
    let ran = duplicates(&[&path]);
    for words in [
        "shared  iqn.1993-08.org.debian:01:5c0ffee0a1b2",
        "ansible-adhoc.txt:4",
        "web-01 did not answer: UNREACHABLE",
        "kvm-a did not answer: FAILED",
        "1 name: 1 shared",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
}

#[test]
fn what_has_no_name_is_no_all_clear() {
    let directory = tempfile::tempdir().unwrap();
    for (text, word) in [
        ("", "nothing was compared"),
        ("root:x:0:0:root:/root:/bin/bash\n", "nothing was compared"),
        (
            "<!DOCTYPE html><html><body>Log in</body></html>",
            "page of HTML",
        ),
        ("{\"hosts\": [", "no JSON"),
    ] {
        let path = directory.path().join("file");
        std::fs::write(&path, text).unwrap();
        let ran = duplicates(&[path.to_str().unwrap()]);
        assert_eq!(ran.code, Some(2), "{text}");
        assert!(ran.stderr.contains(word), "{text}: {}", ran.stderr);
    }
    assert_eq!(duplicates(&["/nowhere"]).code, Some(2));
}
