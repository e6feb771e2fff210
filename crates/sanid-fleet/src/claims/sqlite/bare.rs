//! What claims in a file are measured beside.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Transaction, TransactionBehavior};

use super::SqliteStore;
use super::change::text;
use super::trouble::told;
use crate::claims::change::Change;
use crate::claims::clock::HostClock;
use crate::claims::decide::{Outcome, Request};
use crate::claims::engine::submit;
use crate::claims::identity::Identifier;
use crate::claims::store::{Store as _, StoreError};

/// What one claim writes, as text.
struct Row<'c> {
    id: &'c str,
    record: String,
    names: [Identifier; 3],
    event: String,
}

fn row(change: &Change) -> Option<Row<'_>> {
    match change {
        Change::Put { record, event, .. } => Some(Row {
            id: &record.id,
            record: text(&record.bytes()),
            names: record.identity.identifiers(),
            event: text(&event.bytes()),
        }),
        _ => None,
    }
}

/// The writes of a claim that is new, without the look at what is there.
fn write(transaction: &Transaction<'_>, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let sequence = transaction
        .prepare_cached("INSERT INTO history (claim, event) VALUES (?1, ?2)")?
        .insert((row.id, &row.event))?;
    transaction
        .prepare_cached(
            "INSERT INTO claims (id, version, record, lease, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((
            row.id,
            sequence,
            &row.record,
            86_400_000,
            86_400_000_000_i64,
        ))?;
    let mut insert =
        transaction.prepare_cached("INSERT INTO names (kind, name, claim) VALUES (?1, ?2, ?3)")?;
    for name in &row.names {
        insert.execute((name.kind.word(), &name.name, row.id))?;
    }
    Ok(())
}

fn failed(error: rusqlite::Error) -> StoreError {
    told("bare", error.into())
}

fn open(path: &Path) -> Result<SqliteStore, StoreError> {
    let store = SqliteStore::open(path, Box::new(HostClock), false)?;
    let patience = Duration::from_secs(60);
    store.connection.busy_timeout(patience).map_err(failed)?;
    Ok(store)
}

/// All in one transaction.
pub(crate) fn fill(path: &Path, changes: &[Change]) -> Result<(), StoreError> {
    let mut store = open(path)?;
    let all = store
        .connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    for row in changes.iter().filter_map(row) {
        write(&all, &row).map_err(failed)?;
    }
    all.commit().map_err(failed)
}

/// Claims and bare transactions in turn, each first as often, and the times of both: what slows the machine
/// down slows down both. What SQLite does for all transactions before it together, the checkpoint, is made
/// between two pairs and half of it is each one's.
pub(crate) fn pairs(
    path: &Path,
    pairs: &[(Request, Change)],
) -> Result<(Duration, Duration), StoreError> {
    /// About as many as fill the thousand pages after which SQLite would do it by itself.
    const CHECKPOINT: usize = 60;
    let mut store = open(path)?;
    store
        .connection
        .pragma_update(None, "wal_autocheckpoint", 0)
        .map_err(failed)?;
    let rows: Vec<Row<'_>> = pairs.iter().filter_map(|(_, change)| row(change)).collect();
    let (mut claims, mut bare) = (Duration::ZERO, Duration::ZERO);
    for (number, ((request, _), row)) in pairs.iter().zip(&rows).enumerate() {
        for what in [number % 2, (number + 1) % 2] {
            let begin = Instant::now();
            if what == 0 {
                store.wait_until(begin + Duration::from_secs(60));
                match submit(&mut store, request, None)? {
                    Outcome::Held(_) => claims += begin.elapsed(),
                    other => return Err(StoreError::Failed(format!("not new: {other:?}"))),
                }
            } else {
                let one = store
                    .connection
                    .transaction_with_behavior(TransactionBehavior::Immediate)
                    .map_err(failed)?;
                write(&one, row).map_err(failed)?;
                one.commit().map_err(failed)?;
                bare += begin.elapsed();
            }
        }
        if (number + 1) % CHECKPOINT == 0 {
            let begin = Instant::now();
            store
                .connection
                .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
                .map_err(failed)?;
            let half = begin.elapsed() / 2;
            claims += half;
            bare += half;
        }
    }
    Ok((claims, bare))
}
