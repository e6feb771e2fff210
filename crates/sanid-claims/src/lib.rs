//! Claims: at most one host holds an identity at a time.
//!
//! A claim binds the names of a host, such as its initiator name, host NQN and Host ID, all of them or none, to one
//! holder for a lease. What it promises, under which assumptions, and what it does not, is docs/claims.md.
//!
//! ```text
//! Request + Snapshot ─► decide() ─► Decision: an outcome, and a Change where something is to be written
//!                                             │
//! Store: read() ─► Snapshot, apply(Change) ◄──┘   all of it, or nothing and a newer Snapshot
//! ```
//!
//! The rules are in [`decide`], a function of data. A [`Store`] knows no rules: it says what is there, and
//! writes a [`Change`] only while what the change was decided on is still so. A store is one file and one
//! line in [`STORES`], or an implementation of [`Store`] in a different crate, as in sanid-kube.
//!
//! # Examples
//! ```
//! use std::time::Duration;
//! use sanid_claims::{Action, Holder, Identity, Outcome, Request};
//!
//! let dir = tempfile::tempdir().unwrap();
//! let place = format!("sqlite:{}", dir.path().join("claims.db").display());
//! let mut store = sanid_claims::open(&place, &sanid_claims::StoreOptions::default()).unwrap();
//!
//! let identity = Identity::parse(
//!     "iqn.2016-04.com.open-iscsi:1",
//!     "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
//!     "652f5d50-a689-4520-b87b-fe2552ef6b8b",
//! ).unwrap();
//! let claim = |host: &str| {
//!     let holder = Holder { name: host.into(), boot_id: Some(format!("boot of {host}")), ..Holder::default() };
//!     Request::new(Action::Claim, identity.clone(), holder, Some(Duration::from_secs(3600)))
//! };
//! let first = sanid_claims::submit(store.as_mut(), &claim("node-1"), None).unwrap();
//! assert!(matches!(first, Outcome::Held(_)));
//! let second = sanid_claims::submit(store.as_mut(), &claim("node-2"), None).unwrap();
//! assert!(matches!(second, Outcome::Conflict(_)));
//! ```

mod change;
mod clock;
pub mod config;
mod decide;
mod engine;
mod etcd;
mod event;
mod files;
mod holder;
pub mod host;
mod identity;
pub mod metrics;
mod record;
mod report;
mod seen;
mod sqlite;
mod store;
mod stores;
mod time;

pub use change::Change;
pub use clock::{Clock, HostClock, Moment};
pub use decide::{Action, Decision, Grant, Outcome, Request, Rival, Why, decide};
pub use engine::submit;
pub use etcd::EtcdStore;
pub use event::{Ended, Event, Stored, What};
pub use holder::{Holder, Likeness, Node};
pub use identity::{Identifier, Identity, IdentityError, Kind, OtherKind};
pub use record::{BadRecord, LONGEST_RECORD, Record};
pub use report::{
    ClaimReport, ClaimsReport, EndedReport, EventReport, HolderReport, RivalReport, outcome_word,
};
pub use seen::{Lease, Seen, Snapshot};
pub use sqlite::SqliteStore;
pub use store::{Applied, Open, Store, StoreError, StoreKind, StoreOptions, TlsFiles, polled};
pub use stores::{STORES, open};
pub use time::Timestamp;
