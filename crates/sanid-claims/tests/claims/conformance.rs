//! What every store does. A store is a function that makes an empty place; each rule gets one of its own.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use sanid_claims::{Action, Holder, Kind, Lease, Likeness, Outcome, Store, Stored, What, Why};

use crate::support::{
    LASTING, LEASE, PATIENCE, Place, ask, booted, claim, claim_briefly, claim_for, eventually,
    granted, host, identity, listed, mixed, name_of, patiently, request, rivals,
};
use testkit::trial::{Need, trial};

#[path = "kinds.rs"]
mod kinds;
#[path = "late.rs"]
mod late;

type Rule = fn(&Place);

const RULES: &[(&str, Rule)] = &[
    (
        "the_first_host_holds_and_renews",
        the_first_host_holds_and_renews,
    ),
    (
        "any_shared_name_is_a_conflict_and_leaves_nothing",
        any_shared_name_is_a_conflict_and_leaves_nothing,
    ),
    (
        "names_that_differ_in_case_are_one",
        names_that_differ_in_case_are_one,
    ),
    ("what_is_released_is_free", what_is_released_is_free),
    (
        "an_expired_claim_is_taken_over_whole",
        an_expired_claim_is_taken_over_whole,
    ),
    (
        "a_host_finds_its_own_expired_claim",
        a_host_finds_its_own_expired_claim,
    ),
    ("a_renewed_lease_begins_anew", a_renewed_lease_begins_anew),
    (
        "a_claim_without_a_lease_has_no_end",
        a_claim_without_a_lease_has_no_end,
    ),
    (
        "takeover_of_a_live_claim_needs_the_word_fenced",
        takeover_of_a_live_claim_needs_the_word_fenced,
    ),
    (
        "a_takeover_of_two_claims_ends_both_whole",
        a_takeover_of_two_claims_ends_both_whole,
    ),
    (
        "the_same_machine_keeps_its_claim",
        the_same_machine_keeps_its_claim,
    ),
    (
        "two_machines_that_look_alike_are_found",
        two_machines_that_look_alike_are_found,
    ),
    (
        "a_lost_answer_is_found_again",
        late::a_lost_answer_is_found_again,
    ),
    (
        "a_lost_answer_whose_claim_has_ended_stays_in_history",
        late::a_lost_answer_whose_claim_has_ended_stays_in_history,
    ),
    (
        "a_change_decided_on_the_past_writes_nothing",
        late::a_change_decided_on_the_past_writes_nothing,
    ),
    (
        "an_expiry_that_a_renewal_overtook_takes_nothing",
        late::an_expiry_that_a_renewal_overtook_takes_nothing,
    ),
    (
        "generations_grow_over_release_and_takeover",
        generations_grow_over_release_and_takeover,
    ),
    (
        "history_has_every_transition_in_order",
        history_has_every_transition_in_order,
    ),
    (
        "history_waits_for_what_happens",
        history_waits_for_what_happens,
    ),
    ("a_long_list_is_whole", a_long_list_is_whole),
    (
        "a_claim_of_other_kinds_is_whole",
        kinds::a_claim_of_other_kinds_is_whole,
    ),
    (
        "a_host_that_gains_and_loses_kinds_keeps_one_claim",
        kinds::a_host_that_gains_and_loses_kinds_keeps_one_claim,
    ),
    (
        "the_largest_takeover_is_one_change",
        kinds::the_largest_takeover_is_one_change,
    ),
    (
        "random_sets_of_kinds_have_one_holder_for_each_name",
        kinds::random_sets_of_kinds_have_one_holder_for_each_name,
    ),
];

/// The rules for one store.
pub(crate) fn trials(
    store: &'static str,
    needs: &'static [Need],
    make: fn() -> Place,
) -> Vec<Trial> {
    RULES
        .iter()
        .map(|(name, rule)| trial(&format!("{store}::{name}"), needs, move || rule(&make())))
        .collect()
}

fn the_first_host_holds_and_renews(place: &Place) {
    let (mut one, mut other) = (place.client(), place.client());
    let node = host("node");
    let first = claim(one.as_mut(), &identity(1), &node);
    let grant = granted(&first).clone();
    assert!(matches!(first, Outcome::Held(_)), "{first:?}");
    assert!(grant.generation > 0);
    assert_eq!(grant.record.holder, node);

    // Without and with what it knows, and by another connection.
    let again = claim(other.as_mut(), &identity(1), &node);
    assert_eq!(again, Outcome::Renewed(grant.clone()));
    let seen = listed(one.as_mut());
    assert_eq!(seen.len(), 1);
    let known = sanid_claims::submit(
        one.as_mut(),
        &request(Action::Claim, &identity(1), &node),
        seen.first(),
    );
    assert_eq!(known, Ok(Outcome::Renewed(grant)));
}

