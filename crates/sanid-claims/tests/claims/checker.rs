//! Whether what clients saw and what the store wrote down is what one store, doing one thing at a time, could
//! have done: a model of claims, run along the store's history, that knows nothing of `decide`.
//!
//! - At every event each name has at most one holder, and what an event says that it ended is what was there.
//! - What a client was told that it did is in the history, and in an order that agrees with time: a change
//!   that had ended before another began comes before it.
//! - What a client was told that it saw was so at one moment between its question and its answer.
//! - No lease ended early.
//! - What is there at the end is what the history comes to.

use std::collections::HashMap;
use std::time::Duration;

use sanid_claims::{Identifier, Identity, Outcome, Request, Seen, StoreError, Stored, What, Why};

/// One question of a client, with its answer.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) request: Request,
    pub(crate) answer: Result<Outcome, StoreError>,
    /// When it began and ended, by one clock for all clients.
    pub(crate) began: Duration,
    pub(crate) ended: Duration,
    /// The same by the clock that leases run by.
    pub(crate) lease_began: Duration,
    pub(crate) lease_ended: Duration,
}

/// What there is to judge.
pub(crate) struct Run {
    pub(crate) operations: Vec<Operation>,
    pub(crate) history: Vec<Stored>,
    pub(crate) at_the_end: Vec<Seen>,
}

/// From one event on until another, somebody has a name.
#[derive(Debug, Clone)]
struct Span {
    claim: String,
    generation: u64,
    from: u64,
    until: u64,
}

/// The first thing that is wrong, or how many operations were judged.
pub(crate) fn check(run: &Run) -> Result<usize, String> {
    let spans = replay(&run.history)?;
    the_end(run, &spans)?;
    written(run)?;
    let bounds = order(run)?;
    for (operation, bounds) in run.operations.iter().zip(&bounds) {
        seen(operation, *bounds, run, &spans)?;
    }
    leases(run)?;
    Ok(run.operations.len())
}

type Spans = HashMap<Identifier, Vec<Span>>;

const OPEN: u64 = u64::MAX;

fn now<'s>(spans: &'s mut Spans, name: &Identifier) -> Option<&'s mut Span> {
    spans
        .get_mut(name)
        .and_then(|all| all.last_mut())
        .filter(|span| span.until == OPEN)
}

/// The model: who has each name after each event.
fn replay(history: &[Stored]) -> Result<Spans, String> {
    let mut spans = Spans::new();
    let mut last = 0;
    for Stored { sequence, event } in history {
        let wrong = |why: String| format!("event {sequence} ({}): {why}", event.what.as_str());
        if *sequence <= last {
            return Err(wrong(format!("it comes after {last}")));
        }
        last = *sequence;
        let mut end = |identity: &Identity, claim: &str, generation: u64| {
            for name in identity.identifiers() {
                let span = now(&mut spans, &name)
                    .filter(|span| span.claim == claim && span.generation == generation)
                    .ok_or_else(|| wrong(format!("it ends {claim} of generation {generation}, which does not have {name:?}")))?;
                span.until = *sequence;
            }
            Ok::<(), String>(())
        };
        for ended in &event.ended {
            end(&ended.identity, &ended.claim, ended.generation)?;
        }
        match event.what {
            What::Released | What::ReleasedFenced if event.ended.is_empty() => {
                return Err(wrong("it releases nothing".into()));
            }
            What::Released | What::ReleasedFenced => continue,
            What::TakenOverExpired | What::TakenOverFenced if event.ended.is_empty() => {
                return Err(wrong("it takes over nothing".into()));
            }
            What::Changed => {
                let name = &event.identity.identifiers()[0];
                let generation = now(&mut spans, name).map(|span| span.generation);
                let generation = generation.ok_or_else(|| wrong("nobody has it".into()))?;
                for name in event.identity.identifiers() {
                    let span = now(&mut spans, &name)
                        .filter(|span| span.claim == event.claim && span.generation == generation)
                        .ok_or_else(|| wrong(format!("{} does not have {name:?}", event.claim)))?;
                    span.until = *sequence;
                }
            }
            _ => {}
        }
        for name in event.identity.identifiers() {
            if let Some(other) = now(&mut spans, &name) {
                return Err(wrong(format!(
                    "two holders of {name:?}: {} and {}",
                    other.claim, event.claim
                )));
            }
            spans.entry(name).or_default().push(Span {
                claim: event.claim.clone(),
                generation: *sequence,
                from: *sequence,
                until: OPEN,
            });
        }
    }
    Ok(spans)
}

