//! What is written: each change is one transaction, made or not made.

use super::keys;
use super::members::Members;
use super::messages as api;
use super::read::{read, snapshot};
use super::wire::CallError;
use crate::claims::change::Change;
use crate::claims::identity::Identity;
use crate::claims::record::Record;
use crate::claims::seen::{Lease, Seen};
use crate::claims::store::{Applied, StoreError};

pub(super) fn apply(
    members: &mut Members,
    of: &Identity,
    change: &Change,
) -> Result<Applied, StoreError> {
    match change {
        Change::Renew { claim } if claim.lease == Lease::Expired => lease_again(members, of, claim),
        Change::Renew { claim } => renew(members, of, claim),
        Change::Put {
            record,
            ends,
            event,
        } => {
            let txn = keys::put(of, record, ends, &change.free(), event);
            put(members, of, record, txn)
        }
        Change::Delete { ends, event } => transact(members, of, keys::delete(of, ends, event)),
    }
}

/// Makes a transaction; without an answer it may have been made or not, and what is there tells.
fn transact(members: &mut Members, of: &Identity, txn: api::Txn) -> Result<Applied, StoreError> {
    match members.once(|member| async move { member.txn(txn).await }) {
        Ok(done) if done.succeeded => Ok(Applied::Done(revision(done.header.as_ref()))),
        Ok(done) => Ok(Applied::Raced(snapshot(members, done)?)),
        Err(CallError::Final(why)) if !why.contains("requested lease not found") => {
            Err(members.refused(&why))
        }
        Err(_) => {
            members.pause();
            Ok(Applied::Raced(read(members, of)?))
        }
    }
}

fn put(
    members: &mut Members,
    of: &Identity,
    record: &Record,
    txn: api::Txn,
) -> Result<Applied, StoreError> {
    let lease = grant(members, record)?;
    let done = transact(members, of, txn)?;
    if let (Applied::Raced(seen), Some(lease)) = (&done, lease) {
        if !seen.claims.iter().any(|claim| claim.record.id == record.id) {
            // It would end by itself; a thousand clones that knock should not leave a thousand.
            let _ = members.once(|member| async move { member.revoke(lease).await });
        }
    }
    Ok(done)
}

/// A lease for what is written next. One that is there already, since an attempt of before made it, is as good
/// once it begins anew: that is a call of its own, so that where answers are slow each has its time.
fn grant(members: &mut Members, record: &Record) -> Result<Option<i64>, StoreError> {
    let Some(seconds) = record.lease_seconds else {
        return Ok(None);
    };
    let (id, ttl) = (
        keys::lease_id(record),
        i64::try_from(seconds).unwrap_or(i64::MAX),
    );
    loop {
        let made = members.repeat(|member| async move { member.grant(id, ttl).await })?;
        if made || members.repeat(|member| async move { member.keep_alive(id).await })? {
            return Ok(Some(id));
        }
        // It ended in between.
    }
}

/// The same claim gets a lease again, and keeps its version.
fn lease_again(members: &mut Members, of: &Identity, claim: &Seen) -> Result<Applied, StoreError> {
    grant(members, &claim.record)?;
    Ok(match transact(members, of, keys::lease_again(of, claim))? {
        Applied::Done(_) => Applied::Done(claim.version),
        raced @ Applied::Raced(_) => raced,
    })
}

fn renew(members: &mut Members, of: &Identity, claim: &Seen) -> Result<Applied, StoreError> {
    let txn = keys::is_there(of, claim);
    let lease = claim
        .record
        .lease_seconds
        .map(|_| keys::lease_id(&claim.record));
    // Both at once: one round trip.
    let done = members.once(|member| async move {
        let other = member.clone();
        let alive = async {
            match lease {
                Some(lease) => other.keep_alive(lease).await,
                None => Ok(true),
            }
        };
        both(member.txn(txn), alive).await
    });
    match done {
        Ok((done, true)) if done.succeeded => Ok(Applied::Done(claim.version)),
        Ok((done, _)) if !done.succeeded => Ok(Applied::Raced(snapshot(members, done)?)),
        // The lease went while the claim was looked at.
        Ok(_) => Ok(Applied::Raced(read(members, of)?)),
        Err(CallError::Final(why)) => Err(members.refused(&why)),
        Err(CallError::Transient(_)) => {
            members.pause();
            Ok(Applied::Raced(read(members, of)?))
        }
    }
}

fn revision(header: Option<&api::Header>) -> u64 {
    header.map_or(0, |header| {
        u64::try_from(header.revision).unwrap_or_default()
    })
}

/// Two calls at the same time.
async fn both<A, B>(
    one: impl Future<Output = Result<A, CallError>>,
    other: impl Future<Output = Result<B, CallError>>,
) -> Result<(A, B), CallError> {
    use std::task::Poll;
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none() {
            if let Poll::Ready(done) = one.as_mut().poll(context) {
                first = Some(done?);
            }
        }
        if second.is_none() {
            if let Poll::Ready(done) = other.as_mut().poll(context) {
                second = Some(done?);
            }
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready(Ok((a, b))),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}