fn any_shared_name_is_a_conflict_and_leaves_nothing(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    granted(&claim(store, &identity(1), &host("first")));
    for (number, shared) in [
        (2, identity(1)),
        (3, mixed(1, 3, 3)),
        (4, mixed(4, 1, 4)),
        (5, mixed(5, 5, 1)),
        (6, mixed(1, 1, 6)),
    ] {
        let clone = host(&format!("clone {number}"));
        let outcome = claim(store, &shared, &clone);
        assert_eq!(rivals(&outcome), ["first"]);
        let Outcome::Conflict(found) = &outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(found[0].likeness, Likeness::Clone);
        let theirs = identity(1).identifiers();
        let shares = shared
            .identifiers()
            .into_iter()
            .filter(|name| theirs.contains(name));
        assert_eq!(found[0].shares, shares.collect::<Vec<_>>());
        assert_eq!(listed(store).len(), 1, "none of the names is taken");
    }
    // What the losers wanted besides is free.
    granted(&claim(store, &identity(3), &host("third")));
    granted(&claim(store, &identity(4), &host("fourth")));
}

fn names_that_differ_in_case_are_one(place: &Place) {
    let mut store = place.client();
    let upper = sanid_claims::Identity::parse(
        "iqn.2016-04.com.open-iscsi:HOST-1",
        &name_of(&identity(2), &Kind::HostNqn),
        &name_of(&identity(2), &Kind::HostId),
    )
    .unwrap();
    granted(&claim(store.as_mut(), &identity(1), &host("first")));
    let outcome = claim(store.as_mut(), &upper, &host("second"));
    assert_eq!(rivals(&outcome), ["first"]);
}

fn what_is_released_is_free(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let release = Action::Release { fenced: false };
    let (one, two) = (host("one"), host("two"));
    assert_eq!(ask(store, release, &identity(1), &one), Outcome::NotHeld);
    granted(&claim(store, &identity(1), &one));
    assert_eq!(rivals(&ask(store, release, &identity(1), &two)), ["one"]);
    assert_eq!(listed(store).len(), 1, "nobody else can release it");

    let Outcome::Released(ended) = ask(store, release, &identity(1), &one) else {
        panic!()
    };
    assert_eq!(ended.len(), 1);
    assert_eq!(listed(store), []);
    granted(&claim(store, &identity(1), &two));
    let fenced = Action::Release { fenced: true };
    assert!(matches!(
        ask(store, fenced, &mixed(1, 7, 8), &one),
        Outcome::Released(_)
    ));
    assert_eq!(listed(store), [], "all three names are free");
}

fn an_expired_claim_is_taken_over_whole(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let old = granted(&claim_briefly(store, &identity(1), &host("old"))).clone();
    let known = listed(store);
    (place.pass)(LEASE);
    assert_eq!(
        listed(store)[0].lease,
        Lease::Expired,
        "its holder stays known"
    );

    // By one of its names only; the others are free by that.
    let outcome = claim(store, &mixed(1, 2, 2), &host("new"));
    let Outcome::TakenOver(grant, Why::Expired) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(grant.ended.len(), 1);
    assert_eq!(grant.ended[0].holder.name, "old");
    assert!(grant.generation > old.generation);
    assert_eq!(listed(store).len(), 1);
    granted(&claim(store, &mixed(3, 1, 1), &host("third")));

    // The old host, with what it remembers, is told.
    let late = request(Action::Claim, &identity(1), &host("old"));
    let late = sanid_claims::submit(store, &late, known.first()).unwrap();
    let mut names = rivals(&late);
    names.sort_unstable();
    assert_eq!(names, ["new", "third"]);
}

fn a_host_finds_its_own_expired_claim(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let node = host("node");
    let first = granted(&claim_briefly(store, &identity(1), &node)).clone();
    (place.pass)(LEASE);
    eventually("the claim is live again", || {
        let again = claim_briefly(store, &identity(1), &node);
        assert_eq!(again, Outcome::Renewed(first.clone()));
        matches!(listed(store)[0].lease, Lease::Live(_)).then_some(())
    });
    granted(&claim(store, &identity(1), &node));
    assert_eq!(
        rivals(&claim(store, &identity(1), &host("clone"))),
        ["node"]
    );
}