/// No claim is lost, and none has come from nowhere.
fn the_end(run: &Run, spans: &Spans) -> Result<(), String> {
    let mut expected: Vec<(Identifier, String, u64)> = Vec::new();
    for (name, all) in spans {
        let last = all.last().filter(|span| span.until == OPEN);
        expected.extend(last.map(|span| (name.clone(), span.claim.clone(), span.generation)));
    }
    let mut found: Vec<(Identifier, String, u64)> = Vec::new();
    for seen in &run.at_the_end {
        for name in seen.record.identity.identifiers() {
            found.push((name, seen.record.id.clone(), seen.version));
        }
    }
    expected.sort();
    found.sort();
    if expected == found {
        return Ok(());
    }
    let lost = expected.iter().find(|one| !found.contains(one));
    let new = found.iter().find(|one| !expected.contains(one));
    Err(format!("at the end: lost {lost:?}, from nowhere {new:?}"))
}

/// The number of the change that an operation was told that it made.
fn wrote(operation: &Operation, history: &HashMap<u64, &Stored>) -> Option<u64> {
    match operation.answer.as_ref().ok()? {
        Outcome::Held(grant) | Outcome::TakenOver(grant, _) => Some(grant.generation),
        // A renewal that changed nothing has the generation of an earlier change.
        Outcome::Renewed(grant) => history
            .get(&grant.generation)
            .filter(|stored| {
                stored.event.what == What::Changed
                    && stored.event.at == operation.request.now
                    && stored.event.holder.boot_id == operation.request.holder.boot_id
            })
            .map(|_| grant.generation),
        Outcome::Released(ended) => {
            let first = ended.first()?;
            let released = |stored: &&&Stored| {
                matches!(stored.event.what, What::Released | What::ReleasedFenced)
                    && stored
                        .event
                        .ended
                        .iter()
                        .any(|one| one.claim == first.claim)
            };
            history
                .values()
                .find(released)
                .map(|stored| stored.sequence)
        }
        _ => None,
    }
}

fn by_sequence(run: &Run) -> HashMap<u64, &Stored> {
    run.history.iter().map(|one| (one.sequence, one)).collect()
}

/// What was told to be done is written down, once.
fn written(run: &Run) -> Result<(), String> {
    let history = by_sequence(run);
    let mut writers: HashMap<u64, &Operation> = HashMap::new();
    for operation in &run.operations {
        let (what, grant) = match &operation.answer {
            Ok(Outcome::Held(grant)) => ("claimed", grant),
            Ok(Outcome::TakenOver(grant, Why::Expired)) => ("taken-over-expired", grant),
            Ok(Outcome::TakenOver(grant, Why::Fenced)) => ("taken-over-fenced", grant),
            Ok(Outcome::Renewed(grant)) => ("", grant),
            Ok(Outcome::Released(ended)) if !ended.is_empty() => {
                if wrote(operation, &history).is_none() {
                    return Err(format!("a release is not in the history: {operation:?}"));
                }
                continue;
            }
            Err(StoreError::Unreachable(_)) => continue,
            Err(error) => return Err(format!("an operation failed: {error}")),
            _ => continue,
        };
        let Some(stored) = history.get(&grant.generation) else {
            return Err(format!(
                "generation {} is not in the history: {operation:?}",
                grant.generation
            ));
        };
        if stored.event.claim != grant.record.id {
            return Err(format!(
                "generation {} is of another claim: {operation:?}",
                grant.generation
            ));
        }
        // An attempt whose answer was lost is found again as held, however it was got.
        let lost = what == "claimed" && stored.event.claim == operation.request.id;
        if !what.is_empty() && stored.event.what.as_str() != what && !lost {
            return Err(format!(
                "{what} is written down as {}: {operation:?}",
                stored.event.what.as_str()
            ));
        }
        if let Some(number) = wrote(operation, &history) {
            if let Some(other) = writers.insert(number, operation) {
                return Err(format!(
                    "event {number} was made by two: {other:?} and {operation:?}"
                ));
            }
        }
    }
    Ok(())
}

