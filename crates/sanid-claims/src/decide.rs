//! The rules: who gets a claim. Functions of data, no I/O and no clock.

use std::time::Duration;

use super::change::Change;
use super::event::{Ended, Event, What};
use super::holder::{Holder, Likeness};
use super::identity::{Identifier, Identity};
use super::record::Record;
use super::seen::{Lease, Seen, Snapshot};
use super::time::Timestamp;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// What to do.
    pub action: Action,
    /// With which names.
    pub identity: Identity,
    /// For which host.
    pub holder: Holder,
    /// For how long without being renewed; `None` until it is released.
    pub lease: Option<Duration>,
    /// What a new claim is to be called. A request that is repeated keeps it: by it an earlier attempt that
    /// went through unnoticed is known again.
    pub id: String,
    /// Now, by this host's clock: for people.
    pub now: Timestamp,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Get it, or keep it.
    Claim,
    /// Get it although another host has it.
    TakeOver {
        /// The administrator says that the other host is cut off.
        fenced: bool,
    },
    /// Give it back.
    Release {
        /// The administrator says that the other host is cut off, or gone.
        fenced: bool,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nobody had it, and now this host has.
    Held(Grant),
    /// This host had it and keeps it.
    Renewed(Grant),
    /// Another host had it.
    TakenOver(Grant, Why),
    /// This host, or with `fenced` the other, no longer has it.
    Released(Vec<Ended>),
    /// Nobody had it.
    NotHeld,
    /// Others have at least one of the names.
    Conflict(Vec<Rival>),
    /// Others have it, and `fenced` was not said.
    Refused(Vec<Rival>),
}

/// Why a claim could be taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Every lease had expired.
    Expired,
    /// The administrator said that the holder is fenced.
    Fenced,
}

/// A claim that the host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The claim.
    pub record: Record,
    /// Its generation: greater than every earlier one of these names in this store.
    pub generation: u64,
    /// Claims that ended by it.
    pub ended: Vec<Ended>,
}

/// A claim of somebody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rival {
    /// The claim.
    pub seen: Seen,
    /// What the claimant is to its holder.
    pub likeness: Likeness,
    /// The names that both want.
    pub shares: Vec<Identifier>,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What comes of it, once `change` is written; its generation is the version of that.
    pub outcome: Outcome,
    /// What to write.
    pub change: Option<Change>,
}

impl Request {
    /// A request of now, with a new id.
    pub fn new(
        action: Action,
        identity: Identity,
        holder: Holder,
        lease: Option<Duration>,
    ) -> Self {
        Self {
            action,
            identity,
            holder,
            lease,
            id: super::host::new_id(),
            now: Timestamp::now(),
        }
    }
}

/// The rules.
///
/// A claim is this host's where the [`Likeness`] says so; then it is renewed, whether its lease has expired or
/// not. Of other hosts' claims those whose lease has expired may be had, the others only where they are
/// said to be fenced. All names are taken at once: a claim that has one of them is in the way.
pub fn decide(request: &Request, seen: &Snapshot) -> Decision {
    let mut own = Vec::new();
    let mut rivals = Vec::new();
    for claim in &seen.claims {
        let record = &claim.record;
        if record.id == request.id {
            return already(request, claim);
        }
        match record.holder.likeness(&record.left_boots, &request.holder) {
            likeness if likeness.is_holder() => own.push(claim),
            likeness => rivals.push(rival(request, claim, likeness)),
        }
    }
    match request.action {
        Action::Release { fenced } => release(request, &own, rivals, fenced),
        Action::Claim => claim(request, &own, rivals),
        Action::TakeOver { fenced } => take_over(request, &own, rivals, fenced),
    }
}

/// An attempt of before, whose answer was lost.
fn already(request: &Request, claim: &Seen) -> Decision {
    let grant = Grant {
        record: claim.record.clone(),
        generation: claim.version,
        ended: Vec::new(),
    };
    let outcome = match request.action {
        Action::TakeOver { fenced: true } => Outcome::TakenOver(grant, Why::Fenced),
        _ => Outcome::Held(grant),
    };
    // Without an answer for long, or with a lease that was given up meanwhile.
    let change = (claim.lease == Lease::Expired).then(|| Change::Renew {
        claim: claim.clone(),
    });
    Decision { outcome, change }
}

fn rival(request: &Request, claim: &Seen, likeness: Likeness) -> Rival {
    let theirs = claim.record.identity.identifiers();
    let mut shares = request.identity.identifiers();
    shares.retain(|name| theirs.contains(name));
    Rival {
        seen: claim.clone(),
        likeness,
        shares,
    }
}

