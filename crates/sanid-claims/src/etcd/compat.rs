//! This version understands the keys that earlier versions wrote to etcd (tests/compat/README.md).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::keys;
use super::messages::{OneOperation, Operation};
use crate::event::{Event, What};
use crate::record::Record;

#[derive(Deserialize)]
struct Dump {
    kvs: Vec<Kv>,
}

#[derive(Deserialize)]
struct Kv {
    key: String,
    value: String,
    mod_revision: u64,
    #[serde(default)]
    lease: i64,
}

struct Stored {
    key: String,
    value: Vec<u8>,
    revision: u64,
    lease: i64,
}

const DUMPS: [&str; 2] = [
    include_str!("../../../../tests/compat/0.1/claims/etcd.json"),
    include_str!("../../../../tests/compat/0.2/claims/etcd.json"),
];

fn stored(dump: &str) -> Vec<Stored> {
    let dump: Dump = serde_json::from_str(dump).unwrap();
    let decoded = |text: &str| BASE64_STANDARD.decode(text).unwrap();
    let kvs = dump.kvs.iter().map(|kv| Stored {
        key: String::from_utf8(decoded(&kv.key)).unwrap(),
        value: decoded(&kv.value),
        revision: kv.mod_revision,
        lease: kv.lease,
    });
    kvs.collect()
}

/// The keys under which this version looks for a record and its lease.
fn looked_for(record: &Record) -> Vec<String> {
    let key = |operation: Operation| match operation.one {
        Some(OneOperation::Range(range)) => String::from_utf8(range.key).unwrap(),
        _ => panic!("not a read"),
    };
    keys::look(&record.identity).into_iter().map(key).collect()
}

/// Each claim is stored three times, in one revision, under the keys that this version reads.
#[test]
fn finds_claims_under_their_names() {
    for dump in DUMPS {
        let all = stored(dump);
        let mut holders = Vec::new();
        for one in all.iter().filter(|one| one.key.starts_with(keys::HOST_IDS)) {
            let record = Record::parse(&one.value).unwrap();
            let names = looked_for(&record);
            let [names @ .., lease] = names.as_slice() else {
                panic!("no keys");
            };
            assert_eq!(names.len(), 3);
            for name in names {
                let found = all.iter().find(|other| other.key == *name).unwrap();
                assert_eq!(found.value, one.value, "{name}");
                assert_eq!(found.revision, one.revision, "{name}");
            }
            let lease = all.iter().find(|other| other.key == *lease);
            if let Some(lease) = lease {
                assert_eq!(lease.value, record.id.as_bytes());
                assert!(lease.lease > 0);
            }
            // This version would write the same bytes.
            assert_eq!(
                String::from_utf8(record.bytes()),
                String::from_utf8(one.value.clone())
            );
            let name = record.holder.name.clone();
            holders.push((one.revision, name, record.lease_seconds, lease.is_some()));
        }
        holders.sort();
        let expected = [
            (3, "db-1.example.com", Some(86_400), true),
            (4, "db-2.example.com", None, false),
            (9, "copy-of-db-4.example.com", Some(86_400), true),
            // Its lease had expired.
            (13, "db-3.example.com", Some(2), false),
        ];
        let expected =
            expected.map(|(revision, name, lease, live)| (revision, name.into(), lease, live));
        assert_eq!(holders, expected);
    }
}

#[test]
fn reads_the_history() {
    for dump in DUMPS {
        let all = stored(dump);
        let mut events: Vec<(u64, What, Option<String>, usize)> = all
            .iter()
            .filter(|one| one.key.starts_with(keys::HISTORY))
            .map(|one| {
                let event = Event::parse(&one.value).unwrap();
                let key = format!("{}{}/{:010}-", keys::HISTORY, event.claim, event.serial);
                assert!(one.key.starts_with(&key), "{} is not below {key}", one.key);
                (one.revision, event.what, event.by, event.ended.len())
            })
            .collect();
        events.sort_by_key(|one| one.0);
        let by = Some("db-5.example.com".to_owned());
        assert_eq!(
            events,
            [
                (2, What::Claimed, None, 0),
                (3, What::Changed, None, 0),
                (4, What::Claimed, None, 0),
                (5, What::Claimed, None, 0),
                (6, What::Released, None, 1),
                (7, What::Claimed, None, 0),
                (9, What::TakenOverExpired, None, 1),
                (10, What::Claimed, None, 0),
                (11, What::TakenOverFenced, None, 1),
                (12, What::ReleasedFenced, by, 1),
                (13, What::Claimed, None, 0),
            ]
        );
    }
}

#[test]
fn knows_every_key() {
    for dump in DUMPS {
        for one in stored(dump) {
            let known = [keys::HISTORY, keys::LEASES, "/sanid/v1/names/"];
            assert!(
                known.iter().any(|prefix| one.key.starts_with(prefix)),
                "{}",
                one.key
            );
        }
    }
}
