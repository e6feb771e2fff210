//! A real etcd that holds the keys of earlier versions (tests/compat/README.md).

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use libtest_mimic::Trial;
use sanid_claims::host::Claimant;
use sanid_claims::{
    Action, ClaimReport, ClaimsReport, EventReport, Holder, Identity, Kind, StoreOptions,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::NEEDS;
use super::server::{Etcd, Security};
use crate::support::{self, granted, listed, patiently, submit};
use testkit::trial::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "etcd::lists_and_renews_claims_of_earlier_versions",
        NEEDS,
        lists_and_renews_claims_of_earlier_versions,
    )]
}

const RELEASES: [&str; 2] = ["0.1", "0.2"];

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

/// A list as `sanid-fleet claim list --format json` prints it.
fn document(kind: &str, items: &[impl Serialize]) -> Value {
    json!({"apiVersion": "sanid/v1", "kind": kind, "items": items})
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
        let mut store =
            sanid_claims::open(&format!("etcd:{}", etcd.url()), &StoreOptions::default()).unwrap();
        store.wait_until(patiently());
        let mut claims = Vec::new();
        store
            .list(&mut |seen| claims.push(ClaimsReport::new(&seen)))
            .unwrap();
        assert_eq!(document("Claims", &claims), file("etcd/list.json"));
        let events = store.history(0, 1000, Duration::ZERO).unwrap();
        let events: Vec<_> = events.iter().map(EventReport::new).collect();
        assert_eq!(document("ClaimEvents", &events), file("etcd/history.json"));

        let mut ask = |boot: u32| -> Value {
            let mut asked = file("request.json");
            let boot = format!("{boot:08}-1111-4111-8111-111111111111");
            asked["holder"]["bootId"] = boot.into();
            let claimant = Claimant::from_json(asked.to_string().as_bytes(), None).unwrap();
            let request = support::request(Action::Claim, &claimant.identity, &claimant.holder);
            let outcome = submit(store.as_mut(), &request);
            serde_json::to_value(ClaimReport::new(&request, &outcome)).unwrap()
        };
        assert_eq!(ask(2), file("etcd/changed.json"));
        assert_eq!(ask(1)["rivals"][0]["likeness"], "two-machines");
        let changed = ask(3);
        assert_eq!(changed["outcome"], "renewed");
        assert!(changed["generation"].as_u64().unwrap() > 13);

        // Beside claims of that version, those that it cannot express.
        let wanted = file("request.json").to_string();
        let claimant = Claimant::from_json(wanted.as_bytes(), None).unwrap();
        let names = claimant.identity.names();
        let names = names.map(|one| (one.kind.clone(), one.name.as_str()));
        let other = (Kind::parse("nfs4").unwrap(), "client-1");
        let wider = Identity::new(names.chain([other])).unwrap();
        let holder = Holder {
            boot_id: Some("00000003-1111-4111-8111-111111111111".into()),
            ..claimant.holder
        };
        let outcome = support::claim(store.as_mut(), &wider, &holder);
        assert_eq!(granted(&outcome).ended.len(), 1);
        let alone = [(Kind::Iqn, "iqn.2004-05.com.example:alone")];
        let alone = Identity::new(alone).unwrap();
        granted(&support::claim(
            store.as_mut(),
            &alone,
            &support::host("alone"),
        ));
        let mut names: Vec<_> = listed(store.as_mut())
            .iter()
            .map(|seen| seen.record.holder.name.clone())
            .collect();
        names.sort();
        let expected = [
            "alone",
            "copy-of-db-4.example.com",
            "db-1.example.com",
            "db-2.example.com",
            "db-3.example.com",
        ];
        assert_eq!(names, expected);
    }
}
