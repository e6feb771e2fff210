//! What is there: rows as claims and events.

use std::time::Duration;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, Transaction};

use super::trouble::Trouble;
use crate::clock::Moment;
use crate::event::{Event, Stored};
use crate::identity::{Identifier, Identity};
use crate::record::{LONGEST_RECORD, Record};
use crate::seen::{Lease, Seen, Snapshot};

pub(super) fn events(
    transaction: &Transaction<'_>,
    after: u64,
    limit: usize,
) -> Result<Vec<Stored>, Trouble> {
    let mut rows = transaction.prepare_cached(
        "SELECT sequence, event FROM history WHERE sequence > ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = rows.query((number(after), limit))?;
    let mut events = Vec::new();
    while let Some(row) = rows.next()? {
        let sequence = unsigned(row.get(0)?)?;
        let event = Event::parse(&bytes(row.get(1)?)?)
            .map_err(|why| Trouble::Damaged(format!("event {sequence}: {why}")))?;
        events.push(Stored { sequence, event });
    }
    Ok(events)
}

/// Which boot the leases count from.
pub(super) fn boot(transaction: &Transaction<'_>) -> Result<String, Trouble> {
    let mut row = transaction.prepare_cached("SELECT value FROM meta WHERE key = 'boot'")?;
    let boot: Option<String> = row.query_row([], |row| row.get(0)).optional()?;
    Ok(boot.unwrap_or_default())
}

pub(super) fn snapshot(
    transaction: &Transaction<'_>,
    now: &Moment,
    of: &Identity,
) -> Result<Snapshot, Trouble> {
    let boot = boot(transaction)?;
    let mut found = Snapshot::default();
    for name in of.identifiers() {
        if let Some(claim) = by_name(transaction, now, &boot, &name)? {
            found.add(claim);
        }
    }
    Ok(found)
}

fn by_name(
    transaction: &Transaction<'_>,
    now: &Moment,
    boot: &str,
    name: &Identifier,
) -> Result<Option<Seen>, Trouble> {
    let mut row = transaction.prepare_cached(
        "SELECT id, version, record, lease, expires FROM names JOIN claims ON claims.id = names.claim \
         WHERE names.kind = ?1 AND names.name = ?2",
    )?;
    let mut rows = row.query((name.kind.word(), &name.name))?;
    match rows.next()? {
        Some(row) => Ok(Some(seen(row, now, boot)?)),
        None => Ok(None),
    }
}

pub(super) fn seen(row: &rusqlite::Row<'_>, now: &Moment, boot: &str) -> Result<Seen, Trouble> {
    let id: String = row.get(0)?;
    let record = Record::parse(&bytes(row.get(2)?)?)
        .map_err(|why| Trouble::Damaged(format!("claim {id:.40}: {why}")))?;
    if record.id != id {
        return Err(Trouble::Damaged(format!(
            "claim {id:.40}: its record has another id"
        )));
    }
    let (lease, expires): (Option<i64>, Option<i64>) = (row.get(3)?, row.get(4)?);
    let left = match (lease, expires) {
        (None, _) | (_, None) => None,
        // As if it had begun anew.
        (Some(lease), _) if boot != now.boot => Some(lease),
        (_, Some(expires)) => Some(expires.saturating_sub(now.millis)),
    };
    Ok(Seen {
        record,
        version: unsigned(row.get(1)?)?,
        lease: match left {
            None => Lease::Live(None),
            Some(left) => match u64::try_from(left) {
                Ok(left) if left > 0 => Lease::Live(Some(Duration::from_millis(left))),
                _ => Lease::Expired,
            },
        },
    })
}

fn bytes(value: Value) -> Result<Vec<u8>, Trouble> {
    match value {
        Value::Text(text) if text.len() <= LONGEST_RECORD => Ok(text.into_bytes()),
        _ => Err(Trouble::Damaged(
            "a value is no text, or longer than a claim can be".into(),
        )),
    }
}

/// SQLite's numbers have 63 bits.
pub(super) fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> Result<u64, Trouble> {
    u64::try_from(number).map_err(|_| Trouble::Damaged("a version is negative".into()))
}
