//! The rules as tables: who asks, who has it, what comes of it.

use super::*;
use crate::Node;
use sanid_host::hardware::Evidence;

fn identity() -> Identity {
    Identity::parse(
        "iqn.2016-04.com.open-iscsi:1",
        "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
        "652f5d50-a689-4520-b87b-fe2552ef6b8b",
    )
    .unwrap()
}

/// Hardware as in docs/clones.md: firmware UUID, board serial number, MAC addresses, root file system. `?` is
/// unknown.
fn host(boot: &str, hardware: &str) -> Holder {
    let mut words = hardware
        .split(' ')
        .map(|word| (word != "?").then(|| word.to_owned()));
    let mut word = || words.next().flatten();
    Holder {
        name: "node".into(),
        seed: Some("seed".into()),
        evidence: Evidence {
            firmware_uuid: word(),
            board_serial: word(),
            macs: word().into_iter().collect(),
            root_fs: word(),
        },
        boot_id: (boot != "?").then(|| boot.to_owned()),
        node: None,
    }
}

fn request(action: Action, holder: Holder) -> Request {
    let lease = Some(Duration::from_secs(60));
    Request::new(action, identity(), holder, lease)
}

/// What the store holds when this holder has claimed.
fn held(holder: &Holder, lease: Lease) -> Snapshot {
    let decision = decide(
        &request(Action::Claim, holder.clone()),
        &Snapshot::default(),
    );
    let Some(Change::Put { record, .. }) = decision.change else {
        panic!("{decision:?}")
    };
    Snapshot {
        claims: vec![Seen {
            record,
            version: 7,
            lease,
        }],
    }
}

fn word(decision: &Decision) -> &'static str {
    match &decision.outcome {
        Outcome::Held(_) => "held",
        Outcome::Renewed(_) => "renewed",
        Outcome::TakenOver(_, Why::Expired) => "taken over, expired",
        Outcome::TakenOver(_, Why::Fenced) => "taken over, fenced",
        Outcome::Released(_) => "released",
        Outcome::NotHeld => "not held",
        Outcome::Conflict(_) => "conflict",
        Outcome::Refused(_) => "refused",
    }
}

const LIVE: Lease = Lease::Live(None);
const CLAIM: Action = Action::Claim;
const TAKE: Action = Action::TakeOver { fenced: false };
const TAKE_FENCED: Action = Action::TakeOver { fenced: true };
const RELEASE: Action = Action::Release { fenced: false };
const RELEASE_FENCED: Action = Action::Release { fenced: true };

/// The second table of docs/claims.md.
#[test]
fn what_comes_of_a_request() {
    let (own, other) = (host("boot", "u b m r"), host("other", "U B M r"));
    for (action, nobody, this, live, expired) in [
        (CLAIM, "held", "renewed", "conflict", "taken over, expired"),
        (TAKE, "held", "renewed", "refused", "taken over, expired"),
        (
            TAKE_FENCED,
            "held",
            "renewed",
            "taken over, fenced",
            "taken over, expired",
        ),
        (RELEASE, "not held", "released", "refused", "refused"),
        (
            RELEASE_FENCED,
            "not held",
            "released",
            "released",
            "released",
        ),
    ] {
        let ask = |seen: &Snapshot| decide(&request(action, own.clone()), seen);
        for (seen, expected) in [
            (Snapshot::default(), nobody),
            (held(&own, LIVE), this),
            (held(&own, Lease::Expired), this),
            (held(&other, LIVE), live),
            (held(&other, Lease::Expired), expired),
        ] {
            let decision = ask(&seen);
            assert_eq!(word(&decision), expected, "{action:?} {seen:?}");
            let writes = !matches!(expected, "conflict" | "refused" | "not held");
            assert_eq!(decision.change.is_some(), writes, "{action:?}");
        }
    }
}

/// The first table of docs/claims.md.
#[test]
fn who_is_the_holder() {
    use Likeness::{
        Clone, OtherInstallation, PartsChanged, SameBoot, SameMachine, SameName, TwoMachines,
        Unknown,
    };
    for (holder, claimant, expected) in [
        (host("1", "u b m r"), host("1", "u b m r"), SameBoot),
        (host("1", "u b m r"), host("2", "u b m r"), SameMachine),
        (host("1", "u ? m r"), host("2", "u ? m r"), SameMachine),
        // Early in the boot, before the network drivers.
        (host("1", "u b m r"), host("2", "u b ? r"), SameMachine),
        // The board replaced, its UUID kept.
        (host("1", "u b m r"), host("2", "u B m r"), PartsChanged),
        (host("1", "u b m r"), host("2", "u b m R"), PartsChanged),
        // A machine that is a copy, also of its memory.
        (host("1", "u b m r"), host("2", "U B M r"), Clone),
        (host("1", "u ? m r"), host("1", "U ? m r"), Clone),
        (host("1", "u ? m r"), host("2", "u ? M r"), Clone),
        // The boot before the last one is over.
        (host("2", "u b m r"), host("left", "u b m r"), TwoMachines),
        // Nothing of the machine itself can be compared.
        (host("1", "? ? ? r"), host("2", "? ? ? r"), Unknown),
        (host("1", "? ? ? ?"), host("2", "? ? ? ?"), Unknown),
        (host("1", "u ? ? ?"), host("2", "? b ? ?"), Unknown),
        (host("?", "? ? ? ?"), host("2", "? ? ? ?"), Unknown),
        (host("?", "? ? ? ?"), host("?", "? ? ? ?"), SameName),
    ] {
        let found = holder.likeness(&["left".to_owned()], &claimant);
        assert_eq!(found, expected, "{holder:?} {claimant:?}");
    }
    let mut pinned = host("1", "u b m r");
    pinned.seed = Some("another".into());
    assert_eq!(
        host("1", "u b m r").likeness(&[], &pinned),
        OtherInstallation
    );
    let (one, mut other) = (host("?", "? ? ? ?"), host("?", "? ? ? ?"));
    other.name = "other".into();
    assert_eq!(one.likeness(&[], &other), Unknown);
}

