//! Claims in one SQLite file: for the hosts, virtual machines or scripts of one machine.
//!
//! Several processes at once (WAL: readers do not wait, writers take turns), each transaction durable before
//! it is told (`synchronous = FULL`). Leases run by `CLOCK_BOOTTIME` of the machine; where that has booted
//! again every lease begins anew, so that none ends early.

mod file;
mod schema;

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, Transaction, TransactionBehavior};

use super::change::Change;
use super::clock::{Clock, HostClock, Moment};
use super::event::{Event, Stored};
use super::identity::{Identifier, Identity};
use super::record::{LONGEST_RECORD, Record};
use super::seen::{Lease, Seen, Snapshot};
use super::store::{Applied, Store, StoreError, StoreKind};

pub(super) const KIND: StoreKind = StoreKind {
    word: "sqlite",
    rest: "FILE",
    open: |path, options| {
        let store = SqliteStore::open(Path::new(path), Box::new(HostClock), options.read_only)?;
        Ok(Box::new(store))
    },
};

/// How often `watch` looks for something new.
const POLL: Duration = Duration::from_millis(200);
/// Until [`Store::wait_until`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);

/// The store.
pub struct SqliteStore {
    connection: Connection,
    clock: Box<dyn Clock>,
    name: String,
    deadline: Instant,
}

impl SqliteStore {
    /// Opens a file, or makes it; with `read_only` it has to be there.
    ///
    /// # Errors
    /// [`StoreError`]: it cannot be opened, lies on a network file system, or is something else.
    pub fn open(path: &Path, clock: Box<dyn Clock>, read_only: bool) -> Result<Self, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let name = sanid_host::root::printable(path);
        let path = file::usable(path, &name, read_only)?;
        let connection = schema::open(&path, deadline).map_err(|error| told(&name, error))?;
        Ok(Self {
            connection,
            clock,
            name,
            deadline,
        })
    }

    fn run<T>(
        &mut self,
        behavior: TransactionBehavior,
        body: impl FnOnce(&Transaction<'_>, &Moment) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let name = self.name.clone();
        self.transaction(behavior, body)
            .map_err(|error| told(&name, error))
    }

    fn transaction<T>(
        &mut self,
        behavior: TransactionBehavior,
        body: impl FnOnce(&Transaction<'_>, &Moment) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        self.connection.busy_timeout(left)?;
        let transaction = self.connection.transaction_with_behavior(behavior)?;
        // Read under the lock: while it was waited for, time went on.
        let now = self.clock.now();
        let done = body(&transaction, &now)?;
        transaction.commit()?;
        Ok(done)
    }
}

/// What can go wrong inside.
enum Trouble {
    Sqlite(rusqlite::Error),
    Damaged(String),
    /// The store looks other than the change was made for.
    Raced,
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Store for SqliteStore {
    fn wait_until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError> {
        self.run(TransactionBehavior::Deferred, |transaction, now| {
            snapshot(transaction, now, of)
        })
    }

    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError> {
        let name = self.name.clone();
        let done = self.transaction(TransactionBehavior::Immediate, |transaction, now| {
            begin_leases_anew(transaction, now)?;
            make(transaction, now, change)
        });
        match done {
            Ok(version) => Ok(Applied::Done(version)),
            // Rolled back. What is there is read again, and may have changed once more; never mind.
            Err(Trouble::Raced) => Ok(Applied::Raced(self.read(of)?)),
            Err(error) => Err(told(&name, error)),
        }
    }

    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
        self.run(TransactionBehavior::Deferred, |transaction, now| {
            let boot = boot(transaction)?;
            let mut rows = transaction.prepare(
                "SELECT id, version, record, lease, expires FROM claims ORDER BY version",
            )?;
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                each(seen(row, now, &boot)?);
            }
            Ok(())
        })
    }

    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, StoreError> {
        let until = Instant::now() + wait;
        loop {
            let events = self.run(TransactionBehavior::Deferred, |transaction, _| {
                events(transaction, after, limit)
            })?;
            let left = until.saturating_duration_since(Instant::now());
            if !events.is_empty() || left.is_zero() {
                return Ok(events);
            }
            std::thread::sleep(left.min(POLL));
            self.deadline = self.deadline.max(Instant::now() + PATIENCE);
        }
    }
}

