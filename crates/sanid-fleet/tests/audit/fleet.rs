//! A fleet in a directory, and the command run on it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use snapbox::data::DataFormat;
use snapbox::{Assert, Data};

/// A host as its report shows it; what a test is not about is as sanid makes it.
#[derive(Clone)]
pub(crate) struct Node {
    pub(crate) host: String,
    /// What stands for its machine-id, and what its names are derived from.
    pub(crate) seed: u128,
    pub(crate) iqn: String,
    pub(crate) nqn: String,
    pub(crate) id: String,
    /// What is on disk where it is not the desired one.
    pub(crate) disk: Option<(String, String, String)>,
    pub(crate) source: &'static str,
    pub(crate) scheme: &'static str,
    pub(crate) findings: Vec<(&'static str, &'static str)>,
}

fn dashed(number: u128) -> String {
    let digits = format!("{number:032x}");
    [0..8, 8..12, 12..16, 16..20, 20..32]
        .map(|range| &digits[range])
        .join("-")
}

/// The names that would follow from this seed.
pub(crate) fn names(seed: u128) -> (String, String, String) {
    // Only to be different: what makes them is tested elsewhere.
    let uuid = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    (
        format!("iqn.2016-04.com.open-iscsi:{uuid:032x}"),
        format!("nqn.2014-08.org.nvmexpress:uuid:{}", dashed(uuid)),
        dashed(uuid),
    )
}

/// A host that is as it should be.
pub(crate) fn node(number: u128) -> Node {
    let (iqn, nqn, id) = names(number);
    Node {
        host: format!("node-{number}"),
        seed: number,
        iqn,
        nqn,
        id,
        disk: None,
        source: "derived",
        scheme: "sanid-v1",
        findings: Vec::new(),
    }
}

impl Node {
    pub(crate) fn report(&self) -> Value {
        let desired = (self.iqn.clone(), self.nqn.clone(), self.id.clone());
        let disk = self.disk.as_ref().unwrap_or(&desired);
        let file = |path: &str, value: &str| {
            if value.is_empty() {
                json!({"path": path, "state": "missing", "value": null, "why": null, "via": null})
            } else {
                json!({"path": path, "state": "valid", "value": value, "why": null, "via": "file"})
            }
        };
        let place = json!({"source": self.source, "place": "as the test says"});
        let findings: Vec<Value> = self
            .findings
            .iter()
            .map(|(code, severity)| json!({"code": code, "severity": severity, "part": null, "seen": "…", "why": "…", "fix": []}))
            .collect();
        json!({
            "apiVersion": "sanid/v1",
            "kind": "Status",
            "host": self.host,
            "desired": {
                "apiVersion": "sanid/v1", "kind": "Identity",
                "iqn": self.iqn, "hostNqn": self.nqn, "hostId": self.id,
                "scheme": self.scheme,
                "provenance": {"iqn": place, "nvme": place},
            },
            "seed": {"name": "machine-id", "state": "stable", "fingerprint": format!("{:032x}", self.seed ^ 0xf00d)},
            "onDisk": {
                "iqn": file("/etc/iscsi/initiatorname.iscsi", &disk.0),
                "hostNqn": file("/etc/nvme/hostnqn", &disk.1),
                "hostId": file("/etc/nvme/hostid", &disk.2),
            },
            "live": {"iscsi": [], "iscsiHosts": [], "nvme": []},
            "findings": findings,
        })
    }
}

/// Reports, one to a line.
pub(crate) fn lines(nodes: &[Node]) -> String {
    nodes
        .iter()
        .map(|node| format!("{}\n", node.report()))
        .collect()
}

/// Files in a directory, and the command beside them.
pub(crate) struct Fleet(tempfile::TempDir);

impl Fleet {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self(directory)
    }

    pub(crate) fn of(nodes: &[Node]) -> Self {
        Self::new(&[("reports.ndjson", &lines(nodes))])
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn output(&self, words: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
            .args(words)
            .env("COLUMNS", "100")
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that stops at its options reads nothing.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        child.wait_with_output().unwrap()
    }

    /// The document of an audit with these options, and its exit code.
    pub(crate) fn audit(&self, words: &[&str]) -> (Value, i32) {
        let words = [&["audit", "--format", "json"], words].concat();
        let output = self.output(&words, "");
        let text = String::from_utf8(output.stdout).unwrap();
        (
            serde_json::from_str(&text).unwrap(),
            output.status.code().unwrap(),
        )
    }

    /// Compares a transcript with the committed one.
    pub(crate) fn transcript(&self, name: &str, words: &[&str]) {
        let output = self.output(words, "");
        let mut text = format!("$ sanid-fleet {}\n", words.join(" "));
        text += &String::from_utf8(output.stdout).unwrap();
        for line in String::from_utf8(output.stderr).unwrap().lines() {
            text += &format!("stderr: {line}\n");
        }
        text += &format!("exit: {}\n", output.status.code().unwrap());
        let path: PathBuf = [
            env!("CARGO_MANIFEST_DIR"),
            "tests/audit/snapshots",
            &format!("{name}.txt"),
        ]
        .iter()
        .collect();
        let expected = Data::read_from(&path, Some(DataFormat::Text)).raw();
        Assert::new().action_env("SNAPSHOTS").eq(text, expected);
    }
}

/// Every code with the names of its hosts, those of the hosts' own findings left out.
pub(crate) fn found(document: &Value) -> Vec<(String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = document["findings"].as_array().unwrap().iter();
    let mut found = Vec::new();
    for finding in findings {
        let mut hosts: Vec<String> = finding["named"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| text(&one["host"]))
            .collect();
        hosts.sort();
        let also = finding["also"].as_array().cloned().unwrap_or_default();
        for code in std::iter::once(&finding["code"]).chain(&also) {
            if code != "host-finding" {
                found.push((text(code), hosts.clone()));
            }
        }
    }
    found
}