/// Between which events an operation has to have seen what it saw: from the last change that had ended before
/// it began, up to the first that began after it had ended.
fn order(run: &Run) -> Result<Vec<(u64, u64)>, String> {
    let history = by_sequence(run);
    let mut changes: Vec<(Duration, Duration, u64)> = Vec::new();
    for operation in &run.operations {
        if let Some(number) = wrote(operation, &history) {
            changes.push((operation.began, operation.ended, number));
        }
    }
    let mut by_end = changes.clone();
    by_end.sort_by_key(|one| one.1);
    let mut latest = Vec::new();
    let mut most = 0;
    for (_, ended, number) in &by_end {
        most = most.max(*number);
        latest.push((*ended, most));
    }
    let mut by_begin = changes;
    by_begin.sort_by_key(|one| one.0);
    let mut earliest = Vec::new();
    let mut least = OPEN;
    for (began, _, number) in by_begin.iter().rev() {
        least = least.min(*number);
        earliest.push((*began, least));
    }
    earliest.reverse();
    let mut bounds = Vec::new();
    for operation in &run.operations {
        let before = latest.partition_point(|(ended, _)| *ended < operation.began);
        let low = before.checked_sub(1).map_or(0, |at| latest[at].1);
        let after = earliest.partition_point(|(began, _)| *began <= operation.ended);
        let high = earliest.get(after).map_or(OPEN, |one| one.1);
        if let Some(number) = wrote(operation, &history) {
            if number <= low || number >= high {
                return Err(format!(
                    "change {number} is out of order, between {low} and {high}: {operation:?}"
                ));
            }
        }
        if low >= high {
            return Err(format!("changes {low} and {high} are in the wrong order"));
        }
        bounds.push((low, high));
    }
    Ok(bounds)
}

/// What was told to be so was so at one moment.
fn seen(operation: &Operation, bounds: (u64, u64), run: &Run, spans: &Spans) -> Result<(), String> {
    let (low, high) = bounds;
    let begin = run.history.partition_point(|one| one.sequence <= low);
    let later = run.history[begin..]
        .iter()
        .map(|one| one.sequence)
        .take_while(|one| *one < high);
    let mut moments = std::iter::once(low).chain(later);
    let has = |name: &Identifier, at: u64| {
        let all = spans.get(name)?;
        let after = all.partition_point(|span| span.from <= at);
        all.get(after.checked_sub(1)?)
            .filter(|span| span.until > at)
    };
    let so = match &operation.answer {
        Ok(Outcome::Conflict(rivals) | Outcome::Refused(rivals)) => moments.any(|at| {
            rivals.iter().all(|rival| {
                rival.seen.record.identity.identifiers().iter().all(|name| {
                    has(name, at).is_some_and(|span| {
                        span.claim == rival.seen.record.id && span.generation == rival.seen.version
                    })
                })
            })
        }),
        Ok(Outcome::Renewed(grant)) => {
            moments.any(|at| {
                grant.record.identity.identifiers().iter().all(|name| {
                    has(name, at).is_some_and(|span| span.generation == grant.generation)
                })
            })
        }
        Ok(Outcome::NotHeld) => moments.any(|at| {
            let names = operation.request.identity.identifiers();
            names.iter().all(|name| has(name, at).is_none())
        }),
        _ => true,
    };
    if so {
        Ok(())
    } else {
        Err(format!(
            "it was never so between events {low} and {high}: {operation:?}"
        ))
    }
}

/// Whoever got or renewed a claim has it for the whole lease, unless it is fenced.
fn leases(run: &Run) -> Result<(), String> {
    let mut last: HashMap<&str, Vec<&Operation>> = HashMap::new();
    for operation in &run.operations {
        if let Ok(Outcome::Held(grant) | Outcome::Renewed(grant) | Outcome::TakenOver(grant, _)) =
            &operation.answer
        {
            last.entry(&grant.record.id).or_default().push(operation);
        }
    }
    for operation in &run.operations {
        let Ok(Outcome::TakenOver(grant, Why::Expired)) = &operation.answer else {
            continue;
        };
        // A machine may end a claim of its own at any time.
        let own = &operation.request.holder.name;
        for ended in grant.ended.iter().filter(|ended| ended.holder.name != *own) {
            let holds = last.get(ended.claim.as_str()).into_iter().flatten();
            for held in holds.filter(|held| held.ended < operation.began) {
                let lease = held.request.lease.unwrap_or(Duration::MAX);
                let until = held.lease_began.saturating_add(lease);
                if operation.lease_ended < until {
                    return Err(format!(
                        "a lease ended early, at {:?} instead of {until:?}: {operation:?}",
                        operation.lease_ended
                    ));
                }
            }
        }
    }
    Ok(())
}
