//! What claims in etcd are measured beside.

use std::time::{Duration, Instant};

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
    /// etcd takes 128 operations in one transaction; a claim is five.
    const AT_ONCE: usize = 25;
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
            for some in ready.chunks(AT_ONCE) {
                let mut all = api::Txn::default();
                for (lease, txn) in some {
                    member.grant(*lease, 86_400).await.map_err(failed)?;
                    all.success.extend(txn.success.iter().cloned());
                }
                member.txn(all).await.map_err(failed)?;
            }
            return Ok(begin.elapsed());
        }
        for (lease, txn) in ready {
            member.grant(lease, 86_400).await.map_err(failed)?;
            member.txn(txn).await.map_err(failed)?;
        }
        Ok(begin.elapsed())
    })
}
