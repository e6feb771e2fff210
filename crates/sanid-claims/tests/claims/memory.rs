//! A store in memory: the plainest one that keeps the rules, and, with its atomicity removed, one that does
//! not, for the checker to find.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use sanid_claims::{
    Applied, Change, Identifier, Identity, Lease, Record, Seen, Snapshot, Store, StoreError,
    Stored, polled,
};

use crate::conformance;
use crate::support::{HandClock, Place};

pub(crate) fn trials() -> Vec<Trial> {
    conformance::trials("memory", &[], || place(Broken::Nothing))
}

/// What a store in memory does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    Nothing,
    /// Between looking and writing others have their turn.
    Atomicity,
    /// It writes without looking.
    Guards,
    /// It takes one of the names of a claim that ends, and leaves the others.
    AllOrNone,
    /// Leases end after half of their time.
    Leases,
    /// Now and then it forgets a claim.
    Durability,
    /// It answers from a snapshot that is old.
    Freshness,
}

#[derive(Default)]
struct State {
    names: HashMap<Identifier, String>,
    claims: HashMap<String, (Record, u64, Option<i64>)>,
    history: Vec<Stored>,
    sequence: u64,
    stale: Snapshot,
}

struct MemoryStore {
    state: Arc<Mutex<State>>,
    clock: HandClock,
    broken: Broken,
}

pub(crate) fn place(broken: Broken) -> Place {
    let state = Arc::new(Mutex::new(State::default()));
    let clock = HandClock::default();
    let time = clock.0.clone();
    Place {
        open: Box::new(move || {
            Box::new(MemoryStore {
                state: state.clone(),
                clock: clock.clone(),
                broken,
            })
        }),
        pass: Box::new(move |by| {
            time.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        }),
        _keep: Box::new(()),
    }
}

impl MemoryStore {
    fn now(&self) -> i64 {
        self.clock.0.load(Ordering::SeqCst)
    }

    fn seen(&self, state: &State, id: &str) -> Option<Seen> {
        let (record, version, expires) = state.claims.get(id)?;
        let lease = match expires.map(|expires| expires - self.now()) {
            None => Lease::Live(None),
            Some(left) if left > 0 => {
                Lease::Live(Some(Duration::from_millis(u64::try_from(left).unwrap())))
            }
            Some(_) => Lease::Expired,
        };
        Some(Seen {
            record: record.clone(),
            version: *version,
            lease,
        })
    }

    fn snapshot(&self, state: &State, of: &Identity) -> Snapshot {
        let mut claims: Vec<Seen> = Vec::new();
        for name in of.identifiers() {
            let seen = state.names.get(&name).and_then(|id| self.seen(state, id));
            claims.extend(
                seen.filter(|seen| !claims.iter().any(|one| one.record.id == seen.record.id)),
            );
        }
        Snapshot { claims }
    }

    fn still(&self, state: &State, claim: &Seen, takes_over: bool) -> bool {
        self.seen(state, &claim.record.id).is_some_and(|now| {
            now.version == claim.version
                && (!takes_over || claim.lease != Lease::Expired || now.lease == Lease::Expired)
        })
    }

    fn holds(&self, state: &State, change: &Change) -> bool {
        match change {
            Change::Renew { claim } => self.still(state, claim, false),
            Change::Delete { ends, .. } => ends.iter().all(|one| self.still(state, one, false)),
            Change::Put { record, ends, .. } => {
                let mine = |id: &String| ends.iter().any(|one| one.record.id == *id);
                ends.iter()
                    .all(|one| self.still(state, one, one.record.id != record.id))
                    && record
                        .identity
                        .identifiers()
                        .iter()
                        .all(|name| state.names.get(name).is_none_or(mine))
            }
        }
    }

    fn lease(&self, record: &Record) -> Option<i64> {
        let millis = i64::try_from(record.lease()?.as_millis()).unwrap();
        let cut = if self.broken == Broken::Leases { 2 } else { 1 };
        Some(self.now() + millis / cut)
    }

    fn write(&self, state: &mut State, change: &Change) -> u64 {
        let (ends, event): (&[Seen], _) = match change {
            Change::Renew { claim } => {
                let expires = self.lease(&claim.record);
                if let Some(there) = state.claims.get_mut(&claim.record.id) {
                    there.2 = expires;
                }
                return claim.version;
            }
            Change::Put { ends, event, .. } | Change::Delete { ends, event } => (ends, event),
        };
        state.sequence += 1;
        let sequence = state.sequence;
        for claim in ends {
            let keep = self.broken == Broken::AllOrNone && matches!(change, Change::Put { .. });
            if !keep {
                state.claims.remove(&claim.record.id);
                state.names.retain(|_, id| *id != claim.record.id);
            }
        }
        if let Change::Put { record, .. } = change {
            let expires = self.lease(record);
            for name in record.identity.identifiers() {
                state.names.insert(name, record.id.clone());
            }
            let forgets = self.broken == Broken::Durability && sequence % 7 == 0;
            if !forgets {
                let claim = (record.clone(), sequence, expires);
                state.claims.insert(record.id.clone(), claim);
            }
        }
        state.history.push(Stored {
            sequence,
            event: event.clone(),
        });
        sequence
    }
}

impl Store for MemoryStore {
    fn wait_until(&mut self, _: Instant) {}

    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError> {
        let mut state = self.state.lock().unwrap();
        let seen = self.snapshot(&state, of);
        if self.broken == Broken::Freshness && !seen.claims.is_empty() {
            return Ok(std::mem::replace(&mut state.stale, seen));
        }
        Ok(seen)
    }

    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError> {
        let mut state = self.state.lock().unwrap();
        if self.broken != Broken::Guards && !self.holds(&state, change) {
            drop(state);
            return Ok(Applied::Raced(self.read(of)?));
        }
        if self.broken == Broken::Atomicity {
            drop(state);
            std::thread::sleep(Duration::from_micros(200));
            state = self.state.lock().unwrap();
        }
        Ok(Applied::Done(self.write(&mut state, change)))
    }

    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
        let state = self.state.lock().unwrap();
        for id in state.claims.keys() {
            each(self.seen(&state, id).unwrap());
        }
        Ok(())
    }

    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, StoreError> {
        polled(wait, Duration::from_millis(5), || {
            let state = self.state.lock().unwrap();
            let later = state.history.iter().filter(|one| one.sequence > after);
            Ok(later.take(limit).cloned().collect())
        })
    }
}
