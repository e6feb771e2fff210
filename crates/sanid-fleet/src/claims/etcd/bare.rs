//! What claims in etcd are measured beside.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::wire::{CallError, Member};
use super::{EtcdStore, keys, messages as api};
use crate::claims::change::Change;
use crate::claims::decide::{Outcome, Request};
use crate::claims::engine::submit;
use crate::claims::store::{Store as _, StoreError, StoreOptions};

/// What one claim that is new sends: its lease, and its transaction.
fn ready((request, change): &(Request, Change)) -> Option<(i64, api::Txn)> {
    match change {
        Change::Put { record, event, .. } => {
            let txn = keys::put(&request.identity, record, &[], &change.free(), event);
            Some((keys::lease_id(record), txn))
        }
        _ => None,
    }
}

fn failed(error: &CallError) -> StoreError {
    StoreError::Failed(format!("{error:?}"))
}

/// A few transactions for all.
pub(crate) fn fill(url: &str, changes: &[(Request, Change)]) -> Result<(), StoreError> {
    let store = EtcdStore::open(url, &StoreOptions::default())?;
    let ready: Vec<_> = changes.iter().filter_map(ready).collect();
    store.members.runtime.block_on(async {
        let member = Member::new(url, None).map_err(StoreError::Failed)?;
        together(&member, ready)
            .await
            .map_err(|error| failed(&error))
    })
}

/// Claims and bare transactions in turn, each first as often, and the times of both: what slows the machine
/// down slows down both.
pub(crate) fn pairs(
    url: &str,
    pairs: &[(Request, (Request, Change))],
) -> Result<(Duration, Duration), StoreError> {
    let mut store = EtcdStore::open(url, &StoreOptions::default())?;
    let bare: Vec<_> = pairs.iter().filter_map(|(_, bare)| ready(bare)).collect();
    let member = {
        let _inside = store.members.runtime.enter();
        Member::new(url, None).map_err(StoreError::Failed)?
    };
    // Connected before the time begins, both of them.
    let connect = member.grant(1, 9_000_000_000);
    store
        .members
        .runtime
        .block_on(connect)
        .map_err(|error| failed(&error))?;
    if let Some((first, _)) = pairs.first() {
        store.read(&first.identity)?;
    }
    let mut times = (Duration::ZERO, Duration::ZERO);
    for (number, ((request, _), (lease, txn))) in pairs.iter().zip(bare).enumerate() {
        let mut txn = Some(txn);
        for what in [number % 2, (number + 1) % 2] {
            let begin = Instant::now();
            match txn.take_if(|_| what == 1) {
                None => {
                    store.wait_until(begin + Duration::from_secs(60));
                    match submit(&mut store, request, None)? {
                        Outcome::Held(_) => times.0 += begin.elapsed(),
                        other => return Err(StoreError::Failed(format!("not new: {other:?}"))),
                    }
                }
                Some(txn) => {
                    let calls = async {
                        member.grant(lease, 86_400).await?;
                        member.txn(txn).await
                    };
                    store
                        .members
                        .runtime
                        .block_on(calls)
                        .map_err(|error| failed(&error))?;
                    times.1 += begin.elapsed();
                }
            }
        }
    }
    Ok(times)
}

/// Several claims in each transaction, with one lease for them, and many transactions at once: etcd writes what
/// it is asked at one time to the disk at one time.
async fn together(member: &Member, ready: Vec<(i64, api::Txn)>) -> Result<(), CallError> {
    /// etcd takes 128 operations in one transaction; a claim is five.
    const IN_ONE: usize = 25;
    const AT_ONCE: usize = 32;
    let mut under_way = JoinSet::new();
    for some in ready.chunks(IN_ONE) {
        let Some((lease, _)) = some.first() else {
            continue;
        };
        let lease = *lease;
        let mut all = api::Txn::default();
        for (own, txn) in some {
            let puts = txn.success.iter().cloned();
            all.success
                .extend(puts.map(|put| keys::leased_by(put, *own, lease)));
        }
        let member = member.clone();
        under_way.spawn(async move {
            member.grant(lease, 86_400).await?;
            member.txn(all).await
        });
        while under_way.len() >= AT_ONCE {
            one(&mut under_way).await?;
        }
    }
    finished(under_way).await
}

async fn finished<T: 'static>(mut tasks: JoinSet<Result<T, CallError>>) -> Result<(), CallError> {
    while !tasks.is_empty() {
        one(&mut tasks).await?;
    }
    Ok(())
}

async fn one<T: 'static>(tasks: &mut JoinSet<Result<T, CallError>>) -> Result<(), CallError> {
    match tasks.join_next().await {
        Some(Ok(done)) => done.map(drop),
        Some(Err(error)) => Err(CallError::Final(error.to_string())),
        None => Ok(()),
    }
}
