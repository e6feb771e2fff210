//! What is there: snapshots, lists, events.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use super::keys;
use super::members::Members;
use super::messages as api;
use super::wire::within;
use crate::event::{Event, Stored};
use crate::identity::Identity;
use crate::record::Record;
use crate::seen::{Lease, Seen, Snapshot};
use crate::store::StoreError;

/// Claims or events in one answer.
const PAGE: i64 = 1000;

/// Who has these names.
pub(super) fn read(members: &mut Members, of: &Identity) -> Result<Snapshot, StoreError> {
    let txn = api::Txn {
        success: keys::look(of),
        ..api::Txn::default()
    };
    let done = members.repeat(|member| {
        let txn = txn.clone();
        async move { member.txn(txn).await }
    })?;
    snapshot(members, done)
}

/// Who has what, from the answers to [`keys::look`].
pub(super) fn snapshot(members: &mut Members, done: api::TxnDone) -> Result<Snapshot, StoreError> {
    let mut found: Vec<(Record, u64)> = Vec::new();
    let mut leases = HashSet::new();
    for answer in done.responses {
        let Some(api::OneAnswer::Range(ranged)) = answer.one else {
            continue;
        };
        for kv in ranged.kvs {
            if kv.key.starts_with(keys::LEASES.as_bytes()) {
                leases.insert(kv.value);
            } else {
                found.push(record(members, &kv)?);
            }
        }
    }
    let mut snapshot = Snapshot::default();
    for (record, version) in found {
        let mut live = is_live(&record, &leases);
        if !live && !snapshot.claims.iter().any(|one| one.record.id == record.id) {
            // Its anchor is a different name, so that its lease was not among what was read.
            live = is_leased(members, &record)?;
        }
        snapshot.add(seen(record, version, live));
    }
    Ok(snapshot)
}

fn is_live(record: &Record, leases: &HashSet<Vec<u8>>) -> bool {
    record.lease_seconds.is_none() || leases.contains(record.id.as_bytes())
}

fn seen(record: Record, version: u64, live: bool) -> Seen {
    let lease = if live {
        Lease::Live(None)
    } else {
        Lease::Expired
    };
    Seen {
        record,
        version,
        lease,
    }
}

fn is_leased(members: &mut Members, record: &Record) -> Result<bool, StoreError> {
    let range = api::Range {
        key: keys::lease(&record.identity),
        ..api::Range::default()
    };
    let ranged = members.repeat(|member| {
        let range = range.clone();
        async move { member.range(range).await }
    })?;
    Ok(ranged.kvs.iter().any(|kv| kv.value == record.id.as_bytes()))
}

fn record(members: &Members, kv: &api::KeyValue) -> Result<(Record, u64), StoreError> {
    let record = Record::parse(&kv.value).map_err(|why| damaged(members, kv, "claim", &why))?;
    Ok((record, u64::try_from(kv.mod_revision).unwrap_or_default()))
}

fn event(members: &Members, kv: &api::KeyValue) -> Result<Stored, StoreError> {
    let event = Event::parse(&kv.value).map_err(|why| damaged(members, kv, "event", &why))?;
    Ok(Stored {
        sequence: u64::try_from(kv.mod_revision).unwrap_or_default(),
        event,
    })
}

fn damaged(
    members: &Members,
    kv: &api::KeyValue,
    what: &str,
    why: &dyn std::fmt::Display,
) -> StoreError {
    StoreError::Damaged(format!(
        "the key {} in etcd at {} holds no {what}: {why}",
        sanid_host::root::escape(&kv.key),
        members.name()
    ))
}

/// Every claim.
pub(super) fn list(members: &mut Members, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
    let mut leases = HashSet::new();
    pages(members, keys::LEASES, 0, |_, kv| {
        leases.insert(kv.value);
        Ok(())
    })?;
    let mut claim = |members: &Members, kv: api::KeyValue| {
        let (record, version) = record(members, &kv)?;
        let live = is_live(&record, &leases);
        each(seen(record, version, live));
        Ok(())
    };
    // Both of one moment: a claim that gets or loses its Host ID is listed once.
    let moment = pages(members, keys::HOST_IDS, 0, &mut claim)?;
    pages(members, keys::ANCHORS, moment, &mut claim)?;
    Ok(())
}

/// Every key of a range, page by page, as they all were at one moment: a revision, or 0 for now. Returns the revision.
fn pages(
    members: &mut Members,
    prefix: &str,
    moment: i64,
    mut each: impl FnMut(&Members, api::KeyValue) -> Result<(), StoreError>,
) -> Result<i64, StoreError> {
    let mut range = api::Range {
        revision: moment,
        key: prefix.as_bytes().to_vec(),
        range_end: keys::end_of(prefix),
        limit: PAGE,
        ..api::Range::default()
    };
    loop {
        let page = members.repeat(|member| {
            let range = range.clone();
            async move { member.range(range).await }
        })?;
        if range.revision == 0 {
            range.revision = page.header.map_or(0, |header| header.revision);
        }
        let last = page.kvs.last().map(|kv| kv.key.clone());
        for kv in page.kvs {
            each(members, kv)?;
        }
        match last {
            Some(mut last) if page.more => {
                last.push(0);
                range.key = last;
            }
            _ => return Ok(range.revision),
        }
        members.go_on();
    }
}

/// Events after this one; none yet: waits for one for so long.
pub(super) fn history(
    members: &mut Members,
    after: u64,
    limit: usize,
    wait: Duration,
) -> Result<Vec<Stored>, StoreError> {
    let until = Instant::now() + wait;
    let range = api::Range {
        key: keys::HISTORY.as_bytes().to_vec(),
        range_end: keys::end_of(keys::HISTORY),
        limit: i64::try_from(limit).unwrap_or(PAGE),
        sort_order: 1,
        sort_target: 3,
        min_mod_revision: i64::try_from(after).unwrap_or(i64::MAX - 1) + 1,
        ..api::Range::default()
    };
    loop {
        let found = members.repeat(|member| {
            let range = range.clone();
            async move { member.range(range).await }
        })?;
        let left = until.saturating_duration_since(Instant::now());
        if !found.kvs.is_empty() || left.is_zero() {
            return found.kvs.iter().map(|kv| event(members, kv)).collect();
        }
        let watch = api::WatchCreate {
            key: range.key.clone(),
            range_end: range.range_end.clone(),
            start_revision: found.header.map_or(0, |header| header.revision) + 1,
        };
        if let Some(member) = members.connected() {
            // Whatever comes of it, what is there is read next.
            let _ = members
                .runtime
                .block_on(within(left, async { member.changed(watch).await }));
        }
        members.go_on();
    }
}
