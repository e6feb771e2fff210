//! What claims are measured beside: the same writes of the same size in the same transactions, made ready
//! before and sent without a thought. Only for `cargo xtask bench-claims`.

use std::path::Path;
use std::time::{Duration, Instant};

use super::decide::{Action, Change, Request, decide};
use super::holder::Holder;
use super::identity::Identity;
use super::store::{Snapshot, StoreError};
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

/// Writes for these numbers into a file of its own connection, one transaction each, and the time of it.
/// `together` makes one transaction of all, to fill a store.
///
/// # Errors
/// [`StoreError`].
pub fn sqlite(
    path: &Path,
    numbers: std::ops::Range<u64>,
    together: bool,
) -> Result<Duration, StoreError> {
    let changes: Vec<Change> = numbers.map(|number| put(number).1).collect();
    sqlite::bare(path, &changes, together)
}

/// The same in etcd: for each a lease and a transaction, or `together` a few for all, to fill a store.
///
/// # Errors
/// [`StoreError`].
pub fn etcd(
    url: &str,
    numbers: std::ops::Range<u64>,
    together: bool,
) -> Result<Duration, StoreError> {
    let changes: Vec<(Request, Change)> = numbers.map(put).collect();
    etcd::bare(url, &changes, together)
}

/// Claims for these numbers as every host makes them, and the time of it.
///
/// # Errors
/// [`StoreError`], and that one of them was not new.
pub fn claims(address: &str, numbers: std::ops::Range<u64>) -> Result<Duration, StoreError> {
    let requests: Vec<Request> = numbers.map(request).collect();
    let mut store = super::open(address, &super::StoreOptions::default())?;
    // Connected before the time begins, as the bare ones are.
    if let Some(first) = requests.first() {
        store.read(&first.identity)?;
    }
    let begin = Instant::now();
    for request in &requests {
        store.wait_until(Instant::now() + Duration::from_secs(60));
        match super::submit(store.as_mut(), request, None)? {
            super::Outcome::Held(_) => {}
            other => return Err(StoreError::Failed(format!("not new: {other:?}"))),
        }
    }
    Ok(begin.elapsed())
}