fn a_renewed_lease_begins_anew(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let node = host("node");
    let lease = LEASE * 4;
    let mut round = 0;
    eventually("time to look before the lease was over", || {
        round += 1;
        let identity = identity(round);
        granted(&claim_for(store, &identity, &node, Some(lease)));
        (place.pass)(LEASE * 3);
        let renewed = Instant::now();
        let again = claim_for(store, &identity, &node, Some(lease));
        assert!(matches!(again, Outcome::Renewed(_)), "{again:?}");
        (place.pass)(LEASE * 3);
        let clone = claim(store, &identity, &host("clone"));
        // The promise is about the time since the renewal, and not about a machine that was away for longer.
        (renewed.elapsed() < lease).then(|| assert_eq!(rivals(&clone), ["node"]))
    });
}

fn a_claim_without_a_lease_has_no_end(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    granted(&claim_for(store, &identity(1), &host("node"), None));
    (place.pass)(LEASE * 2);
    assert_eq!(listed(store)[0].lease, Lease::Live(None));
    assert_eq!(
        rivals(&claim(store, &identity(1), &host("clone"))),
        ["node"]
    );
    // With a lease again, it has one.
    let outcome = claim_briefly(store, &identity(1), &host("node"));
    assert!(matches!(outcome, Outcome::Renewed(_)), "{outcome:?}");
    (place.pass)(LEASE);
    assert_eq!(listed(store)[0].lease, Lease::Expired);
}

fn takeover_of_a_live_claim_needs_the_word_fenced(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let old = granted(&claim(store, &identity(1), &host("old"))).clone();
    let outcome = ask(
        store,
        Action::TakeOver { fenced: false },
        &identity(1),
        &host("new"),
    );
    assert!(matches!(outcome, Outcome::Refused(_)));
    assert_eq!(rivals(&outcome), ["old"]);
    let outcome = ask(
        store,
        Action::TakeOver { fenced: true },
        &identity(1),
        &host("new"),
    );
    let Outcome::TakenOver(grant, Why::Fenced) = &outcome else {
        panic!("{outcome:?}")
    };
    assert!(grant.generation > old.generation);
    assert_eq!(rivals(&claim(store, &identity(1), &host("old"))), ["new"]);
    // Where nothing is in the way it is a claim.
    let outcome = ask(
        store,
        Action::TakeOver { fenced: false },
        &identity(2),
        &host("new"),
    );
    assert!(matches!(outcome, Outcome::Held(_)));
}

fn a_takeover_of_two_claims_ends_both_whole(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    granted(&claim(store, &identity(1), &host("one")));
    granted(&claim(store, &identity(2), &host("two")));
    let both = mixed(1, 2, 3);
    assert_eq!(rivals(&claim(store, &both, &host("new"))).len(), 2);
    let outcome = ask(
        store,
        Action::TakeOver { fenced: true },
        &both,
        &host("new"),
    );
    assert_eq!(granted(&outcome).ended.len(), 2);
    assert_eq!(listed(store).len(), 1);
    // iqn 2, NQN 1 and both Host IDs are free.
    granted(&claim(store, &mixed(2, 1, 1), &host("third")));
    granted(&claim(store, &mixed(4, 4, 2), &host("fourth")));
}

fn the_same_machine_keeps_its_claim(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let node = host("node");
    let first = granted(&claim(store, &identity(1), &node)).clone();

    let mut rebooted = booted(&node, 2);
    rebooted.name = "renamed".into();
    let second = granted(&claim(store, &identity(1), &rebooted)).clone();
    assert_eq!(second.record.id, first.record.id);
    assert_eq!(second.record.since, first.record.since);
    assert!(second.generation > first.generation);

    // Early in the boot its network is not there; the board is another one.
    let mut repaired = booted(&node, 3);
    repaired.evidence.macs.clear();
    repaired.evidence.board_serial = Some("a new board".into());
    let third = granted(&claim(store, &identity(1), &repaired)).clone();
    assert_eq!(third.record.id, first.record.id);
    assert_eq!(
        third.record.holder.evidence.macs, node.evidence.macs,
        "what was known stays known"
    );
    assert_eq!(third.record.left_boots, ["node boot 1", "node boot 2"]);

    // Another identity of the same machine ends the one before.
    let moved = claim(store, &mixed(1, 5, 5), &repaired);
    assert!(matches!(moved, Outcome::Held(_)), "{moved:?}");
    assert_eq!(listed(store).len(), 1);
}

