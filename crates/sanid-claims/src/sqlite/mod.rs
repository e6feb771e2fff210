//! Claims in one SQLite file: for the hosts, virtual machines or scripts of one machine.
//!
//! Several processes at once (WAL: readers do not wait, writers take turns), each transaction durable before
//! it is told (`synchronous = FULL`). Leases run by `CLOCK_BOOTTIME` of the machine; where that has booted
//! again every lease begins anew, so that none ends early.

mod change;
mod file;
mod read;
mod schema;
mod trouble;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use sanid_host::root::printable;

use self::change::{begin_leases_anew, make};
use self::file::Access;
use self::read::{boot, events, seen, snapshot};
use self::trouble::{Trouble, told};
use super::change::Change;
use super::clock::{Clock, HostClock, Moment};
use super::event::Stored;
use super::identity::Identity;
use super::seen::{Seen, Snapshot};
use super::store::{Applied, Store, StoreError, StoreKind, polled};

pub(super) const KIND: StoreKind = StoreKind {
    word: "sqlite",
    rest: "FILE",
    open: |path, options| {
        let (path, name) = match &options.below {
            None => (PathBuf::from(path), printable(Path::new(path))),
            Some(root) => file::inside(root, Path::new(path))?,
        };
        let store = SqliteStore::with(&path, name, Box::new(HostClock), Access::of(options))?;
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
        let access = if read_only {
            Access::Read
        } else {
            Access::Write
        };
        Self::with(path, printable(path), clock, access)
    }

    fn with(
        path: &Path,
        name: String,
        clock: Box<dyn Clock>,
        access: Access,
    ) -> Result<Self, StoreError> {
        let deadline = Instant::now() + PATIENCE;
        let path = file::usable(path, &name, access)?;
        let connection =
            schema::open(&path, access, deadline).map_err(|error| told(&name, error))?;
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
        polled(wait, POLL, || {
            let events = self.run(TransactionBehavior::Deferred, |transaction, _| {
                events(transaction, after, limit)
            })?;
            self.deadline = self.deadline.max(Instant::now() + POLL + PATIENCE);
            Ok(events)
        })
    }
}
