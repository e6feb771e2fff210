//! Claims in etcd: for the hosts of a site.
//!
//! One transaction holds all names, the lease and the event together. Leases are etcd's own, by the
//! clock of its leader, which begins them anew when the leader changes, and each renewal has a new one
//! (`change` says why): none ends early.
//!
//! `settings` says how members are reached, `members` asks them until one answers (`wire` and `messages`: how),
//! `read` and `change` do what a store does; `keys` says what lies where.

mod change;
#[cfg(test)]
mod compat;
mod keys;
mod members;
mod messages;
mod read;
mod settings;
mod wire;

use std::time::{Duration, Instant};

use self::members::Members;
use self::settings::Settings;
use super::change::Change;
use super::event::Stored;
use super::identity::Identity;
use super::seen::{Seen, Snapshot};
use super::store::{Applied, Store, StoreError, StoreKind, StoreOptions};

pub(super) const KIND: StoreKind = StoreKind {
    word: "etcd",
    rest: "URL[,URL…]",
    open: |urls, options| Ok(Box::new(EtcdStore::open(urls, options)?)),
};

/// The store.
pub struct EtcdStore {
    members: Members,
}

impl EtcdStore {
    /// A store at these members, separated by commas; they are not asked yet.
    ///
    /// # Errors
    /// [`StoreError`]: an address, or a file for TLS, is not one.
    pub fn open(urls: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        Ok(Self {
            members: Members::new(Settings::new(urls, options)?)?,
        })
    }
}

impl Store for EtcdStore {
    fn wait_until(&mut self, deadline: Instant) {
        self.members.wait_until(deadline);
    }

    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError> {
        read::read(&mut self.members, of)
    }

    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError> {
        change::apply(&mut self.members, of, change)
    }

    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
        read::list(&mut self.members, each)
    }

    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, StoreError> {
        read::history(&mut self.members, after, limit, wait)
    }
}
