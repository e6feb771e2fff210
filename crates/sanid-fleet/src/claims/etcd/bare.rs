//! What claims in etcd are measured beside.

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::members::Members;
use super::settings::Settings;
use super::wire::{CallError, Member};
use super::{keys, messages as api};
use crate::claims::change::Change;
use crate::claims::decide::Request;
use crate::claims::store::{StoreError, StoreOptions};

/// The lease and the transaction of claims that are all new, made before the time begins.
pub(crate) fn bare(
    url: &str,
    changes: &[(Request, Change)],
    together: bool,
) -> Result<Duration, StoreError> {
    let members = Members::new(Settings::new(url, &StoreOptions::default())?)?;
    let ready: Vec<(i64, api::Txn)> = changes
        .iter()
        .filter_map(|(request, change)| match change {
            Change::Put { record, event, .. } => {
                let txn = keys::put(&request.identity, record, &[], &change.free(), event);
                Some((keys::lease_id(record), txn))
            }
            _ => None,
        })
        .collect();
    let failed = |error: CallError| StoreError::Failed(format!("{error:?}"));
    members.runtime.block_on(async {
        // Connected before the time begins.
        let member = Member::new(url, None).map_err(StoreError::Failed)?;
        member.grant(1, 9_000_000_000).await.map_err(failed)?;
        let begin = Instant::now();
        if together {
            fill(&member, ready).await.map_err(failed)?;
            return Ok(begin.elapsed());
        }
        for (lease, txn) in ready {
            member.grant(lease, 86_400).await.map_err(failed)?;
            member.txn(txn).await.map_err(failed)?;
        }
        Ok(begin.elapsed())
    })
}

/// Several claims in each transaction, with one lease for them, and many transactions at once: etcd writes what
/// it is asked at one time to the disk at one time.
async fn fill(member: &Member, ready: Vec<(i64, api::Txn)>) -> Result<(), CallError> {
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
