//! One table of hosts, each run through every command that reads a host: they agree on names, sources and findings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::Path;
use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::Ran;
use testkit::hosts::{FILES, Tree, table};
use testkit::trial::trial;

/// This test is `sanid` where this is set.
const AS_SANID: &str = "AGREE_TEST_AS_SANID";
/// The keys of the names in documents, in the order of [`FILES`].
const KEYS: [&str; 3] = ["iqn", "hostNqn", "hostId"];

fn main() -> ExitCode {
    if std::env::var_os(AS_SANID).is_some() {
        return sanid::run(std::env::args_os());
    }
    let trials = table().into_iter().map(|tree| {
        let name = format!("all commands agree on a host: {}", tree.name);
        trial(&name, &[], move || agree(&tree))
    });
    testkit::trial::run(&Arguments::from_args(), trials.collect())
}

/// A tree on disk.
struct Host(TempDir);

impl Host {
    fn of(tree: &Tree) -> Self {
        let host = tempfile::Builder::new().tempdir_in(tree.place).unwrap();
        tree.write(host.path());
        Self(host)
    }

    /// `sanid WORDS --format json --root ROOT`: its exit code and its document.
    fn sanid(&self, words: &[&str]) -> (i32, Value) {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(AS_SANID, "1").args(words);
        command
            .args(["--format", "json", "--root"])
            .arg(self.0.path());
        let output = command.output().unwrap();
        let document = serde_json::from_slice(&output.stdout);
        let document = document.unwrap_or_else(|_| panic!("{words:?}: {output:?}"));
        (output.status.code().unwrap(), document)
    }
}

/// The names in a document.
fn names(document: &Value) -> Value {
    json!({"iqn": document["iqn"], "hostNqn": document["hostNqn"], "hostId": document["hostId"]})
}

fn agree(tree: &Tree) {
    let host = Host::of(tree);
    let before = listing(host.0.path());
    let (show_code, show) = host.sanid(&["show"]);
    let (_, status) = host.sanid(&["status"]);
    let (apply_code, apply) = host.sanid(&["apply", "--dry-run"]);
    let (_, replace) = host.sanid(&["apply", "--dry-run", "--replace"]);
    let (_, adopt) = host.sanid(&["adopt", "--dry-run"]);
    let seen =
        json!({"show": show, "status": status, "apply": apply, "replace": replace, "adopt": adopt});
    let desired = if show["kind"] == "Identity" {
        &show
    } else {
        &Value::Null
    };

    // One identity, from one source.
    assert_eq!(names(&status["desired"]), names(desired), "{seen:#}");
    assert_eq!(
        status["desired"]["provenance"], desired["provenance"],
        "{seen:#}"
    );
    codes(&status, (show_code, apply_code), &seen);
    apply_agrees(&status, &apply, &replace, &seen);
    adopt_agrees(&status, &adopt, &seen);
    fleet_agrees(tree, &host, &status, &seen);
    assert_eq!(
        listing(host.0.path()),
        before,
        "a command that reads writes nothing"
    );
}

/// A part without a name is a finding of its source, and the exit code of every command says so.
fn codes(status: &Value, (show, apply): (i32, i32), seen: &Value) {
    let withheld = KEYS.iter().any(|key| status["desired"][*key].is_null());
    let found = |code: &str| findings(status).any(|one| one["code"] == code);
    assert_eq!(
        withheld,
        found("no-seed") || found("source-invalid"),
        "{seen:#}"
    );
    assert_eq!(show != 0, withheld, "show: {seen:#}");
    if withheld {
        assert_ne!(apply, 0, "apply: {seen:#}");
    }
}

fn findings(status: &Value) -> impl Iterator<Item = &Value> {
    status["findings"].as_array().into_iter().flatten()
}