fn two_machines_that_look_alike_are_found(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let (one, twin) = (host("vm"), booted(&host("vm"), 2));
    granted(&claim(store, &identity(1), &one));
    granted(&claim(store, &identity(1), &twin));
    let outcome = claim(store, &identity(1), &one);
    let Outcome::Conflict(found) = &outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(found[0].likeness, Likeness::TwoMachines);
}

fn generations_grow_over_release_and_takeover(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let mut last = 0;
    for round in 0..3 {
        let one = host(&format!("one {round}"));
        let mut next = |outcome: &Outcome| {
            let generation = granted(outcome).generation;
            assert!(generation > last, "{generation} after {last}");
            last = generation;
        };
        next(&claim(store, &identity(1), &one));
        let two = host(&format!("two {round}"));
        next(&ask(
            store,
            Action::TakeOver { fenced: true },
            &identity(1),
            &two,
        ));
        ask(store, Action::Release { fenced: false }, &identity(1), &two);
    }
}

fn history_has_every_transition_in_order(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let (one, two) = (host("one"), host("two"));
    granted(&claim_briefly(store, &identity(1), &one));
    granted(&claim_briefly(store, &identity(1), &one));
    granted(&claim_briefly(store, &identity(1), &booted(&one, 2)));
    (place.pass)(LEASE);
    granted(&claim(store, &identity(1), &two));
    granted(&ask(
        store,
        Action::TakeOver { fenced: true },
        &identity(1),
        &one,
    ));
    ask(store, Action::Release { fenced: false }, &identity(1), &one);
    granted(&claim(store, &identity(1), &two));
    ask(store, Action::Release { fenced: true }, &identity(1), &one);

    let all = events(store);
    let what: Vec<_> = all
        .iter()
        .map(|one| (one.event.what, one.event.holder.name.as_str()))
        .collect();
    assert_eq!(
        what,
        [
            (What::Claimed, "one"),
            (What::Changed, "one"),
            (What::TakenOverExpired, "two"),
            (What::TakenOverFenced, "one"),
            (What::Released, "one"),
            (What::Claimed, "two"),
            (What::ReleasedFenced, "two"),
        ],
        "a renewal that changes nothing is none"
    );
    assert!(
        all.windows(2)
            .all(|pair| pair[0].sequence < pair[1].sequence)
    );
    assert_eq!(all[2].event.ended[0].holder, booted(&one, 2));
    assert_eq!(all[2].event.ended[0].generation, all[1].sequence);
    assert_eq!(all[6].event.by.as_deref(), Some("one"));
    let some = store.history(all[2].sequence, 2, Duration::ZERO).unwrap();
    assert_eq!(some, all[3..5]);
}

fn history_waits_for_what_happens(place: &Place) {
    let mut store = place.client();
    let mut other = place.client();
    let (done, told) = mpsc::channel();
    std::thread::spawn(move || done.send(other.history(0, 10, LASTING)));
    granted(&claim(store.as_mut(), &identity(1), &host("one")));
    let events = told.recv_timeout(PATIENCE);
    let events = events.expect("a call that waits for history did not return with the event");
    assert_eq!(events.unwrap().len(), 1);
}

/// More than one answer holds.
fn a_long_list_is_whole(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    for number in 0..1100 {
        let name = format!("node {number}");
        let holder = Holder {
            name,
            ..Holder::default()
        };
        granted(&claim_for(store, &identity(number), &holder, None));
    }
    let mut ids: Vec<_> = listed(store)
        .iter()
        .map(|seen| name_of(&seen.record.identity, &Kind::HostId))
        .collect();
    ids.sort_unstable();
    let expected: Vec<_> = (0..1100)
        .map(|number| name_of(&identity(number), &Kind::HostId))
        .collect();
    assert_eq!(ids, expected);
}

pub(crate) fn events(store: &mut dyn Store) -> Vec<Stored> {
    store.wait_until(patiently());
    let mut all = Vec::new();
    loop {
        let after = all.last().map_or(0, |one: &Stored| one.sequence);
        let more = store.history(after, 1000, Duration::ZERO).unwrap();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}
