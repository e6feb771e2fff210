//! What lies where in etcd, and the transactions that change it.
//!
//! ```text
//! /sanid/v1/names/hostid/…, hostnqn/…, iqn/…   the record, once for each name: it tells who has it
//! /sanid/v1/anchors/KIND/NAME                  the record of a claim that has no Host ID
//! /sanid/v1/lease/HOST_ID, KIND/NAME           the claim's id, attached to the lease: gone when it expires
//! /sanid/v1/history/CLAIM/SERIAL-RANDOM         events
//! ```
//!
//! The records outlive their lease: who held the claim stays known, and a host that was away for long finds
//! its own. All keys of one change have one revision of etcd, which is the generation.

use std::collections::BTreeSet;

use super::messages::{
    Compare, Delete, Expected, OneAnswer, OneOperation, Operation, Put, Range, Txn, TxnDone,
};
use crate::event::Event;
use crate::host::new_id;
use crate::identity::{Identifier, Identity, Kind};
use crate::record::Record;
use crate::seen::{Lease, Seen};

pub(super) const HISTORY: &str = "/sanid/v1/history/";
pub(super) const LEASES: &str = "/sanid/v1/lease/";
/// By the Host IDs and the anchors of claims that have none, all claims are found, each once.
pub(super) const HOST_IDS: &str = "/sanid/v1/names/hostid/";
pub(super) const ANCHORS: &str = "/sanid/v1/anchors/";

fn name(of: &Identifier) -> Vec<u8> {
    format!("/sanid/v1/names/{}/{}", of.kind.word(), of.name).into_bytes()
}

/// The lease of a claim, by the anchor of its identity.
pub(super) fn lease(of: &Identity) -> Vec<u8> {
    let Identifier { kind, name } = of.anchor();
    match kind {
        Kind::HostId => format!("{LEASES}{name}"),
        _ => format!("{LEASES}{}/{name}", kind.word()),
    }
    .into_bytes()
}

/// The keys that have the record of a claim.
fn records(of: &Identity) -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = of.identifiers().iter().map(name).collect();
    let Identifier { kind, name } = of.anchor();
    if kind != Kind::HostId {
        keys.push(format!("{ANCHORS}{}/{name}", kind.word()).into_bytes());
    }
    keys
}

/// A key that no event has. A request whose answer was lost keeps its id; where its claim has ended before it is
/// asked for again, the next one has the id and the serial of the first.
fn history(event: &Event) -> Vec<u8> {
    let Event { claim, serial, .. } = event;
    format!("{HISTORY}{claim}/{serial:010}-{}", new_id()).into_bytes()
}

/// The end of the range of all keys with this beginning.
pub(super) fn end_of(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    // All of them end with a slash.
    if let Some(last) = end.last_mut() {
        *last += 1;
    }
    end
}

/// A new lease ID: random, since etcd accepts any positive number that is not in use.
pub(super) fn new_lease() -> i64 {
    let id = new_id();
    let digits = id.get(..15).unwrap_or_default();
    i64::from_str_radix(digits, 16).unwrap_or_default().max(1)
}

/// Who has the names of this identity, and the lease of the claim that has its anchor.
pub(super) fn look(of: &Identity) -> Vec<Operation> {
    let mut keys: Vec<Vec<u8>> = of.identifiers().iter().map(name).collect();
    keys.push(lease(of));
    keys.into_iter()
        .map(|key| {
            operation(OneOperation::Range(Range {
                key,
                ..Range::default()
            }))
        })
        .collect()
}

/// The claim is what was seen, and is under this lease from now on.
pub(super) fn renew(of: &Identity, claim: &Seen, lease: Option<i64>) -> Txn {
    let mut compare = unchanged(claim);
    if claim.record.lease_seconds.is_some() {
        let key = self::lease(&claim.record.identity);
        compare.push(match claim.lease {
            Lease::Expired => absent(key),
            Lease::Live(_) => Compare {
                target: 3,
                key,
                expected: Some(Expected::Value(claim.record.id.clone().into_bytes())),
            },
        });
    }
    Txn {
        compare,
        success: lease
            .map(|lease| leased(&claim.record, lease))
            .into_iter()
            .collect(),
        failure: look(of),
    }
}

/// The lease that a claim was under before a transaction put it under another.
pub(super) fn former_lease(done: &TxnDone) -> Option<i64> {
    let mut former = done
        .responses
        .iter()
        .filter_map(|answer| match &answer.one {
            Some(OneAnswer::Put(put)) => put.former.as_ref(),
            _ => None,
        });
    former.find(|kv| kv.lease > 0).map(|kv| kv.lease)
}

/// The record for its names, in the place of claims that end.
pub(super) fn put(
    of: &Identity,
    record: &Record,
    ends: &[Seen],
    free: &[Identifier],
    event: &Event,
    lease_id: Option<i64>,
) -> Txn {
    let mut compare: Vec<Compare> = free.iter().map(|one| absent(name(one))).collect();
    let mut gone = BTreeSet::new();
    for claim in ends {
        compare.extend(unchanged(claim));
        let lease = lease(&claim.record.identity);
        if claim.lease == Lease::Expired && claim.record.id != record.id {
            compare.push(absent(lease.clone()));
        }
        gone.extend(records(&claim.record.identity));
        gone.insert(lease);
    }
    let mut success = Vec::new();
    for key in records(&record.identity) {
        gone.remove(&key);
        success.push(stored(key, record.bytes()));
    }
    if let Some(lease_id) = lease_id {
        gone.remove(&lease(&record.identity));
        success.push(leased(record, lease_id));
    }
    success.extend(gone.into_iter().map(deleted));
    success.push(stored(history(event), event.bytes()));
    Txn {
        compare,
        success,
        failure: look(of),
    }
}

/// Claims end.
pub(super) fn delete(of: &Identity, ends: &[Seen], event: &Event) -> Txn {
    let mut gone = BTreeSet::new();
    for claim in ends {
        gone.extend(records(&claim.record.identity));
        gone.insert(lease(&claim.record.identity));
    }
    let mut success: Vec<Operation> = gone.into_iter().map(deleted).collect();
    success.push(stored(history(event), event.bytes()));
    Txn {
        compare: ends.iter().flat_map(unchanged).collect(),
        success,
        failure: look(of),
    }
}

/// All of its names still have it.
fn unchanged(claim: &Seen) -> Vec<Compare> {
    let version = i64::try_from(claim.version).unwrap_or(i64::MAX);
    let names = claim.record.identity.identifiers();
    let same = names.iter().map(|one| Compare {
        target: 2,
        key: name(one),
        expected: Some(Expected::Changed(version)),
    });
    same.collect()
}

fn absent(key: Vec<u8>) -> Compare {
    Compare {
        target: 1,
        key,
        expected: Some(Expected::Made(0)),
    }
}

fn leased(record: &Record, lease_id: i64) -> Operation {
    operation(OneOperation::Put(Put {
        key: lease(&record.identity),
        value: record.id.clone().into_bytes(),
        lease: lease_id,
        with_former: true,
    }))
}

fn stored(key: Vec<u8>, value: Vec<u8>) -> Operation {
    operation(OneOperation::Put(Put {
        key,
        value,
        ..Put::default()
    }))
}

fn deleted(key: Vec<u8>) -> Operation {
    operation(OneOperation::Delete(Delete { key }))
}

fn operation(one: OneOperation) -> Operation {
    Operation { one: Some(one) }
}