/// A cluster vouches for its nodes: another one is another host, and the same one is the same where nothing
/// else can be compared. What the hardware says against it counts all the same.
#[test]
fn a_node_is_told_by_its_registration() {
    use Likeness::{
        Clone, OtherInstallation, OtherNode, SameBoot, SameMachine, SameNode, TwoMachines, Unknown,
    };
    let on = |mut holder: Holder, name: &str, uid: &str| {
        holder.node = Some(Node {
            name: name.into(),
            uid: uid.into(),
        });
        holder
    };
    for (claimant, expected) in [
        (on(host("1", "u b m r"), "a", "1"), SameBoot),
        (on(host("2", "u b m r"), "a", "1"), SameMachine),
        // Registered again.
        (on(host("2", "u b m r"), "a", "2"), SameMachine),
        (on(host("2", "? ? ? ?"), "a", "1"), SameNode),
        (on(host("2", "? ? ? r"), "a", "1"), SameNode),
        (on(host("2", "? ? ? r"), "a", "2"), Unknown),
        (on(host("2", "U B M r"), "a", "1"), Clone),
        (on(host("left", "u b m r"), "a", "1"), TwoMachines),
        // One machine that has two names, or two that cannot be told apart.
        (on(host("1", "u b m r"), "b", "2"), OtherNode),
        (on(host("2", "u b m r"), "b", "2"), OtherNode),
        // A claim that no cluster vouches for.
        (host("2", "u b m r"), SameMachine),
        (host("2", "? ? ? ?"), Unknown),
    ] {
        let holder = on(host("1", "u b m r"), "a", "1");
        let found = holder.likeness(&["left".to_owned()], &claimant);
        assert_eq!(found, expected, "{claimant:?}");
    }
    let holder = on(host("1", "u b m r"), "a", "1");
    let mut reinstalled = on(host("2", "u b m r"), "a", "1");
    reinstalled.seed = Some("another".into());
    assert_eq!(holder.likeness(&[], &reinstalled), SameNode);
    reinstalled.node.as_mut().unwrap().uid = "2".into();
    assert_eq!(holder.likeness(&[], &reinstalled), OtherInstallation);
}

#[test]
fn a_renewal_writes_nothing_unless_something_changed() {
    let own = host("1", "u b m r");
    let seen = held(&own, LIVE);
    let ask = |holder: Holder| decide(&request(Action::Claim, holder), &seen).change;
    assert!(matches!(ask(own.clone()), Some(Change::Renew { .. })));
    // What cannot be seen this time is no change.
    assert!(matches!(
        ask(host("1", "u b ? r")),
        Some(Change::Renew { .. })
    ));
    for holder in [host("2", "u b m r"), host("1", "u B m r")] {
        let Some(Change::Put { record, ends, .. }) = ask(holder) else {
            panic!()
        };
        assert_eq!(record.id, seen.claims[0].record.id);
        assert_eq!(record.serial, 2);
        assert_eq!(ends, seen.claims);
    }
}

#[test]
fn a_claim_remembers_a_bounded_number_of_boots() {
    let mut record = held(&host("0", "u b m r"), LIVE).claims[0].record.clone();
    for boot in 1..100 {
        record = record.renewed(&host(&boot.to_string(), "u b m r"), None);
    }
    assert_eq!(record.left_boots.len(), 16);
    assert_eq!(record.left_boots.last().unwrap(), "98");
    assert_eq!(Record::parse(&record.bytes()), Ok(record));
}

/// A claim of a boot that came back may be taken over like anybody's, and not renewed.
#[test]
fn two_machines_are_told_apart_until_an_administrator_decides() {
    let seen = held(&host("2", "u b m r"), LIVE);
    let mut seen = seen.clone();
    seen.claims[0].record.left_boots = vec!["1".into()];
    for (action, expected) in [
        (CLAIM, "conflict"),
        (TAKE_FENCED, "taken over, fenced"),
        (RELEASE, "refused"),
    ] {
        let decision = decide(&request(action, host("1", "u b m r")), &seen);
        assert_eq!(word(&decision), expected);
    }
}
