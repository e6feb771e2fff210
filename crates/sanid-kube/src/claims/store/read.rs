//! What there is: objects, claims that hold, and snapshots of one moment.

use std::time::Duration;

use kube::ResourceExt as _;
use kube::api::ListParams;
use sanid_claims::{Identifier, Identity, Kind, Lease, Record, Seen, Snapshot};

use super::calls::{Step, Trouble, damaged};
use super::{KubeStore, covers};
use crate::claims::state::{ANNOTATION, FoundAnchor, FoundPiece, anchor_of, name_of};
use crate::resources::StorageIdentityClaim;

/// Objects in one answer.
const PAGE: u32 = 500;

impl KubeStore {
    /// The anchor of this name.
    pub(super) async fn anchor(&mut self, name: &str) -> Step<Option<FoundAnchor>> {
        let object = self.get(name).await?;
        self.note(name, object.as_ref());
        let Some(object) = object else {
            self.anchors.remove(name);
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
    pub(super) fn found(&mut self, object: StorageIdentityClaim) -> Step<FoundAnchor> {
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

    pub(super) async fn piece(&mut self, identifier: &Identifier) -> Step<Option<FoundPiece>> {
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

    pub(super) fn lease(&self, found: &FoundAnchor) -> Lease {
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

    pub(super) fn seen(&self, found: &FoundAnchor) -> Option<Seen> {
        Some(Seen {
            record: found.anchor.record.clone()?,
            version: found.generation,
            lease: self.lease(found),
        })
    }

    /// The anchor that speaks for another one: itself, unless a claim elsewhere has ended its own.
    pub(super) async fn speaker(&mut self, name: &str) -> Step<Option<FoundAnchor>> {
        let mut at = name.to_owned();
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

    pub(super) async fn collect(&mut self, of: &Identity) -> Step<Snapshot> {
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
                anchor_of(&seen.record.identity) == anchor && covers(&seen.record, &identifier)
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
    pub(super) async fn snapshot(&mut self, of: &Identity) -> Step<Snapshot> {
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

    /// Every anchor, all of one moment.
    pub(super) async fn all(&mut self) -> Step<Vec<FoundAnchor>> {
        let mut found = Vec::new();
        let mut parameters = ListParams::default().limit(PAGE);
        loop {
            let list = || self.claims.list(&parameters);
            let page = self.repeat("list", list).await?;
            for object in page.items {
                // Somebody else's are told when their names are wanted.
                let is_ours = object.annotations().contains_key(ANNOTATION);
                if is_ours && object.spec.r#type.is_anchor() {
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