fn events(transaction: &Transaction<'_>, after: u64, limit: usize) -> Result<Vec<Stored>, Trouble> {
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
fn boot(transaction: &Transaction<'_>) -> Result<String, Trouble> {
    let mut row = transaction.prepare_cached("SELECT value FROM meta WHERE key = 'boot'")?;
    let boot: Option<String> = row.query_row([], |row| row.get(0)).optional()?;
    Ok(boot.unwrap_or_default())
}

/// After a boot of this machine: for how long a claim was not renewed nobody knows.
fn begin_leases_anew(transaction: &Transaction<'_>, now: &Moment) -> Result<(), Trouble> {
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

fn snapshot(
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

fn seen(row: &rusqlite::Row<'_>, now: &Moment, boot: &str) -> Result<Seen, Trouble> {
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

/// Makes a change, or finds that it does not apply.
fn make(transaction: &Transaction<'_>, now: &Moment, change: &Change) -> Result<u64, Trouble> {
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

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
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
fn number(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> Result<u64, Trouble> {
    u64::try_from(number).map_err(|_| Trouble::Damaged("a version is negative".into()))
}

/// The error in the words of what it means here.
fn told(name: &str, trouble: Trouble) -> StoreError {
    let error = match trouble {
        Trouble::Sqlite(error) => error,
        Trouble::Damaged(why) => {
            return StoreError::Damaged(format!(
                "{name} is no store of claims, or is damaged: {why}"
            ));
        }
        Trouble::Raced => {
            return StoreError::Failed(format!("{name}: a change was made without its reason"));
        }
    };
    if let rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::IntegralValueOutOfRange(..) =
        error
    {
        return told(name, Trouble::Damaged(error.to_string()));
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::Unreachable(format!(
                "{name} is locked by another process for longer than was to be waited; fuser {name} shows by which"
            ))
        }
        Some(ErrorCode::DiskFull) => StoreError::Failed(format!(
            "the disk is full: nothing was written to {name}; make room and claim again"
        )),
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen) => StoreError::Failed(format!(
            "{name} cannot be opened to be written ({error}): it, its directory or its file system is read-only, or belongs to somebody else; every claim writes to its store"
        )),
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt | ErrorCode::TypeMismatch) => {
            StoreError::Damaged(format!(
                "{name} is no store of claims, or is damaged ({error}); move it away, and every host claims anew into a new one"
            ))
        }
        _ => StoreError::Failed(format!("{name}: {error}")),
    }
}

/// The writes of claims that are all new, without the look at what is there.
#[cfg(feature = "bench")]
pub(super) fn bare(
    path: &Path,
    changes: &[Change],
    together: bool,
) -> Result<Duration, StoreError> {
    let mut store = SqliteStore::open(path, Box::new(HostClock), false)?;
    let rows: Vec<_> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Put { record, event, .. } => Some((
                &record.id,
                text(&record.bytes()),
                record.identity.identifiers(),
                text(&event.bytes()),
            )),
            _ => None,
        })
        .collect();
    let write = |transaction: &Transaction<'_>,
                 row: &(&String, String, [Identifier; 3], String)| {
        let (id, record, names, event) = row;
        let sequence = transaction
            .prepare_cached("INSERT INTO history (claim, event) VALUES (?1, ?2)")?
            .insert((id, event))?;
        transaction
            .prepare_cached(
                "INSERT INTO claims (id, version, record, lease, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((id, sequence, record, 86_400_000, 86_400_000_000_i64))?;
        for name in names {
            transaction
                .prepare_cached("INSERT INTO names (kind, name, claim) VALUES (?1, ?2, ?3)")?
                .execute((name.kind.word(), &name.name, id))?;
        }
        Ok::<(), rusqlite::Error>(())
    };
    let failed = |error: rusqlite::Error| told("bare", error.into());
    let connection = &mut store.connection;
    connection
        .busy_timeout(Duration::from_secs(60))
        .map_err(failed)?;
    let begin = Instant::now();
    if together {
        let all = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let all = all.map_err(failed)?;
        for row in &rows {
            write(&all, row).map_err(failed)?;
        }
        all.commit().map_err(failed)?;
        return Ok(begin.elapsed());
    }
    for row in &rows {
        let one = connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let one = one.map_err(failed)?;
        write(&one, row).map_err(failed)?;
        one.commit().map_err(failed)?;
    }
    Ok(begin.elapsed())
}
