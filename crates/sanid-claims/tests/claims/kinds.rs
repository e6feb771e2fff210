//! Claims of any set of kinds: one holder for each name, all names or none.

use std::collections::BTreeMap;

use sanid_claims::{Action, Holder, Identifier, Identity, Kind, Lease, Outcome, Seen, Store, Why};

use crate::race::Dice;
use crate::support::{
    LEASE, Place, ask, booted, claim, claim_briefly, granted, host, listed, rivals,
};

/// Kinds that this version has rules for, and two that it has none for.
const KINDS: [&str; 5] = ["hostid", "hostnqn", "iqn", "nfs4", "reservation-key"];

fn kind(word: &str) -> Kind {
    Kind::parse(word).unwrap()
}

/// A name of a kind, by a number.
fn name(word: &str, number: u64) -> String {
    match word {
        "hostid" => format!("652f5d50-a689-4520-b87b-{number:012x}"),
        "hostnqn" => {
            format!("nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-{number:012x}")
        }
        "iqn" => format!("iqn.2016-04.com.open-iscsi:host-{number}"),
        other => format!("{other}-{number}"),
    }
}

fn set(names: &[(&str, u64)]) -> Identity {
    let all: Vec<(Kind, String)> = names
        .iter()
        .map(|(word, number)| (kind(word), name(word, *number)))
        .collect();
    Identity::new(all.iter().map(|(kind, name)| (kind.clone(), name.as_str()))).unwrap()
}

/// The claim that has one name, if there is one.
fn holder_of(store: &mut dyn Store, of: &Identifier) -> Option<Seen> {
    let alone = Identity::new([(of.kind.clone(), of.name.as_str())]).unwrap();
    let mut claims = store.read(&alone).unwrap().claims;
    assert!(claims.len() <= 1, "{of:?}: {claims:?}");
    claims.pop()
}

/// Hosts with iSCSI alone, with NVMe alone, and with a kind that this version has no rules for.
pub(super) fn a_claim_of_other_kinds_is_whole(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    for identity in [
        set(&[("iqn", 1)]),
        set(&[("hostid", 1), ("hostnqn", 1)]),
        set(&[("nfs4", 1)]),
        set(&[("hostid", 1), ("hostnqn", 1), ("iqn", 1), ("nfs4", 1)]),
        set(&[("hostnqn", 1), ("iqn", 1), ("reservation-key", 1)]),
    ] {
        let (node, clone) = (host("node"), host("clone"));
        let first = claim(store, &identity, &node);
        assert!(matches!(first, Outcome::Held(_)), "{first:?}");
        let grant = granted(&first).clone();
        assert_eq!(grant.record.identity, identity);
        assert_eq!(claim(store, &identity, &node), Outcome::Renewed(grant));
        let later = granted(&claim(store, &identity, &booted(&node, 2))).clone();
        assert_eq!(later.record.left_boots, ["node boot 1"]);
        for of in identity.identifiers() {
            assert_eq!(holder_of(store, &of).unwrap().record, later.record);
            let one = Identity::new([(of.kind.clone(), of.name.as_str())]).unwrap();
            assert_eq!(rivals(&claim(store, &one, &clone)), ["node"]);
        }
        let all = listed(store);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].record, later.record);

        granted(&claim_briefly(store, &identity, &booted(&node, 3)));
        (place.pass)(LEASE);
        assert_eq!(listed(store)[0].lease, Lease::Expired);
        let taken = claim(store, &identity, &clone);
        assert!(
            matches!(taken, Outcome::TakenOver(_, Why::Expired)),
            "{taken:?}"
        );
        let release = Action::Release { fenced: false };
        let released = ask(store, release, &identity, &clone);
        assert!(matches!(released, Outcome::Released(_)), "{released:?}");
        assert_eq!(listed(store), []);
        for of in identity.identifiers() {
            assert_eq!(holder_of(store, &of), None);
        }
    }
}

/// The anchor of the claim changes with the kinds.
pub(super) fn a_host_that_gains_and_loses_kinds_keeps_one_claim(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let node = host("node");
    let mut last = 0;
    for identity in [
        set(&[("iqn", 1)]),
        set(&[("hostid", 1), ("hostnqn", 1), ("iqn", 1)]),
        set(&[("hostid", 1), ("hostnqn", 1), ("iqn", 1), ("nfs4", 1)]),
        set(&[("hostnqn", 1), ("nfs4", 1)]),
        set(&[("iqn", 2), ("nfs4", 1)]),
        set(&[("nfs4", 1)]),
    ] {
        let before = listed(store).pop();
        let grant = granted(&claim(store, &identity, &node)).clone();
        assert!(grant.generation > last, "{} after {last}", grant.generation);
        last = grant.generation;
        let all = listed(store);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(all[0].record.identity, identity);
        let names = identity.identifiers();
        for of in before
            .iter()
            .flat_map(|seen| seen.record.identity.identifiers())
        {
            assert_eq!(
                holder_of(store, &of).is_some(),
                names.contains(&of),
                "{of:?}"
            );
        }
    }
}

