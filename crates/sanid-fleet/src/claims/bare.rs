//! What claims are measured beside: the same writes of the same size in the same transactions, made ready
//! before and sent without a thought. Only for `cargo xtask bench-claims`.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use super::change::Change;
use super::decide::{Action, Request, decide};
use super::holder::Holder;
use super::identity::Identity;
use super::seen::Snapshot;
use super::store::StoreError;
use super::{etcd, sqlite};

/// A claim of a host of its own; like all hosts of a benchmark it has whole evidence.
pub fn request(number: u64) -> Request {
    let uuid = format!("652f5d50-a689-4520-b87b-{number:012x}");
    let identity = Identity::parse(
        &format!("iqn.2016-04.com.open-iscsi:{uuid}"),
        &format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}"),
        &uuid,
    );
    let digest = |kind: &str| format!("{kind}{number:031x}");
    let holder = Holder {
        name: format!("node-{number}"),
        seed: Some(digest("a")),
        evidence: sanid_host::hardware::Evidence {
            firmware_uuid: Some(digest("b")),
            board_serial: Some(digest("c")),
            macs: vec![digest("d"), digest("e")],
            root_fs: Some(digest("f")),
        },
        boot_id: Some(uuid.clone()),
        node: None,
    };
    let lease = Some(Duration::from_secs(24 * 3600));
    match identity {
        Ok(identity) => Request::new(Action::Claim, identity, holder, lease),
        Err(_) => unreachable!("the names above are valid"),
    }
}

fn put(number: u64) -> (Request, Change) {
    let request = request(number);
    match decide(&request, &Snapshot::default()).change {
        Some(change) => (request, change),
        None => unreachable!("an empty store has room"),
    }
}

/// Fills a file, so many in one transaction.
///
/// # Errors
/// [`StoreError`].
pub fn fill_sqlite(path: &Path, numbers: Range<u64>) -> Result<(), StoreError> {
    let changes: Vec<Change> = numbers.map(|number| put(number).1).collect();
    sqlite::bare::fill(path, &changes)
}

/// Claims for these numbers and as many bare transactions, in turn, and the time of each kind.
///
/// # Errors
/// [`StoreError`], and that one of them was not new.
pub fn pairs_sqlite(path: &Path, numbers: Range<u64>) -> Result<(Duration, Duration), StoreError> {
    // The bare ones have numbers of their own.
    let half = (numbers.end - numbers.start) / 2;
    let pairs: Vec<(Request, Change)> = (numbers.start..numbers.start + half)
        .map(|number| (request(number), put(number + half).1))
        .collect();
    sqlite::bare::pairs(path, &pairs)
}

/// Fills etcd, a few transactions for all.
///
/// # Errors
/// [`StoreError`].
pub fn fill_etcd(url: &str, numbers: Range<u64>) -> Result<(), StoreError> {
    let changes: Vec<(Request, Change)> = numbers.map(put).collect();
    etcd::bare::fill(url, &changes)
}

/// Claims in etcd for these numbers and as many bare transactions with their leases, in turn, and the time of
/// each kind.
///
/// # Errors
/// [`StoreError`], and that one of them was not new.
pub fn pairs_etcd(url: &str, numbers: Range<u64>) -> Result<(Duration, Duration), StoreError> {
    let half = (numbers.end - numbers.start) / 2;
    let pairs: Vec<_> = (numbers.start..numbers.start + half)
        .map(|number| (request(number), put(number + half)))
        .collect();
    etcd::bare::pairs(url, &pairs)
}
