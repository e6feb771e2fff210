//! What changes leave behind, their own and those that were never finished.

use kube::ResourceExt as _;
use sanid_claims::{Identifier, Record};

use super::calls::{Step, Trouble, damaged};
use super::{KubeStore, covers};
use crate::claims::state::{
    Anchor, FoundAnchor, FoundPiece, Pointer, anchor_of, new_anchor, new_piece, pieces,
};
use crate::resources::StorageIdentityClaim;

impl KubeStore {
    /// The anchor that a change can be based on: what others left half done is finished, or made impossible.
    pub(super) async fn settle(&mut self, name: &str) -> Step<Option<FoundAnchor>> {
        for _ in 0..8 {
            let Some(found) = self.anchor(name).await? else {
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
    pub(super) async fn bar(
        &mut self,
        name: &str,
        may: impl Fn(&FoundAnchor) -> bool,
    ) -> Step<bool> {
        match self.anchor(name).await? {
            None => {
                let object = new_anchor(name, None, self.owner.as_ref(), &Anchor::nobody());
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
    pub(super) async fn clear(&mut self, ended: &FoundAnchor, by: &FoundAnchor) -> Step<()> {
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
    pub(super) async fn clear_pieces(
        &mut self,
        ended: &Anchor,
        successor: Option<&Record>,
    ) -> Step<()> {
        let Some(record) = &ended.record else {
            return Ok(());
        };
        let anchor = anchor_of(&record.identity);
        for identifier in &pieces(&record.identity) {
            let Some(piece) = self.piece(identifier).await? else {
                continue;
            };
            if piece.pointer.anchor != anchor || !ended.knows(&piece.pointer) {
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
    pub(super) async fn hand_over(
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

    pub(super) fn parsed(object: StorageIdentityClaim) -> Step<FoundPiece> {
        let name = object.name_any();
        FoundPiece::parse(object).map_err(|why| damaged(&name, &why))
    }

    pub(super) fn is_of_this_registration(&self, object: &StorageIdentityClaim) -> bool {
        let uid = &object.spec.holder.node.uid;
        self.owner.as_ref().is_none_or(|owner| owner.uid == *uid)
    }
}