/// As many names as a claim can have, each of a different claim that has as many.
pub(super) fn the_largest_takeover_is_one_change(place: &Place) {
    let mut store = place.client();
    let store = store.as_mut();
    let kinds = [&KINDS[..], &["k1", "k2", "k3"]].concat();
    for number in 1..=8 {
        let names: Vec<_> = kinds.iter().map(|word| (*word, number)).collect();
        granted(&claim(
            store,
            &set(&names),
            &host(&format!("host {number}")),
        ));
    }
    let names: Vec<_> = kinds.iter().copied().zip(1..).collect();
    let taken = ask(
        store,
        Action::TakeOver { fenced: true },
        &set(&names),
        &host("new"),
    );
    assert_eq!(granted(&taken).ended.len(), 8);
    let all = listed(store);
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(all[0].record.holder.name, "new");
}

/// Clones ask for random sets of a few names. After each answer the store is what a model says.
pub(super) fn random_sets_of_kinds_have_one_holder_for_each_name(place: &Place) {
    let seed = crate::race::seed();
    let mut dice = Dice::new(seed);
    let mut store = place.client();
    let store = store.as_mut();
    let hosts: Vec<Holder> = (0..3)
        .map(|number| host(&format!("host {number}")))
        .collect();
    let mut model: BTreeMap<Identifier, String> = BTreeMap::new();
    let mut granted_sets = 0;
    for step in 0..STEPS {
        let mut names: Vec<(&str, u64)> = Vec::new();
        for word in KINDS {
            let number = dice.below(6);
            if number < 3 {
                names.push((word, 1 + number));
            }
        }
        if names.is_empty() {
            continue;
        }
        let identity = set(&names);
        let holder = &hosts[usize::try_from(dice.below(3)).unwrap()];
        let action = match dice.below(4) {
            0 => Action::TakeOver { fenced: true },
            1 => Action::Release {
                fenced: dice.below(2) == 0,
            },
            _ => Action::Claim,
        };
        let outcome = ask(store, action, &identity, holder);
        let what = format!(
            "seed {seed}, step {step}: {action:?} {names:?} {}",
            holder.name
        );
        granted_sets += expect(&mut model, &identity, &holder.name, &outcome, &what);
        compare(store, &model, &what);
    }
    assert!(
        granted_sets > 5,
        "seed {seed}: only {granted_sets} sets were granted"
    );
}

const STEPS: usize = 60;

/// What the rules say of an answer, and what the model is after it.
fn expect(
    model: &mut BTreeMap<Identifier, String>,
    identity: &Identity,
    holder: &str,
    outcome: &Outcome,
    what: &str,
) -> usize {
    let names = identity.identifiers();
    // A claim is known by its holder and its names: a host may have several that share none.
    let touched: Vec<String> = names
        .iter()
        .filter_map(|name| model.get(name).cloned())
        .collect();
    let others = touched.iter().any(|claim| !claim.starts_with(holder));
    match outcome {
        Outcome::Held(_) | Outcome::Renewed(_) | Outcome::TakenOver(..) => {
            let fenced = matches!(outcome, Outcome::TakenOver(_, Why::Fenced));
            assert_eq!(fenced, others, "{what}");
            model.retain(|_, claim| !touched.contains(claim));
            let claim = format!("{holder}: {names:?}");
            model.extend(names.into_iter().map(|name| (name, claim.clone())));
            1
        }
        Outcome::Released(_) => {
            assert!(!touched.is_empty(), "{what}");
            model.retain(|_, claim| !touched.contains(claim));
            0
        }
        Outcome::NotHeld => {
            assert!(touched.is_empty(), "{what}");
            0
        }
        Outcome::Conflict(found) | Outcome::Refused(found) => {
            assert!(others, "{what}");
            let known = found
                .iter()
                .all(|rival| rival.seen.record.holder.name != holder);
            assert!(known && !found.is_empty(), "{what}: {found:?}");
            0
        }
    }
}

/// The store has exactly the claims of the model, by its list and by each name.
fn compare(store: &mut dyn Store, model: &BTreeMap<Identifier, String>, what: &str) {
    let of = |seen: &Seen| {
        let names = seen.record.identity.identifiers();
        format!("{}: {names:?}", seen.record.holder.name)
    };
    let mut found = BTreeMap::new();
    for seen in listed(store) {
        for name in seen.record.identity.identifiers() {
            let before = found.insert(name.clone(), of(&seen));
            assert_eq!(before, None, "{what}: two claims have {name:?}");
        }
    }
    assert_eq!(&found, model, "{what}: the list");
    for word in KINDS {
        for number in 1..=3 {
            let identity = set(&[(word, number)]);
            let name = identity.anchor();
            let holder = holder_of(store, &name).map(|seen| of(&seen));
            assert_eq!(holder.as_ref(), model.get(&name), "{what}: {name:?}");
        }
    }
}
