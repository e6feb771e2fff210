//! The SQL of docs/fleet.md, run by DuckDB, finds the same groups of hosts as `sanid-fleet audit`.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use libtest_mimic::Trial;
use serde_json::Value;
use testkit::trial::{Need, trial};

use crate::reports;

const NEEDS: &[Need] = &[
    Need::Program("python3", "python3"),
    Need::Set("SANID_DUCKDB", "DuckDB"),
];
const HOSTS: u64 = 20_000;
/// What the documented query calls a value, and the code of the finding about hosts that share one.
const CODES: [(&str, &str); 4] = [
    ("seed", "duplicate-seed"),
    ("iqn", "duplicate-iqn"),
    ("host_nqn", "duplicate-host-nqn"),
    ("host_id", "duplicate-host-id"),
];

/// The code of a finding, and the hosts that share a value.
type Groups = BTreeSet<(String, Vec<String>)>;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "the_sql_in_the_docs_finds_the_groups_that_an_audit_finds",
        NEEDS,
        the_sql_finds_what_an_audit_finds,
    )]
}

fn the_sql_finds_what_an_audit_finds() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("reports.ndjson");
    let mut text = Vec::new();
    for number in 0..HOSTS {
        reports::report(&mut text, number).unwrap();
    }
    fs::write(&path, text).unwrap();
    let audited = audited(directory.path());
    for (_, code) in CODES {
        let groups = audited.iter().filter(|(of, _)| of == code).count();
        assert!(groups > 2, "{code}: {groups} groups");
    }
    assert_eq!(queried(directory.path()), audited);
}

fn audited(directory: &std::path::Path) -> Groups {
    let audit = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
        .args(["audit", "--format", "json", "--limit", "100000"])
        .arg("reports.ndjson")
        .current_dir(directory)
        .output()
        .unwrap();
    assert_eq!(audit.status.code(), Some(1), "{audit:?}");
    let audit: Value = serde_json::from_slice(&audit.stdout).unwrap();
    let findings = audit["findings"].as_array().unwrap();
    let codes = |finding: &Value| {
        let also = finding["also"].as_array().cloned().unwrap_or_default();
        [vec![finding["code"].clone()], also].concat()
    };
    findings
        .iter()
        .flat_map(|finding| codes(finding).into_iter().map(move |code| (code, finding)))
        .map(|(code, finding)| (code.as_str().unwrap().to_owned(), sorted(&finding["named"])))
        .filter(|(code, _)| CODES.iter().any(|(_, known)| known == code))
        .collect()
}

/// The groups by the query as documented, but with all hosts of a group instead of the first ten.
fn queried(directory: &std::path::Path) -> Groups {
    let page = include_str!("../../../../docs/fleet.md");
    let sql = page.split("```sql\n").nth(1).unwrap();
    let sql = sql.split("```").next().unwrap();
    let all = sql.replace("list(host)[:10]", "list(host)");
    assert_ne!(sql, all, "the query lists the hosts of a group");
    let run = Command::new("python3")
        .args(["-c", PROGRAM, &all])
        .env("PYTHONPATH", std::env::var_os("SANID_DUCKDB").unwrap())
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(run.status.success(), "{run:?}");
    let rows: Vec<Value> = serde_json::from_slice(&run.stdout).unwrap();
    let code = |kind: &Value| {
        let known = CODES.iter().find(|(known, _)| kind == known).unwrap();
        known.1.to_owned()
    };
    rows.iter()
        .map(|row| (code(&row[0]), sorted(&row[3])))
        .collect()
}

const PROGRAM: &str =
    "import duckdb, json, sys; print(json.dumps(duckdb.connect().execute(sys.argv[1]).fetchall()))";

fn sorted(hosts: &Value) -> Vec<String> {
    let hosts = hosts.as_array().unwrap().iter();
    // An audit names the place of each host as well.
    let name = |host: &Value| host.as_str().or(host["host"].as_str()).unwrap().to_owned();
    let mut hosts: Vec<String> = hosts.map(name).collect();
    hosts.sort();
    hosts
}
