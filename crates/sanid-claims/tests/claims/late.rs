//! Answers that come late or not at all, and changes that were decided on what is no longer so.

use std::time::{Duration, Instant};

use sanid_claims::{Action, Applied, Lease, Outcome, Snapshot, Store, Stored, What, decide};

use super::events;
use crate::support::{
    LEASE, Place, ask, booted, claim, claim_briefly, eventually, granted, host, identity, listed,
    mixed, request, submit,
};

/// The change was made, and nobody heard of it.
pub(super) fn a_lost_answer_is_found_again(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let mut ask = request(Action::Claim, &identity(1), &host("node"));
    ask.lease = Some(LEASE);
    let decision = decide(&ask, &Snapshot::default());
    let done = store
        .apply(&ask.identity, &decision.change.unwrap())
        .unwrap();
    let Applied::Done(version) = done else {
        panic!("{done:?}")
    };
    let outcome = sanid_claims::submit(store, &ask, None).unwrap();
    assert!(matches!(outcome, Outcome::Held(_)));
    assert_eq!(granted(&outcome).generation, version);
    assert_eq!(events(store).len(), 1);
    // Also when its lease has ended meanwhile: what is told as held is held for the whole lease.
    (place.pass)(LEASE);
    eventually("its lease begins anew", || {
        let outcome = submit(store, &ask);
        assert!(matches!(outcome, Outcome::Held(_)));
        assert_eq!(granted(&outcome).generation, version);
        matches!(listed(store)[0].lease, Lease::Live(_)).then_some(())
    });
}

/// A store whose first answer does not arrive; before it is asked again somebody else ends the claim.
struct Deaf<'s> {
    store: &'s mut dyn Store,
    place: Option<&'s Place>,
}

impl Store for Deaf<'_> {
    fn wait_until(&mut self, deadline: Instant) {
        self.store.wait_until(deadline);
    }

    fn read(&mut self, of: &sanid_claims::Identity) -> Result<Snapshot, sanid_claims::StoreError> {
        self.store.read(of)
    }

    fn apply(
        &mut self,
        of: &sanid_claims::Identity,
        change: &sanid_claims::Change,
    ) -> Result<Applied, sanid_claims::StoreError> {
        let applied = self.store.apply(of, change)?;
        let Some(place) = self.place.take() else {
            return Ok(applied);
        };
        assert!(matches!(applied, Applied::Done(_)), "{applied:?}");
        let mut other = place.client();
        let end = Action::Release { fenced: true };
        ask(other.as_mut(), end, &identity(1), &host("two"));
        self.store.read(of).map(Applied::Raced)
    }

    fn list(
        &mut self,
        each: &mut dyn FnMut(sanid_claims::Seen),
    ) -> Result<(), sanid_claims::StoreError> {
        self.store.list(each)
    }

    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, sanid_claims::StoreError> {
        self.store.history(after, limit, wait)
    }
}

pub(super) fn a_lost_answer_whose_claim_has_ended_stays_in_history(place: &Place) {
    let (mut store, one) = (place.client(), host("one"));
    let mut deaf = Deaf {
        store: store.as_mut(),
        place: Some(place),
    };
    let wanted = request(Action::Claim, &identity(1), &one);
    let held = sanid_claims::submit(&mut deaf, &wanted, None).unwrap();
    assert!(matches!(held, Outcome::Held(_)), "{held:?}");
    let what: Vec<_> = events(store.as_mut())
        .iter()
        .map(|one| one.event.what)
        .collect();
    assert_eq!(what, [What::Claimed, What::ReleasedFenced, What::Claimed]);
}

pub(super) fn a_change_decided_on_the_past_writes_nothing(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let node = host("node");
    granted(&claim(store, &identity(1), &node));
    let past = store.read(&identity(1)).unwrap();
    granted(&claim(store, &identity(1), &booted(&node, 2)));
    let now = (listed(store), events(store));

    let changes = [
        decide(&request(Action::Claim, &identity(1), &node), &past).change,
        decide(
            &request(Action::Claim, &identity(1), &booted(&node, 3)),
            &past,
        )
        .change,
        decide(
            &request(Action::Release { fenced: false }, &identity(1), &node),
            &past,
        )
        .change,
        decide(
            &request(
                Action::TakeOver { fenced: true },
                &mixed(1, 2, 2),
                &host("new"),
            ),
            &past,
        )
        .change,
        decide(
            &request(Action::Claim, &identity(1), &host("new")),
            &Snapshot::default(),
        )
        .change,
        decide(
            &request(Action::Claim, &mixed(3, 3, 1), &host("new")),
            &Snapshot::default(),
        )
        .change,
        decide(
            &request(Action::Claim, &mixed(1, 3, 3), &host("new")),
            &Snapshot::default(),
        )
        .change,
    ];
    for change in changes.map(Option::unwrap) {
        let done = store.apply(&identity(1), &change).unwrap();
        let Applied::Raced(seen) = done else {
            panic!("{change:?}: {done:?}")
        };
        let version = |one: &sanid_claims::Seen| (one.record.clone(), one.version);
        assert_eq!(
            seen.claims.iter().map(version).collect::<Vec<_>>(),
            now.0.iter().map(version).collect::<Vec<_>>()
        );
        assert_eq!(events(store), now.1, "{change:?}");
    }
    granted(&claim(store, &identity(3), &host("third")));
}

pub(super) fn an_expiry_that_a_renewal_overtook_takes_nothing(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let node = host("node");
    let mut round = 0;
    eventually("time to try before the new lease was over", || {
        round += 1;
        let identity = identity(round);
        granted(&claim_briefly(store, &identity, &node));
        (place.pass)(LEASE);
        let expired = store.read(&identity).unwrap();
        let renewed = Instant::now();
        granted(&claim_briefly(store, &identity, &node));
        let wanted = request(Action::Claim, &identity, &host("new"));
        let change = decide(&wanted, &expired).change;
        let done = store.apply(&identity, &change.unwrap()).unwrap();
        (renewed.elapsed() < LEASE).then(|| assert!(matches!(done, Applied::Raced(_)), "{done:?}"))
    });
}
