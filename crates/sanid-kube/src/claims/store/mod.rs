//! Claims on an API server: one object per identifier, none of which can exist twice.
//!
//! There is no transaction of several objects, so a change is made step by step, and one write decides:
//!
//! 1. the objects of all names but the Host ID are created (*staged*): whoever is second is answered with 409;
//! 2. the anchors of claims elsewhere that end are marked as pending;
//! 3. the anchor, the object of the Host ID or one of its own, is created or replaced: with that the claim is held, or not;
//! 4. what is left of the claims that ended is cleared away.
//!
//! What is staged and whose anchor does not say so holds nothing. Whoever is in the way of it writes to that
//! anchor before it takes it away, so that a late third step finds another version, and fails.

mod calls;
mod change;
mod clear;
mod read;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kube::ResourceExt as _;
use kube::api::Api;
use sanid_claims::{
    Applied, Change, Clock, HostClock, Identifier, Identity, Moment, Record, Seen, Snapshot, Store,
    StoreError, Stored, decide, polled,
};
use tokio::runtime::Handle;

pub(crate) use self::calls::sentence;
use self::calls::{PAUSE, Step, Trouble};
use super::state::{FoundAnchor, anchor_of, objects};
use crate::api::{Cluster, Requests};
use crate::resources::{NodeReference, StorageIdentityClaim};

/// Until [`Store::wait_until`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(100);

/// The store.
///
/// One that a node owns makes claims that go with the Node object, and writes no object of another node: what
/// another node has staged it waits for. One that no node owns is for administrators, and writes all.
pub struct KubeStore {
    claims: Api<StorageIdentityClaim>,
    requests: Requests,
    runtime: Handle,
    owner: Option<NodeReference>,
    clock: Box<dyn Clock>,
    deadline: Instant,
    /// Anchors as they were last seen: what a change is based on, and the server says whether it is still so.
    anchors: HashMap<String, FoundAnchor>,
    /// Since when a write of an anchor is known: its lease runs from then on.
    leases: HashMap<String, (String, Moment)>,
    turn: usize,
    /// The versions of what is read, while a snapshot is taken.
    trace: Option<Vec<(String, String)>>,
}

impl KubeStore {
    /// The store of a cluster, for claims that go with a node; without one, for an administrator's. It is made
    /// on a thread of the runtime; its calls wait on the thread that makes them, so they cannot be made there.
    pub fn new(cluster: &Cluster, owner: Option<NodeReference>) -> Self {
        Self {
            claims: cluster.claims.clone(),
            requests: cluster.requests(),
            runtime: Handle::current(),
            owner,
            clock: Box::new(HostClock),
            deadline: Instant::now() + PATIENCE,
            anchors: HashMap::new(),
            leases: HashMap::new(),
            turn: 0,
            trace: None,
        }
    }

    /// The same with another clock for leases.
    #[must_use]
    pub fn with_clock(self, clock: Box<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Whether a claim is as it was seen: one request.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn stands(&mut self, seen: &Seen) -> Result<bool, StoreError> {
        let there =
            self.wait(async |store| store.anchor(&anchor_of(&seen.record.identity)).await)?;
        Ok(there.is_some_and(|there| is(&there, seen)))
    }

    /// When the API server made the object of a claim that was seen.
    pub fn since(&self, seen: &Seen) -> Option<String> {
        let anchor = self.anchors.get(&anchor_of(&seen.record.identity))?;
        let time = anchor.object.creation_timestamp()?;
        let seconds = k8s_openapi::chrono::SecondsFormat::Secs;
        Some(time.0.to_rfc3339_opts(seconds, true))
    }

    /// The objects that a first claim makes, in the order in which it does.
    pub fn first_objects(&self, request: &sanid_claims::Request) -> Vec<StorageIdentityClaim> {
        match decide(request, &Snapshot::default()).change {
            Some(Change::Put { record, event, .. }) => {
                objects(&record, &event, self.owner.as_ref())
            }
            _ => Vec::new(),
        }
    }

    /// Deletes an object while it is what was seen: by its uid, so that nothing that has taken its place goes,
    /// and by its version, so that nothing goes that was written since. `false` where it is not.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn delete_exactly(&mut self, object: &StorageIdentityClaim) -> Result<bool, StoreError> {
        self.wait(async |store| store.delete(object).await)
    }

    /// Writes an object in the place of the one that was seen, by its uid and version. `false` where it is
    /// not what was seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn replace_exactly(&mut self, object: &StorageIdentityClaim) -> Result<bool, StoreError> {
        self.wait(async |store| Ok(store.put(object.clone()).await?.is_some()))
    }

    fn wait<T>(&mut self, step: impl AsyncFnOnce(&mut Self) -> Step<T>) -> Result<T, StoreError> {
        let runtime = self.runtime.clone();
        match runtime.block_on(step(self)) {
            Ok(done) => Ok(done),
            Err(Trouble::Store(error)) => Err(error),
            Err(Trouble::Silent(why)) => Err(StoreError::Unreachable(why)),
            Err(Trouble::Raced) => Err(StoreError::Unreachable(
                "the claims change faster than they can be read".into(),
            )),
        }
    }
}

impl Store for KubeStore {
    fn wait_until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError> {
        self.wait(async |store| store.snapshot(of).await)
    }

    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError> {
        self.wait(async |store| {
            match store.try_apply(change).await {
                Ok(version) => return Ok(Applied::Done(version)),
                Err(Trouble::Raced) => {}
                // What is there tells whether it was made.
                Err(Trouble::Silent(why)) if store.left() < 4 * PAUSE => {
                    return Err(Trouble::Silent(why));
                }
                Err(Trouble::Silent(_)) => store.pause().await,
                Err(Trouble::Store(error)) => return Err(Trouble::Store(error)),
            }
            store.snapshot(of).await.map(Applied::Raced)
        })
    }

    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
        self.wait(async |store| {
            let all = store.all().await?;
            let tokens: HashMap<String, Option<String>> = all
                .iter()
                .map(|found| (found.object.name_any(), found.anchor.token.clone()))
                .collect();
            for found in &all {
                let ended = found.anchor.pending.as_ref().is_some_and(|pending| {
                    tokens.get(&pending.anchor).and_then(Option::as_ref) == Some(&pending.claim)
                });
                if let Some(seen) = store.seen(found).filter(|_| !ended) {
                    each(seen);
                }
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
            self.deadline = self.deadline.max(Instant::now() + PATIENCE);
            let all = self.wait(async |store| store.all().await)?;
            let mut events: Vec<Stored> = all
                .iter()
                .flat_map(FoundAnchor::history)
                .filter(|stored| stored.sequence > after)
                .collect();
            events.sort_by_key(|stored| stored.sequence);
            events.truncate(limit);
            Ok(events)
        })
    }
}

/// Whether an anchor has the claim that was seen, and nothing has changed it.
fn is(found: &FoundAnchor, seen: &Seen) -> bool {
    let record = found.anchor.record.as_ref();
    found.generation == seen.version && record.is_some_and(|record| record.id == seen.record.id)
}

fn covers(record: &Record, identifier: &Identifier) -> bool {
    record.identity.identifiers().contains(identifier)
}
