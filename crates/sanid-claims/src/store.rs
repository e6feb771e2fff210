//! What a store does: it says what is there, and changes it in one step or not at all.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::change::Change;
use super::event::Stored;
use super::identity::Identity;
use super::seen::{Seen, Snapshot};

/// A place where claims are kept.
///
/// It knows no rules. [`apply`](Self::apply) is the only one that writes, and what it writes is all or
/// nothing: every record that the change was decided on is still there with its version, those whose lease
/// had expired are still expired, and names that nobody had are still free. A store without transactions of
/// several objects takes them one after the other, and lets one of them decide (docs/claims.md, Stores).
pub trait Store: Send {
    /// Until when the next calls may try, over and over where that helps.
    fn wait_until(&mut self, deadline: Instant);

    /// Who has which of these names.
    ///
    /// # Errors
    /// [`StoreError`].
    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError>;

    /// Makes the change, or tells what is there instead.
    ///
    /// # Errors
    /// [`StoreError`]; with [`Unreachable`](StoreError::Unreachable) it may have been made.
    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError>;

    /// Every claim, in no particular order.
    ///
    /// # Errors
    /// [`StoreError`]; `each` has had what came before.
    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError>;

    /// At most `limit` events after this one, the oldest first; none yet: waits for one for so long.
    ///
    /// # Errors
    /// [`StoreError`].
    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, StoreError>;
}

/// [`history`](Store::history) of a store that tells nobody of an event: it is looked at again and again, `every`
/// so often, until there is one or the time to `wait` is over.
///
/// # Errors
/// Those of `look`.
pub fn polled(
    wait: Duration,
    every: Duration,
    mut look: impl FnMut() -> Result<Vec<Stored>, StoreError>,
) -> Result<Vec<Stored>, StoreError> {
    let until = Instant::now() + wait;
    loop {
        let events = look()?;
        let left = until.saturating_duration_since(Instant::now());
        if !events.is_empty() || left.is_zero() {
            return Ok(events);
        }
        std::thread::sleep(left.min(every));
    }
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is made; records and event have this version.
    Done(u64),
    /// Nothing was written: this is there.
    Raced(Snapshot),
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// What was asked for is not understood.
    #[error("{0}")]
    Usage(String),
    /// A rule of safety forbids to use it.
    #[error("{0}")]
    Refused(String),
    /// It did not answer in time, or with a word that another attempt may change.
    #[error("{0}")]
    Unreachable(String),
    /// It answered that it cannot.
    #[error("{0}")]
    Failed(String),
    /// What it holds is not sanid's.
    #[error("{0}")]
    Damaged(String),
}

/// Files for TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Who may have signed the server's certificate.
    pub ca: Option<PathBuf>,
    /// The client's certificate.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
    /// Name in the server's certificate, where it is not the host in the URL.
    pub server_name: Option<String>,
}

/// How to reach a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StoreOptions {
    /// For stores on the network.
    pub tls: TlsFiles,
    /// User of the store.
    pub user: Option<String>,
    /// A file with that user's password.
    pub password_file: Option<PathBuf>,
    /// Do not make what is not there: for commands that only read.
    pub read_only: bool,
    /// Change no byte of a store in a file, not even of its log: for a look from outside. Implies `read_only`.
    pub untouched: bool,
    /// The root that all paths are below; no link leads out of it.
    pub below: Option<PathBuf>,
}

/// Opens a store at the rest of its address.
pub type Open = fn(&str, &StoreOptions) -> Result<Box<dyn Store>, StoreError>;

/// A kind of store.
pub struct StoreKind {
    /// What the address begins with.
    pub word: &'static str,
    /// What follows it.
    pub rest: &'static str,
    /// Opens one; gets what follows the colon.
    pub open: Open,
}
