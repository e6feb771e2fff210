//! Claims on an API server: one object per identifier, none of which can exist twice.
//!
//! There is no transaction of several objects, so a change is made step by step, and one write decides:
//!
//! 1. the objects of the host NQN and of the initiator name are created (*staged*): whoever is second is
//!    answered with 409;
//! 2. the anchors of claims elsewhere that end are marked as pending;
//! 3. the anchor, the object of the Host ID, is created or replaced: with that the claim is held, or not;
//! 4. what is left of the claims that ended is cleared away.
//!
//! What is staged and whose anchor does not say so holds nothing. Whoever is in the way of it writes to that
//! anchor before it takes it away, so that a late third step finds another version, and fails.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant, SystemTime};

use kube::api::{Api, DeleteParams, ListParams, PostParams, Preconditions};
use kube::{Error, ResourceExt as _};
use sanid_fleet::claims::{
    Applied, Change, Clock, Event, HostClock, Identifier, Identity, Kind, Lease, Moment, Record,
    Seen, Snapshot, Store, StoreError, Stored, decide,
};
use tokio::runtime::Handle;

use super::state::{
    ANNOTATION, Anchor, FoundAnchor, FoundPiece, Pointer, name_of, new_anchor, new_piece, objects,
    shown,
};
use crate::api::{Requests, count, is_conflict, is_missing};
use crate::resources::{IdentifierType, NodeReference, StorageIdentityClaim};

/// Until [`Store::wait_until`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// A request that takes longer is made again.
const LONGEST_CALL: Duration = Duration::from_secs(10);
/// What was staged and goes on no more is in nobody's way after that.
const GRACE: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Objects in one answer.
const PAGE: u32 = 500;
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

