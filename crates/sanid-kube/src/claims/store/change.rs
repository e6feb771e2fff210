//! A change, step by step, and the one write that decides.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::ResourceExt as _;
use sanid_claims::{Change, Event, Identifier, Lease, Record, Seen, StoreError};

use super::calls::{Step, Trouble, busy};
use super::{KubeStore, covers, is};
use crate::claims::state::{
    Anchor, FoundAnchor, FoundPiece, Pointer, anchor_of, new_anchor, new_piece, pieces, shown,
};

/// What was staged and goes on no more is in nobody's way after that.
const GRACE: Duration = Duration::from_millis(1500);

impl KubeStore {
    /// The anchor of a claim that a change ends or keeps, as it was seen.
    async fn base(&mut self, seen: &Seen, takes_over: bool) -> Step<FoundAnchor> {
        let name = anchor_of(&seen.record.identity);
        let known = self.anchors.get(&name).cloned();
        let known = known.filter(|known| {
            is(known, seen) && known.anchor.pending.is_none() && known.anchor.ending.is_empty()
        });
        let found = match known {
            Some(known) => Some(known),
            None => self.settle(&name).await?,
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
    async fn place(&mut self, name: &str) -> Step<Option<FoundAnchor>> {
        let Some(known) = self.anchors.get(name).cloned() else {
            return Ok(None);
        };
        let is_free = |found: &FoundAnchor| found.anchor.record.is_none();
        if is_free(&known) && known.anchor.pending.is_none() && known.anchor.ending.is_empty() {
            return Ok(Some(known));
        }
        match self.settle(name).await? {
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
            if pointer.claim == record.id && pointer.anchor == anchor_of(&record.identity) {
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
        let name = match record.or(first) {
            Some(record) => anchor_of(&record.identity),
            None => return Err(Trouble::Raced),
        };
        // Before anything is staged: whoever takes that away has to write here first.
        let place = match bases.remove(&name) {
            Some(base) => Some(base),
            None => self.place(&name).await?,
        };
        let mut plan = Plan {
            name,
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
            for identifier in &pieces(&record.identity) {
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
                anchor: plan.name.clone(),
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
        let new = || new_anchor(&plan.name, holder, owner.as_ref(), anchor);
        let made = match &plan.place {
            None => self.create(&new()).await?,
            Some(place) if owner.is_some() && record.is_none() => {
                self.anchors.remove(&plan.name);
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
            self.anchors.remove(&plan.name);
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
            for identifier in &pieces(&record.identity) {
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
        let pieces = pieces(&claim.record.identity);
        // A node looks at one object at a time: at each of them within as many renewals as there are.
        self.turn = (self.turn + 1) % (pieces.len() + 1);
        let turn = pieces.get(self.turn).filter(|_| self.owner.is_some());
        if let Some(identifier) = turn {
            let piece = self.piece(identifier).await?;
            if piece.is_some_and(|piece| self.is_whole(&piece, &claim.record)) {
                return Ok(claim.version);
            }
        }
        let there = self.anchor(&anchor_of(&claim.record.identity)).await?;
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
        piece.pointer.anchor == anchor_of(&record.identity)
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
            Some(piece) if piece.pointer.anchor == anchor_of(&record.identity) => {
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

    pub(super) async fn try_apply(&mut self, change: &Change) -> Step<u64> {
        match change {
            Change::Renew { claim } => self.renew(claim).await,
            Change::Put {
                record,
                ends,
                event,
            } => Box::pin(self.change(Some(record), ends, event)).await,
            Change::Delete { ends, event } => Box::pin(self.change(None, ends, event)).await,
        }
    }
}

/// A change that is being made.
struct Plan {
    /// The name of the anchor.
    name: String,
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

fn new_token() -> String {
    sanid_claims::host::new_id()
}