fn live(rivals: &[Rival]) -> Vec<Rival> {
    let live = rivals
        .iter()
        .filter(|rival| rival.seen.lease != Lease::Expired);
    live.cloned().collect()
}

fn claim(request: &Request, own: &[&Seen], rivals: Vec<Rival>) -> Decision {
    let in_the_way = live(&rivals);
    if !in_the_way.is_empty() {
        return only(Outcome::Conflict(in_the_way));
    }
    get(request, own, rivals, Why::Expired)
}

fn take_over(request: &Request, own: &[&Seen], rivals: Vec<Rival>, fenced: bool) -> Decision {
    let in_the_way = live(&rivals);
    if in_the_way.is_empty() {
        return get(request, own, rivals, Why::Expired);
    }
    if !fenced {
        return only(Outcome::Refused(in_the_way));
    }
    get(request, own, rivals, Why::Fenced)
}

/// Nothing is in the way any more.
fn get(request: &Request, own: &[&Seen], rivals: Vec<Rival>, why: Why) -> Decision {
    if let ([one], true) = (own, rivals.is_empty()) {
        if one.record.identity.identifiers() == request.identity.identifiers() {
            return renew(request, one);
        }
    }
    let record = Record::first(
        &request.id,
        &request.identity,
        &request.holder,
        request.lease,
        request.now,
    );
    let taken_over = !rivals.is_empty();
    let mut ends: Vec<Seen> = own.iter().map(|seen| (*seen).clone()).collect();
    ends.extend(rivals.into_iter().map(|rival| rival.seen));
    let what = match why {
        _ if !taken_over => What::Claimed,
        Why::Expired => What::TakenOverExpired,
        Why::Fenced => What::TakenOverFenced,
    };
    put(request, record, ends, what, |grant| {
        if taken_over {
            Outcome::TakenOver(grant, why)
        } else {
            Outcome::Held(grant)
        }
    })
}

fn renew(request: &Request, own: &Seen) -> Decision {
    let holder = request.holder.completed(&own.record.holder);
    let next = own.record.renewed(&holder, request.lease);
    let unchanged = Record {
        serial: own.record.serial,
        ..next.clone()
    } == own.record;
    if !unchanged {
        return put(
            request,
            next,
            vec![own.clone()],
            What::Changed,
            Outcome::Renewed,
        );
    }
    Decision {
        outcome: Outcome::Renewed(Grant {
            record: own.record.clone(),
            generation: own.version,
            ended: Vec::new(),
        }),
        change: Some(Change::Renew { claim: own.clone() }),
    }
}

fn put(
    request: &Request,
    record: Record,
    ends: Vec<Seen>,
    what: What,
    outcome: impl FnOnce(Grant) -> Outcome,
) -> Decision {
    let others = ends.iter().filter(|seen| seen.record.id != record.id);
    let ended: Vec<Ended> = others.map(Ended::of).collect();
    let event = Event {
        what,
        at: request.now,
        claim: record.id.clone(),
        serial: record.serial,
        identity: record.identity.clone(),
        holder: record.holder.clone(),
        ended: ended.clone(),
        by: None,
    };
    Decision {
        outcome: outcome(Grant {
            record: record.clone(),
            generation: 0,
            ended,
        }),
        change: Some(Change::Put {
            record,
            ends,
            event,
        }),
    }
}

fn release(request: &Request, own: &[&Seen], rivals: Vec<Rival>, fenced: bool) -> Decision {
    if !fenced && !rivals.is_empty() {
        return only(Outcome::Refused(rivals));
    }
    let mut ends: Vec<Seen> = own.iter().map(|seen| (*seen).clone()).collect();
    let what = if rivals.is_empty() {
        What::Released
    } else {
        What::ReleasedFenced
    };
    ends.extend(rivals.into_iter().map(|rival| rival.seen));
    let ended: Vec<Ended> = ends.iter().map(Ended::of).collect();
    let Some(first) = ends.first().map(|seen| seen.record.clone()) else {
        return only(Outcome::NotHeld);
    };
    let event = Event {
        what,
        at: request.now,
        claim: first.id,
        serial: first.serial.saturating_add(1),
        identity: first.identity,
        holder: first.holder,
        ended: ended.clone(),
        by: (what == What::ReleasedFenced).then(|| request.holder.name.clone()),
    };
    Decision {
        outcome: Outcome::Released(ended),
        change: Some(Change::Delete { ends, event }),
    }
}

fn only(outcome: Outcome) -> Decision {
    Decision {
        outcome,
        change: None,
    }
}

#[cfg(test)]
mod tests;