/// `apply` writes the desired names or refuses for the parts that `status` finds to differ.
fn apply_agrees(status: &Value, apply: &Value, replace: &Value, seen: &Value) {
    let written = [apply, replace].map(|report| report["changes"].as_array().cloned());
    for change in written.into_iter().flatten().flatten() {
        let at = FILES
            .iter()
            .position(|file| change["path"] == format!("/{file}"));
        let key = KEYS[at.unwrap()];
        let kept = change["reason"] == "the other half of the kept pair";
        assert!(
            kept || change["after"] == status["desired"][key],
            "{seen:#}"
        );
    }
    for refusal in apply["refusals"].as_array().into_iter().flatten() {
        let part = &refusal["part"];
        let known = [
            "iqn-differs",
            "nvme-differs",
            "file-invalid",
            "file-empty",
            "pair-half",
            "readers-disagree",
        ];
        let finds =
            |one: &Value| one["part"] == *part && known.iter().any(|code| one["code"] == *code);
        assert!(
            findings(status).any(finds),
            "a refusal without a finding: {seen:#}"
        );
    }
    let outcome = apply["outcome"].as_str();
    let drifts = [
        "iqn-differs",
        "nvme-differs",
        "file-missing",
        "file-empty",
        "file-invalid",
        "pair-half",
    ];
    let drift = findings(status).find(|one| drifts.iter().any(|code| one["code"] == *code));
    assert!(
        outcome != Some("unchanged") || drift.is_none(),
        "{drift:#?} and nothing to do: {seen:#}"
    );
}

/// `adopt` pins what `status` shows on disk.
fn adopt_agrees(status: &Value, adopt: &Value, seen: &Value) {
    for key in KEYS {
        let pin = &adopt["pins"][key];
        let on_disk = &status["onDisk"][key];
        let is_taken_by_its_reader = on_disk["state"] == "valid";
        if pin.is_string() && is_taken_by_its_reader {
            assert_eq!(*pin, on_disk["value"], "{key}: {seen:#}");
        }
    }
}

/// What `sanid-fleet` derives and keeps of the host are the names that the host shows.
fn fleet_agrees(tree: &Tree, host: &Host, status: &Value, seen: &Value) {
    let machine_id = std::fs::read_to_string(host.0.path().join("etc/machine-id")).unwrap();
    let uuid = tree
        .files
        .iter()
        .find(|(path, _)| path.ends_with("product_uuid"));
    let uuid = uuid.map_or("", |(_, bytes)| std::str::from_utf8(bytes).unwrap().trim());
    let desired = &status["desired"];
    let scheme = desired["scheme"].as_str().unwrap_or("sanid-v1");
    let is_derived = ["iqn", "nvme"].map(|part| desired["provenance"][part]["source"] == "derived");
    let by_firmware = status["seed"]["name"] == "dmi";
    if is_derived == [true, true] && !by_firmware {
        let row = format!(
            "host,machine_id,system_uuid,scheme\ndb-1,{},{uuid},{scheme}\n",
            machine_id.trim()
        );
        let ran = fleet(&["derive"], row.as_bytes());
        let names: Vec<&str> = KEYS
            .iter()
            .map(|key| desired[*key].as_str().unwrap())
            .collect();
        let expected = format!("host,iqn,host_nqn,host_id\ndb-1,{}\n", names.join(","));
        assert_eq!(ran.stdout, expected, "{ran:?} {seen:#}");
        if scheme == "sanid-v1" || scheme == "talos" || scheme.starts_with("nvme-cli-1") {
            let mut command = Command::new(std::env::current_exe().unwrap());
            command
                .env(AS_SANID, "1")
                .args(["derive", "--scheme", scheme, "--format", "ndjson"]);
            let ran = Ran::with_input(&mut command, machine_id.as_bytes());
            let line: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(self::names(&line), self::names(desired), "{seen:#}");
        }
    }
    escrow_agrees(host, status, seen);
}

/// A record of escrow has the names on disk, or the desired ones where a file has none.
fn escrow_agrees(host: &Host, status: &Value, seen: &Value) {
    let ran = fleet(&["escrow", "--root", host.0.path().to_str().unwrap()], b"");
    let Ok(record) = serde_json::from_str::<Value>(&ran.stdout) else {
        assert!(!ran.stderr.is_empty(), "{ran:?}");
        return;
    };
    for key in KEYS {
        let on_disk = &status["onDisk"][key];
        let expected = if on_disk["state"] == "valid" {
            &on_disk["value"]
        } else {
            &status["desired"][key]
        };
        assert_eq!(record[key], *expected, "{key}: {ran:?} {seen:#}");
    }
    let report = status.to_string();
    let of_report = fleet(&["escrow", "--host", "db-1", "-"], report.as_bytes());
    let of_report: Value = serde_json::from_str(&of_report.stdout).unwrap();
    assert_eq!(names(&of_report), names(&record), "{seen:#}");
}

fn fleet(words: &[&str], input: &[u8]) -> Ran {
    Ran::with_input(
        Command::new(env!("CARGO_BIN_EXE_sanid-fleet")).args(words),
        input,
    )
}

/// The paths below a root.
fn listing(root: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}
