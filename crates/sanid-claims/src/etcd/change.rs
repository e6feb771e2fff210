//! What is written: each change is one transaction, made or not made.

use super::keys;
use super::members::Members;
use super::messages as api;
use super::read::{read, snapshot};
use super::wire::CallError;
use crate::change::Change;
use crate::identity::Identity;
use crate::record::Record;
use crate::store::{Applied, StoreError};

pub(super) fn apply(
    members: &mut Members,
    of: &Identity,
    change: &Change,
) -> Result<Applied, StoreError> {
    match change {
        Change::Renew { claim } => {
            let txn = |lease| keys::renew(of, claim, lease);
            match leased(members, of, &claim.record, txn)? {
                // The record stays as it is.
                Applied::Done(_) => Ok(Applied::Done(claim.version)),
                raced @ Applied::Raced(_) => Ok(raced),
            }
        }
        Change::Put {
            record,
            ends,
            event,
        } => leased(members, of, record, |lease| {
            keys::put(of, record, ends, &change.free(), event, lease)
        }),
        Change::Delete { ends, event } => {
            Ok(transact(members, of, keys::delete(of, ends, event))?.applied)
        }
    }
}

/// What came of a transaction.
struct Made {
    applied: Applied,
    /// The lease that the claim was under before.
    former: Option<i64>,
}

/// Makes a transaction; without an answer it may have been made or not, and what is there tells.
fn transact(members: &mut Members, of: &Identity, txn: api::Txn) -> Result<Made, StoreError> {
    let (applied, former) = match members.once(|member| async move { member.txn(txn).await }) {
        Ok(done) if done.succeeded => {
            let revision = done.header.as_ref().map_or(0, |header| header.revision);
            let revision = u64::try_from(revision).unwrap_or_default();
            (Applied::Done(revision), keys::former_lease(&done))
        }
        Ok(done) => (Applied::Raced(snapshot(members, done)?), None),
        Err(CallError::Final(why)) if !why.contains("requested lease not found") => {
            return Err(members.refused(&why));
        }
        Err(_) => {
            members.pause();
            (Applied::Raced(read(members, of)?), None)
        }
    };
    Ok(Made { applied, former })
}

/// Makes the transaction that puts the claim of this record under a new lease, where it is to have one.
///
/// A renewal makes a new lease as well and keeps none alive: a leader that was stopped while the others chose a
/// new one still answers that a lease is kept alive, and the new one ends it; or it ends a lease that was renewed
/// elsewhere (<https://github.com/etcd-io/etcd/issues/15247>). A lease that is new is written down by a majority,
/// and no leader of before knows of it.
fn leased(
    members: &mut Members,
    of: &Identity,
    record: &Record,
    txn: impl FnOnce(Option<i64>) -> api::Txn,
) -> Result<Applied, StoreError> {
    let Some(seconds) = record.lease_seconds else {
        return Ok(transact(members, of, txn(None))?.applied);
    };
    let (lease, ttl) = (
        keys::new_lease(),
        i64::try_from(seconds).unwrap_or(i64::MAX),
    );
    // Made twice where the first answer was lost; it is the same lease then.
    members.repeat(|member| async move { member.grant(lease, ttl).await })?;
    let made = transact(members, of, txn(Some(lease)))?;
    let unused = match &made.applied {
        Applied::Done(_) => made.former,
        Applied::Raced(seen) => {
            let is_there = seen.claims.iter().any(|one| one.record.id == record.id);
            (!is_there).then_some(lease)
        }
    };
    if let Some(unused) = unused {
        // It would end by itself; a thousand clones that knock should not leave a thousand.
        let _ = members.once(|member| async move { member.revoke(unused).await });
    }
    Ok(made.applied)
}
