//! A real etcd that holds the keys of earlier versions (tests/compat/README.md).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::NEEDS;
use super::server::{Etcd, Security};
use testkit::trial::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "etcd::lists_and_renews_claims_of_earlier_versions",
        NEEDS,
        lists_and_renews_claims_of_earlier_versions,
    )]
}

const RELEASES: [&str; 1] = ["0.1"];

/// Calls etcd's JSON gateway, which takes keys and values in base64, as the dump has them.
fn post(url: &str, path: &str, body: &Value) -> Value {
    let address = url.rsplit('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 OK\r\n"), "{path} {body}: {answer}");
    let (_, text) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(text).unwrap()
}

/// Loads a dump: one transaction per revision, with the same revision numbers.
fn load(url: &str, dump: &Value) {
    let mut revisions: BTreeMap<i64, Vec<Value>> = BTreeMap::new();
    for kv in dump["kvs"].as_array().unwrap() {
        let mut put = json!({"key": kv["key"], "value": kv["value"]});
        if let Some(lease) = kv.get("lease") {
            post(url, "/v3/lease/grant", &json!({"ID": lease, "TTL": 86_400}));
            put["lease"] = lease.clone();
        }
        let revision = kv["mod_revision"].as_i64().unwrap();
        revisions
            .entry(revision)
            .or_default()
            .push(json!({"request_put": put}));
    }
    let filler = || vec![json!({"request_put": {"key": "Lw==", "value": ""}})];
    for revision in 2..=*revisions.keys().last().unwrap() {
        let puts = revisions.remove(&revision).unwrap_or_else(filler);
        let done = post(url, "/v3/kv/txn", &json!({"success": puts}));
        assert_eq!(done["header"]["revision"], revision.to_string());
    }
}

fn lists_and_renews_claims_of_earlier_versions() {
    for release in RELEASES {
        let compat = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat");
        let file = |name: &str| -> Value {
            let bytes = std::fs::read(compat.join(release).join("claims").join(name)).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        let etcd = Etcd::start(Security::None);
        load(&etcd.url(), &file("etcd.json"));
        let store = format!("etcd:{}", etcd.url());
        let claim = |words: &[&str], code: i32| -> Value {
            let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
            command.args(["claim", "--store", &store, "--format", "json"]);
            let output = command.args(words).output().unwrap();
            assert_eq!(output.status.code(), Some(code), "{words:?}: {output:?}");
            serde_json::from_slice(&output.stdout).unwrap()
        };
        assert_eq!(claim(&["list"], 0), file("etcd/list.json"));
        assert_eq!(claim(&["list", "--history"], 0), file("etcd/history.json"));

        let directory = tempfile::tempdir().unwrap();
        let request = directory.path().join("request.json");
        let ask = |boot: u32, code: i32| -> Value {
            let mut asked = file("request.json");
            let boot = format!("{boot:08}-1111-4111-8111-111111111111");
            asked["holder"]["bootId"] = boot.into();
            std::fs::write(&request, asked.to_string()).unwrap();
            claim(
                &["--lease", "24h", "--from", request.to_str().unwrap()],
                code,
            )
        };
        assert_eq!(ask(2, 0), file("etcd/changed.json"));
        assert_eq!(ask(1, 1)["rivals"][0]["likeness"], "two-machines");
        let changed = ask(3, 0);
        assert_eq!(changed["outcome"], "renewed");
        assert!(changed["generation"].as_u64().unwrap() > 13);
    }
}