/// Why a step came to nothing.
enum Trouble {
    /// It was made or not.
    Silent(String),
    /// Nothing was written: something is not as it was seen.
    Raced,
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

type Step<T> = Result<T, Trouble>;

impl KubeStore {
    /// A store behind this API. Its calls wait on the thread that makes them, so they cannot be made on a
    /// thread of the runtime itself.
    pub fn new(
        claims: Api<StorageIdentityClaim>,
        requests: Requests,
        runtime: Handle,
        owner: Option<NodeReference>,
    ) -> Self {
        Self {
            claims,
            requests,
            runtime,
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
        let there = self.wait(async |store| store.anchor(seen.record.identity.host_id()).await)?;
        Ok(there.is_some_and(|there| is(&there, seen)))
    }

    /// When the API server made the object of a claim that was seen.
    pub fn since(&self, seen: &Seen) -> Option<String> {
        let anchor = self.anchors.get(seen.record.identity.host_id())?;
        let time = anchor.object.creation_timestamp()?;
        let seconds = k8s_openapi::chrono::SecondsFormat::Secs;
        Some(time.0.to_rfc3339_opts(seconds, true))
    }

    /// The objects that a first claim makes, in the order in which it does.
    pub fn first_objects(
        &self,
        request: &sanid_fleet::claims::Request,
    ) -> Vec<StorageIdentityClaim> {
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

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    async fn pause(&self) {
        // Not the same for two that wait for each other.
        let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let spread = f64::from(nanos.map_or(0, |time| time.subsec_nanos() % 1000)) / 1000.0;
        tokio::time::sleep(PAUSE.mul_f64(0.5 + spread).min(self.left())).await;
    }

    /// Makes a request once.
    async fn once<T>(
        &self,
        verb: &'static str,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Step<Result<T, Error>> {
        let time = self.left().min(LONGEST_CALL);
        if time.is_zero() {
            return Err(Trouble::Silent("the time is over".into()));
        }
        count(&self.requests, verb);
        match tokio::time::timeout(time, request).await {
            Err(_) => Err(Trouble::Silent("the API server does not answer".into())),
            Ok(Err(error)) => match &error {
                // An API server that has just started knows no definitions yet, and says so of every name: a
                // page, and no status of its own.
                Error::Api(said) if said.code == 404 && said.reason != "NotFound" => {
                    Err(Trouble::Silent(sentence(&error)))
                }
                Error::Api(said) if !matches!(said.code, 429 | 500..=599) => Ok(Err(error)),
                _ => Err(Trouble::Silent(sentence(&error))),
            },
            Ok(done) => Ok(done),
        }
    }

    async fn get(&self, name: &str) -> Step<Option<StorageIdentityClaim>> {
        let mut pause = PAUSE;
        loop {
            match self.once("get", self.claims.get_opt(name)).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(error)) => return Err(refused(&error)),
                Err(Trouble::Silent(why)) if self.left() <= pause => {
                    return Err(Trouble::Silent(why));
                }
                // It changes nothing, so that it may be asked again.
                Err(Trouble::Silent(_)) => tokio::time::sleep(pause).await,
                Err(other) => return Err(other),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None` where there is one of that name: 409.
    async fn create(&self, object: &StorageIdentityClaim) -> Step<Option<StorageIdentityClaim>> {
        let parameters = PostParams::default();
        match self
            .once("create", self.claims.create(&parameters, object))
            .await?
        {
            Ok(made) => Ok(Some(made)),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    /// `None` where it is not what was seen: the object has the uid and the version of then.
    async fn put(&self, object: StorageIdentityClaim) -> Step<Option<StorageIdentityClaim>> {
        self.is_ours(&object)?;
        let name = object.name_any();
        let parameters = PostParams::default();
        match self
            .once("update", self.claims.replace(&name, &parameters, &object))
            .await?
        {
            Ok(made) => Ok(Some(made)),
            Err(error) if is_conflict(&error) || is_missing(&error) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    async fn delete(&self, object: &StorageIdentityClaim) -> Step<bool> {
        self.is_ours(object)?;
        let name = object.name_any();
        let parameters = DeleteParams::default().preconditions(Preconditions {
            uid: object.uid(),
            resource_version: object.resource_version(),
        });
        match self
            .once("delete", self.claims.delete(&name, &parameters))
            .await?
        {
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) || is_missing(&error) => Ok(false),
            Err(error) => Err(refused(&error)),
        }
    }

    /// A node writes no other node's objects, whether the cluster's policy would let it or not.
    fn is_ours(&self, object: &StorageIdentityClaim) -> Step<()> {
        let node = &object.spec.holder.node.name;
        match &self.owner {
            Some(owner) if owner.name != *node => Err(busy(node, &object.name_any())),
            _ => Ok(()),
        }
    }

    /// The anchor of a Host ID.
    async fn anchor(&mut self, host_id: &str) -> Step<Option<FoundAnchor>> {
        let object = self.get(host_id).await?;
        self.note(host_id, object.as_ref());
        let Some(object) = object else {
            self.anchors.remove(host_id);
            return Ok(None);
        };
        self.found(object).map(Some)
    }

    fn note(&mut self, name: &str, object: Option<&StorageIdentityClaim>) {
        if let Some(trace) = &mut self.trace {
            let version = object.and_then(|object| object.metadata.resource_version.clone());
            trace.push((name.to_owned(), version.unwrap_or_default()));
        }
    }

    /// Takes note of an anchor.
    fn found(&mut self, object: StorageIdentityClaim) -> Step<FoundAnchor> {
        let name = object.name_any();
        let found = FoundAnchor::parse(object).map_err(|why| damaged(&name, &why))?;
        let version = found.object.resource_version().unwrap_or_default();
        if self
            .leases
            .get(&name)
            .is_none_or(|known| known.0 != version)
        {
            self.leases
                .insert(name.clone(), (version, self.clock.now()));
        }
        self.anchors.insert(name, found.clone());
        Ok(found)
    }

    async fn piece(&mut self, identifier: &Identifier) -> Step<Option<FoundPiece>> {
        let name = name_of(identifier);
        let object = self.get(&name).await?;
        self.note(&name, object.as_ref());
        let Some(object) = object else {
            return Ok(None);
        };
        if object.spec.identifier != identifier.name {
            return Err(damaged(&name, "it is of another identifier"));
        }
        let found = FoundPiece::parse(object).map_err(|why| damaged(&name, &why))?;
        Ok(Some(found))
    }

    fn lease(&self, found: &FoundAnchor) -> Lease {
        let record = found.anchor.record.as_ref();
        let Some(lease) = record.and_then(Record::lease) else {
            return Lease::Live(None);
        };
        let now = self.clock.now();
        let known = self.leases.get(&found.object.name_any());
        let passed = known.map_or(0, |(_, since)| now.millis.saturating_sub(since.millis));
        let passed = Duration::from_millis(u64::try_from(passed).unwrap_or_default());
        match lease.checked_sub(passed) {
            Some(left) if !left.is_zero() => Lease::Live(Some(left)),
            _ => Lease::Expired,
        }
    }

    fn seen(&self, found: &FoundAnchor) -> Option<Seen> {
        Some(Seen {
            record: found.anchor.record.clone()?,
            version: found.generation,
            lease: self.lease(found),
        })
    }

    /// The anchor that speaks for another one: itself, unless a claim elsewhere has ended its own.
    async fn speaker(&mut self, host_id: &str) -> Step<Option<FoundAnchor>> {
        let mut at = host_id.to_owned();
        for _ in 0..8 {
            let Some(found) = self.anchor(&at).await? else {
                return Ok(None);
            };
            let Some(pending) = found.anchor.pending.clone() else {
                return Ok(Some(found));
            };
            let there = self.anchor(&pending.anchor).await?;
            if there.is_none_or(|there| there.anchor.token.as_ref() != Some(&pending.claim)) {
                return Ok(Some(found));
            }
            at = pending.anchor;
        }
        Err(Trouble::Raced)
    }

    async fn collect(&mut self, of: &Identity) -> Step<Snapshot> {
        let mut snapshot = Snapshot::default();
        for identifier in of.identifiers() {
            let anchor = match identifier.kind {
                Kind::HostId => identifier.name.clone(),
                _ => match self.piece(&identifier).await? {
                    Some(piece) => piece.pointer.anchor,
                    None => continue,
                },
            };
            let known = snapshot.claims.iter().any(|seen| {
                seen.record.identity.host_id() == anchor && covers(&seen.record, &identifier)
            });
            if known {
                continue;
            }
            let speaker = self.speaker(&anchor).await?;
            let seen = speaker.and_then(|found| self.seen(&found));
            if let Some(seen) = seen.filter(|seen| covers(&seen.record, &identifier)) {
                snapshot.add(seen);
            }
        }
        Ok(snapshot)
    }

    /// One claim is seen at one moment. For none or several everything is read until it is the same twice, so
    /// that all of it was so at the moment between.
    async fn snapshot(&mut self, of: &Identity) -> Step<Snapshot> {
        let mut last = None;
        while !self.left().is_zero() {
            self.trace = Some(Vec::new());
            let collected = self.collect(of).await;
            let trace = self.trace.take();
            let snapshot = collected?;
            if snapshot.claims.len() == 1 || (last.is_some() && last == trace) {
                return Ok(snapshot);
            }
            last = trace;
        }
        Err(Trouble::Raced)
    }

    /// The anchor that a change can be based on: what others left half done is finished, or made impossible.
    async fn settle(&mut self, host_id: &str) -> Step<Option<FoundAnchor>> {
        for _ in 0..8 {
            let Some(found) = self.anchor(host_id).await? else {
                return Ok(None);
            };
            if let Some(pending) = found.anchor.pending.clone() {
                self.settle_pending(&found, &pending).await?;
            } else if found.anchor.ending.is_empty() {
                return Ok(Some(found));
            } else {
                for ended in &found.anchor.ending {
                    if let Some(ended) = self.anchor(ended).await? {
                        self.clear(&ended, &found).await?;
                    }
                }
                let mut anchor = found.same();
                anchor.ending.clear();
                self.put(found.with(&anchor)).await?;
            }
        }
        Err(Trouble::Raced)
    }

    async fn settle_pending(&mut self, found: &FoundAnchor, pending: &Pointer) -> Step<()> {
        let there = self.anchor(&pending.anchor).await?;
        let is_done = |there: &FoundAnchor| there.anchor.token.as_ref() == Some(&pending.claim);
        if let Some(there) = there.as_ref().filter(|there| is_done(there)) {
            return self.clear(found, there).await;
        }
        self.pause().await;
        // Whoever is at it and has only stopped for a while finds another version where it would decide.
        // (Of a node's own there is nobody else.)
        let barred =
            self.owner.is_some() || self.bar(&pending.anchor, |there| !is_done(there)).await?;
        if barred {
            let mut anchor = found.same();
            anchor.pending = None;
            self.put(found.with(&anchor)).await?;
        }
        Ok(())
    }

    /// Writes to an anchor, or makes one that nobody holds, so that no change that is based on what was before
    /// can be made any more.
    async fn bar(&mut self, host_id: &str, may: impl Fn(&FoundAnchor) -> bool) -> Step<bool> {
        match self.anchor(host_id).await? {
            None => {
                let object = new_anchor(host_id, None, self.owner.as_ref(), &Anchor::nobody());
                Ok(self.create(&object).await?.is_some())
            }
            Some(found) if !may(&found) => Ok(false),
            Some(found) => {
                let mut anchor = found.same();
                anchor.touched += 1;
                Ok(self.put(found.with(&anchor)).await?.is_some())
            }
        }
    }

    /// Clears away what is left of a claim that another one ended.
    async fn clear(&mut self, ended: &FoundAnchor, by: &FoundAnchor) -> Step<()> {
        let pending = ended.anchor.pending.as_ref().map(|pending| &pending.claim);
        if pending.is_none() || pending != by.anchor.token.as_ref() {
            return Ok(());
        }
        self.clear_pieces(&ended.anchor, by.anchor.record.as_ref())
            .await?;
        if self.owner.is_some() {
            self.delete(&ended.object).await?;
        } else {
            let mut anchor = ended.same();
            (anchor.record, anchor.pending) = (None, None);
            self.put(ended.with(&anchor)).await?;
        }
        Ok(())
    }

    /// The pieces of a claim that has ended go, or go over to its successor. Only those that still say that
    /// they are its: another one may stage them anew already.
    async fn clear_pieces(&mut self, ended: &Anchor, successor: Option<&Record>) -> Step<()> {
        let Some(record) = &ended.record else {
            return Ok(());
        };
        let [_, pieces @ ..] = record.identity.identifiers();
        for identifier in &pieces {
            let Some(piece) = self.piece(identifier).await? else {
                continue;
            };
            if piece.pointer.anchor != record.identity.host_id() || !ended.knows(&piece.pointer) {
                continue;
            }
            match successor.filter(|record| covers(record, identifier)) {
                Some(successor) => {
                    self.hand_over(&piece, identifier, successor).await?;
                }
                None => {
                    self.delete(&piece.object).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes a piece a claim's. What belongs to an earlier registration of the node is made anew: the garbage
    /// collector deletes it by its uid, whatever is written to it.
    async fn hand_over(
        &mut self,
        piece: &FoundPiece,
        identifier: &Identifier,
        to: &Record,
    ) -> Step<Option<FoundPiece>> {
        let new = new_piece(identifier, to, self.owner.as_ref());
        let made = if self.is_of_this_registration(&piece.object) {
            let mut object = piece.object.clone();
            (object.spec, object.metadata.annotations) = (new.spec, new.metadata.annotations);
            self.put(object).await?
        } else if self.delete(&piece.object).await? {
            self.create(&new).await?
        } else {
            None
        };
        made.map(Self::parsed).transpose()
    }

    fn parsed(object: StorageIdentityClaim) -> Step<FoundPiece> {
        let name = object.name_any();
        FoundPiece::parse(object).map_err(|why| damaged(&name, &why))
    }

    fn is_of_this_registration(&self, object: &StorageIdentityClaim) -> bool {
        let uid = &object.spec.holder.node.uid;
        self.owner.as_ref().is_none_or(|owner| owner.uid == *uid)
    }

    /// The anchor of a claim that a change ends or keeps, as it was seen.
    async fn base(&mut self, seen: &Seen, takes_over: bool) -> Step<FoundAnchor> {
        let host_id = seen.record.identity.host_id();
        let known = self.anchors.get(host_id).cloned();
        let known = known.filter(|known| {
            is(known, seen) && known.anchor.pending.is_none() && known.anchor.ending.is_empty()
        });
        let found = match known {
            Some(known) => Some(known),
            None => self.settle(host_id).await?,
        };
        let found = found
            .filter(|found| is(found, seen))
            .ok_or(Trouble::Raced)?;
        // Renewed in the meantime, it has the same generation.
        if takes_over && seen.lease == Lease::Expired && self.lease(&found) != Lease::Expired {
            return Err(Trouble::Raced);
        }
        Ok(found)
    }

    /// What stands where a new claim is to be, without a question where nothing is known of it.
    async fn place(&mut self, host_id: &str) -> Step<Option<FoundAnchor>> {
        let Some(known) = self.anchors.get(host_id).cloned() else {
            return Ok(None);
        };
        let is_free = |found: &FoundAnchor| found.anchor.record.is_none();
        if is_free(&known) && known.anchor.pending.is_none() && known.anchor.ending.is_empty() {
            return Ok(Some(known));
        }
        match self.settle(host_id).await? {
            Some(found) if !is_free(&found) => Err(Trouble::Raced),
            other => Ok(other),
        }
    }

    /// Creates a piece. What stands there and is nobody's is taken: at once where it is this node's own, and
    /// else when it has not changed for a while.
    async fn stage(&mut self, identifier: &Identifier, record: &Record) -> Step<FoundPiece> {
        let new = new_piece(identifier, record, self.owner.as_ref());
        let mut waiting: Option<(String, Instant)> = None;
        loop {
            if let Some(made) = self.create(&new).await? {
                return Self::parsed(made);
            }
            let Some(there) = self.piece(identifier).await? else {
                continue;
            };
            let pointer = &there.pointer;
            if pointer.claim == record.id && pointer.anchor == record.identity.host_id() {
                return Ok(there);
            }
            let speaker = self.speaker(&pointer.anchor).await?;
            let held = |found: &FoundAnchor| {
                let record = found.anchor.record.as_ref();
                record.is_some_and(|record| covers(record, identifier))
            };
            if speaker.as_ref().is_some_and(held) {
                return Err(Trouble::Raced);
            }
            let node = there.object.spec.holder.node.name.clone();
            if self.owner.as_ref().is_some_and(|owner| owner.name == node) {
                if let Some(ours) = self.hand_over(&there, identifier, record).await? {
                    return Ok(ours);
                }
                continue;
            }
            let version = there.object.resource_version().unwrap_or_default();
            match &waiting {
                Some((same, since)) if *same == version => {
                    if since.elapsed() >= GRACE.min(self.left() / 2) {
                        if self.owner.is_some() {
                            return Err(busy(&node, &there.object.name_any()));
                        }
                        self.settle(&pointer.anchor).await?;
                        if self.bar(&pointer.anchor, |found| !held(found)).await? {
                            self.delete(&there.object).await?;
                        }
                    }
                }
                _ => waiting = Some((version, Instant::now())),
            }
            if self.left().is_zero() {
                return Err(Trouble::Store(StoreError::Unreachable(format!(
                    "{} is being claimed by somebody else, and that comes to no end",
                    there.object.name_any()
                ))));
            }
            self.pause().await;
        }
    }

    /// Makes a change of records; its number.
    async fn change(&mut self, record: Option<&Record>, ends: &[Seen], event: &Event) -> Step<u64> {
        let mut bases = BTreeMap::new();
        for seen in ends {
            let takes_over = record.is_some_and(|record| record.id != seen.record.id);
            let base = self.base(seen, takes_over).await?;
            bases.insert(base.object.name_any(), base);
        }
        let first = ends.first().map(|seen| &seen.record);
        let host_id = match record.or(first) {
            Some(record) => record.identity.host_id().to_owned(),
            None => return Err(Trouble::Raced),
        };
        // Before anything is staged: whoever takes that away has to write here first.
        let place = match bases.remove(&host_id) {
            Some(base) => Some(base),
            None => self.place(&host_id).await?,
        };
        let mut plan = Plan {
            host_id,
            place,
            bases,
            staged: Vec::new(),
            locked: Vec::new(),
        };
        match self.make(&mut plan, record, ends, event).await {
            Ok(done) => {
                // The change is made. What cannot be cleared away now, the next one who comes by does.
                let _ = self.tidy(&plan, record, done.as_ref()).await;
                Ok(done.map_or_else(|| plan.version(), |done| done.generation))
            }
            // It may have been made: nothing of it is taken back.
            Err(Trouble::Silent(why)) => Err(Trouble::Silent(why)),
            Err(trouble) => {
                let _ = self.roll_back(&plan).await;
                Err(trouble)
            }
        }
    }

    async fn make(
        &mut self,
        plan: &mut Plan,
        record: Option<&Record>,
        ends: &[Seen],
        event: &Event,
    ) -> Step<Option<FoundAnchor>> {
        if let Some(record) = record {
            let [_, pieces @ ..] = record.identity.identifiers();
            for identifier in &pieces {
                if !ends.iter().any(|seen| covers(&seen.record, identifier)) {
                    let piece = self.stage(identifier, record).await?;
                    plan.staged.push(piece);
                }
            }
        }
        let token = (!plan.bases.is_empty()).then(new_token);
        for base in plan.bases.values() {
            let mut anchor = base.same();
            anchor.pending = token.clone().map(|token| Pointer {
                anchor: plan.host_id.clone(),
                claim: token,
            });
            let object = self.put(base.with(&anchor)).await?.ok_or(Trouble::Raced)?;
            let locked = self.found(object)?;
            plan.locked.push(locked);
        }
        let mut anchor = Anchor::changed(plan.place.as_ref(), record.cloned(), event.clone());
        anchor.token = token;
        anchor.ending = plan.bases.keys().cloned().collect();
        self.commit(plan, record, &anchor).await
    }

    /// The one write that decides. `None` where it left nothing.
    async fn commit(
        &mut self,
        plan: &Plan,
        record: Option<&Record>,
        anchor: &Anchor,
    ) -> Step<Option<FoundAnchor>> {
        let owner = self.owner.clone();
        let holder = record.map(|record| &record.holder);
        let new = || new_anchor(&plan.host_id, holder, owner.as_ref(), anchor);
        let made = match &plan.place {
            None => self.create(&new()).await?,
            Some(place) if owner.is_some() && record.is_none() => {
                self.anchors.remove(&plan.host_id);
                if self.delete(&place.object).await? {
                    return Ok(None);
                }
                return Err(Trouble::Raced);
            }
            Some(place) if !self.is_of_this_registration(&place.object) => {
                if !self.delete(&place.object).await? {
                    return Err(Trouble::Raced);
                }
                self.create(&new()).await?
            }
            Some(place) => {
                let mut object = place.with(anchor);
                object.spec.holder = shown(holder, owner.as_ref());
                self.put(object).await?
            }
        };
        let Some(object) = made else {
            self.anchors.remove(&plan.host_id);
            return Err(Trouble::Raced);
        };
        self.found(object).map(Some)
    }

    /// Clears away what a change ended.
    async fn tidy(
        &mut self,
        plan: &Plan,
        record: Option<&Record>,
        done: Option<&FoundAnchor>,
    ) -> Step<()> {
        let place = plan.place.as_ref();
        let moved = place.is_some_and(|place| !self.is_of_this_registration(&place.object));
        if let Some(place) = place {
            let before = place.anchor.record.as_ref().map(|before| &before.id);
            if moved || record.map(|record| &record.id) != before {
                self.clear_pieces(&place.anchor, record).await?;
            }
        }
        if let Some(record) = record.filter(|_| moved) {
            // The garbage collector may have been there before.
            let [_, pieces @ ..] = record.identity.identifiers();
            for identifier in &pieces {
                let piece = self.piece(identifier).await?;
                if !piece.is_some_and(|piece| self.is_whole(&piece, record)) {
                    self.mend(identifier, record).await?;
                }
            }
        }
        for locked in &plan.locked {
            if let Some(done) = done {
                self.clear(locked, done).await?;
            } else {
                self.clear_pieces(&locked.anchor, None).await?;
                self.delete(&locked.object).await?;
            }
        }
        Ok(())
    }

    /// Gives back what was staged for nothing.
    async fn roll_back(&mut self, plan: &Plan) -> Step<()> {
        for piece in &plan.staged {
            self.delete(&piece.object).await?;
        }
        for locked in &plan.locked {
            let mut anchor = locked.same();
            anchor.pending = None;
            self.put(locked.with(&anchor)).await?;
        }
        Ok(())
    }

    /// Whether a claim is still held. With a lease it begins anew; without one nothing is written.
    async fn renew(&mut self, claim: &Seen) -> Step<u64> {
        if claim.record.lease().is_some() {
            let base = self.base(claim, false).await?;
            let mut anchor = base.same();
            anchor.touched += 1;
            let object = self.put(base.with(&anchor)).await?.ok_or(Trouble::Raced)?;
            self.found(object)?;
            return Ok(claim.version);
        }
        let [_, pieces @ ..] = claim.record.identity.identifiers();
        // A node looks at one object at a time: all of them within three renewals.
        self.turn = (self.turn + 1) % 3;
        let turn = pieces.get(self.turn).filter(|_| self.owner.is_some());
        if let Some(identifier) = turn {
            let piece = self.piece(identifier).await?;
            if piece.is_some_and(|piece| self.is_whole(&piece, &claim.record)) {
                return Ok(claim.version);
            }
        }
        let there = self.anchor(claim.record.identity.host_id()).await?;
        let there = there
            .filter(|there| is(there, claim))
            .ok_or(Trouble::Raced)?;
        if !self.is_of_this_registration(&there.object) {
            return Err(Trouble::Raced);
        }
        if let Some(identifier) = turn {
            self.mend(identifier, &claim.record).await?;
        }
        Ok(claim.version)
    }

    fn is_whole(&self, piece: &FoundPiece, record: &Record) -> bool {
        piece.pointer.anchor == record.identity.host_id()
            && piece.pointer.claim == record.id
            && self.is_of_this_registration(&piece.object)
    }

    /// Makes a piece again that somebody has deleted by hand, unless another one has it by now.
    async fn mend(&mut self, identifier: &Identifier, record: &Record) -> Step<()> {
        match self.piece(identifier).await? {
            None => {
                let new = new_piece(identifier, record, self.owner.as_ref());
                self.create(&new).await?.ok_or(Trouble::Raced)?;
            }
            Some(piece) if piece.pointer.anchor == record.identity.host_id() => {
                self.hand_over(&piece, identifier, record)
                    .await?
                    .ok_or(Trouble::Raced)?;
            }
            Some(_) => {
                self.pause().await;
                return Err(Trouble::Raced);
            }
        }
        Ok(())
    }

    async fn try_apply(&mut self, change: &Change) -> Step<u64> {
        match change {
            Change::Renew { claim } => self.renew(claim).await,
            Change::Put {
                record,
                ends,
                event,
            } => self.change(Some(record), ends, event).await,
            Change::Delete { ends, event } => self.change(None, ends, event).await,
        }
    }

    /// Every anchor, all of one moment.
    async fn all(&mut self) -> Step<Vec<FoundAnchor>> {
        let mut found = Vec::new();
        let mut parameters = ListParams::default().limit(PAGE);
        loop {
            let page = self.once("list", self.claims.list(&parameters)).await?;
            let page = page.map_err(|error| refused(&error))?;
            for object in page.items {
                // Somebody else's are told when their names are wanted.
                let is_ours = object.annotations().contains_key(ANNOTATION);
                if is_ours && object.spec.r#type == IdentifierType::HostID {
                    found.push(self.found(object)?);
                }
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => {
                    parameters = ListParams::default().limit(PAGE).continue_token(&token);
                }
                None => return Ok(found),
            }
        }
    }
}

/// A change that is being made.
struct Plan {
    host_id: String,
    /// What stands at the anchor.
    place: Option<FoundAnchor>,
    /// Anchors of other claims that end.
    bases: BTreeMap<String, FoundAnchor>,
    staged: Vec<FoundPiece>,
    locked: Vec<FoundAnchor>,
}

impl Plan {
    fn version(&self) -> u64 {
        self.place.as_ref().map_or(0, |place| place.generation)
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
        let until = Instant::now() + wait;
        loop {
            self.deadline = self.deadline.max(Instant::now() + PATIENCE);
            let all = self.wait(async |store| store.all().await)?;
            let mut events: Vec<Stored> = all
                .iter()
                .flat_map(FoundAnchor::history)
                .filter(|stored| stored.sequence > after)
                .collect();
            events.sort_by_key(|stored| stored.sequence);
            events.truncate(limit);
            let left = until.saturating_duration_since(Instant::now());
            if !events.is_empty() || left.is_zero() {
                return Ok(events);
            }
            std::thread::sleep(left.min(POLL));
        }
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

fn new_token() -> String {
    sanid_fleet::claims::host::new_id()
}

fn busy(node: &str, name: &str) -> Trouble {
    Trouble::Store(StoreError::Unreachable(format!(
        "node {node} has begun to claim this identity and has not finished (storageidentityclaim {name}); its agent finishes or gives it back when it runs; if {node} is gone for good: kubectl delete node {node}"
    )))
}

fn damaged(name: &str, why: &str) -> Trouble {
    Trouble::Store(StoreError::Damaged(format!(
        "storageidentityclaim {name} is no claim of sanid: {why}; see who made it with kubectl get sic {name} -o yaml, and if nobody needs it: kubectl delete sic {name}"
    )))
}

fn refused(error: &Error) -> Trouble {
    let text = sentence(error);
    Trouble::Store(match error {
        // Not allowed, or the definition is not there.
        Error::Api(said) if matches!(said.code, 401 | 403..=405) => StoreError::Refused(text),
        _ => StoreError::Failed(text),
    })
}

/// An error with its causes: that of a connection says nothing by itself.
pub(crate) fn sentence(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        let more = one.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = one.source();
    }
    text
}
