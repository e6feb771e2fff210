//! What is written: each function is a part of one transaction, which is rolled back where one of them fails.

use rusqlite::Transaction;

use super::read::{boot, number, unsigned};
use super::schema::mark;
use super::trouble::Trouble;
use crate::change::Change;
use crate::clock::Moment;
use crate::event::Event;
use crate::record::Record;
use crate::seen::{Lease, Seen};

/// After a boot of this machine: for how long a claim was not renewed nobody knows.
pub(super) fn begin_leases_anew(
    transaction: &Transaction<'_>,
    now: &Moment,
) -> Result<(), Trouble> {
    if boot(transaction)? == now.boot {
        return Ok(());
    }
    transaction.execute(
        "INSERT OR REPLACE INTO meta (key, value) VALUES ('boot', ?1)",
        [&now.boot],
    )?;
    transaction.execute(
        "UPDATE claims SET expires = ?1 + lease WHERE lease IS NOT NULL",
        [now.millis],
    )?;
    Ok(())
}

/// Makes a change, or finds that it does not apply.
pub(super) fn make(
    transaction: &Transaction<'_>,
    now: &Moment,
    change: &Change,
) -> Result<u64, Trouble> {
    match change {
        Change::Renew { claim } => {
            let mut update = transaction.prepare_cached(
                "UPDATE claims SET expires = ?1 + lease WHERE id = ?2 AND version = ?3",
            )?;
            let changed = update.execute((now.millis, &claim.record.id, number(claim.version)))?;
            one(changed)?;
            Ok(claim.version)
        }
        Change::Put {
            record,
            ends,
            event,
        } => {
            for claim in ends {
                let takes_over = claim.record.id != record.id;
                end(transaction, now, claim, takes_over)?;
            }
            let version = write(transaction, event)?;
            put(transaction, now, record, version)?;
            Ok(version)
        }
        Change::Delete { ends, event } => {
            for claim in ends {
                end(transaction, now, claim, false)?;
            }
            write(transaction, event)
        }
    }
}

fn one(changed: usize) -> Result<(), Trouble> {
    if changed == 1 {
        Ok(())
    } else {
        Err(Trouble::Raced)
    }
}

/// Takes a claim away while it is what was seen.
fn end(
    transaction: &Transaction<'_>,
    now: &Moment,
    claim: &Seen,
    takes_over: bool,
) -> Result<(), Trouble> {
    // Renewed in the meantime, it has the same version.
    let expired = takes_over && claim.lease == Lease::Expired;
    let latest = if expired { now.millis } else { i64::MAX };
    let mut delete = transaction.prepare_cached(
        "DELETE FROM claims WHERE id = ?1 AND version = ?2 AND (expires IS NULL OR expires <= ?3)",
    )?;
    one(delete.execute((&claim.record.id, number(claim.version), latest))?)?;
    let mut delete = transaction.prepare_cached("DELETE FROM names WHERE claim = ?1")?;
    delete.execute([&claim.record.id])?;
    Ok(())
}

fn write(transaction: &Transaction<'_>, event: &Event) -> Result<u64, Trouble> {
    let mut insert =
        transaction.prepare_cached("INSERT INTO history (claim, event) VALUES (?1, ?2)")?;
    let sequence = insert.insert((&event.claim, text(&event.bytes())))?;
    unsigned(sequence)
}

fn put(
    transaction: &Transaction<'_>,
    now: &Moment,
    record: &Record,
    version: u64,
) -> Result<(), Trouble> {
    if !record.identity.is_of_first_version() {
        mark(transaction)?;
    }
    let lease = record.lease().map(|lease| {
        // A lease longer than a life of the machine is one, too.
        i64::try_from(lease.as_millis()).unwrap_or(i64::MAX / 4)
    });
    let expires = lease.map(|lease| now.millis.saturating_add(lease));
    let mut insert = transaction.prepare_cached(
        "INSERT OR IGNORE INTO claims (id, version, record, lease, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    one(insert.execute((
        &record.id,
        number(version),
        text(&record.bytes()),
        lease,
        expires,
    ))?)?;
    let mut insert = transaction
        .prepare_cached("INSERT OR IGNORE INTO names (kind, name, claim) VALUES (?1, ?2, ?3)")?;
    for name in record.identity.identifiers() {
        // Ignored where somebody has it: then this claim is to have nothing.
        one(insert.execute((name.kind.word(), &name.name, &record.id))?)?;
    }
    Ok(())
}

pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
