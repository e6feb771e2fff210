//! What a store does: it says what is there, and changes it in one step or not at all.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::decide::Change;
use super::event::Event;
use super::identity::{Identifier, Identity};
use super::record::Record;

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

/// A claim as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The claim.
    pub record: Record,
    /// The number of the change that wrote it: greater than that of every earlier change in this store, and
    /// so the generation, or fencing token, of the holder.
    pub version: u64,
    /// Its lease, by the store's clock.
    pub lease: Lease,
}

/// Whether a claim still holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It holds; for how long at least, where the store tells.
    Live(Option<Duration>),
    /// Whoever asks may have it.
    Expired,
}

/// Who has which of three names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Every claim that has at least one of them, each once.
    pub claims: Vec<Seen>,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// It is made; records and event have this version.
    Done(u64),
    /// Nothing was written: this is there.
    Raced(Snapshot),
}

/// An event with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The version of the change.
    pub sequence: u64,
    /// What happened.
    pub event: Event,
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

/// Every kind of store.
pub const STORES: &[StoreKind] = &[
    #[cfg(feature = "command")]
    super::sqlite::KIND,
    #[cfg(feature = "command")]
    super::etcd::KIND,
];

/// Opens the store at an address such as `sqlite:/var/lib/sanid/claims.db` or
/// `etcd:https://10.0.0.1:2379,https://10.0.0.2:2379`.
///
/// # Errors
/// [`StoreError`]; a store on the network is not asked before it is used.
pub fn open(address: &str, options: &StoreOptions) -> Result<Box<dyn Store>, StoreError> {
    let found = STORES.iter().find_map(|kind| {
        let rest = address.strip_prefix(kind.word)?.strip_prefix(':')?;
        Some((kind, rest))
    });
    match found {
        Some((kind, rest)) if !rest.is_empty() => (kind.open)(rest, options),
        _ => {
            let kinds: Vec<String> = STORES
                .iter()
                .map(|kind| format!("{}:{}", kind.word, kind.rest))
                .collect();
            Err(StoreError::Usage(format!(
                "{address:?} is no store; one is {}",
                kinds.join(" or ")
            )))
        }
    }
}

impl Snapshot {
    /// Adds a claim once.
    pub fn add(&mut self, seen: Seen) {
        if !self
            .claims
            .iter()
            .any(|one| one.record.id == seen.record.id)
        {
            self.claims.push(seen);
        }
    }
}

impl Change {
    /// Names that the change takes and that nobody may have: those of its record that no ended claim has.
    pub(super) fn free(&self) -> Vec<Identifier> {
        let (Self::Put { record, ends, .. }, taken) = (self, self.taken()) else {
            return Vec::new();
        };
        debug_assert!(ends.len() * 3 == taken.len());
        let names = record.identity.identifiers();
        names
            .into_iter()
            .filter(|name| !taken.contains(name))
            .collect()
    }

    /// Names of the claims that end.
    pub(super) fn taken(&self) -> Vec<Identifier> {
        let ends: &[Seen] = match self {
            Self::Renew { .. } => &[],
            Self::Put { ends, .. } | Self::Delete { ends, .. } => ends,
        };
        ends.iter()
            .flat_map(|seen| seen.record.identity.identifiers())
            .collect()
    }
}
