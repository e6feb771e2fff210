use super::*;
use crate::testing::facts;

/// UUID, board serial number, MAC addresses, root file system: `=` the same, `x` another, `?` not known.
fn comparison(text: &str) -> Comparison {
    let mut all = text.chars().map(|char| match char {
        '=' => Match::Same,
        'x' => Match::Different,
        _ => Match::Unknown,
    });
    let mut next = || all.next().unwrap();
    Comparison {
        firmware_uuid: next(),
        board_serial: next(),
        macs: next(),
        root_fs: next(),
    }
}

/// The cases of docs/clones.md; its table is checked against this one.
const CASES: &[(&str, &str, i32, Verdict)] = &[
    ("the same server", "====", 9, Verdict::SameHost),
    ("the same virtual machine", "=?==", 5, Verdict::SameHost),
    (
        "early in the boot, before the network drivers",
        "==?=",
        6,
        Verdict::SameHost,
    ),
    ("a snapshot rolled back", "=?==", 5, Verdict::SameHost),
    ("a cloud instance resized", "=?==", 5, Verdict::SameHost),
    (
        "the only NIC of a server replaced",
        "==x=",
        3,
        Verdict::PartsChanged,
    ),
    ("one NIC of several replaced", "====", 9, Verdict::SameHost),
    (
        "the board replaced, its UUID kept by the service processor, new on-board NICs",
        "=xx=",
        0,
        Verdict::PartsChanged,
    ),
    (
        "the board replaced, its UUID kept, NICs on cards",
        "=x==",
        6,
        Verdict::PartsChanged,
    ),
    (
        "the UUID set anew by a firmware update",
        "x===",
        4,
        Verdict::PartsChanged,
    ),
    (
        "the system copied to a larger disk",
        "===x",
        8,
        Verdict::PartsChanged,
    ),
    (
        "the board replaced, a new UUID, new on-board NICs",
        "xxx=",
        -9,
        Verdict::CloneSuspected,
    ),
    (
        "the board replaced, a new UUID, NICs on cards",
        "xx==",
        -3,
        Verdict::CloneSuspected,
    ),
    (
        "the disk moved to another server",
        "xxx=",
        -9,
        Verdict::CloneSuspected,
    ),
    (
        "a virtual machine cloned, new UUID and MAC addresses",
        "x?x=",
        -7,
        Verdict::CloneSuspected,
    ),
    (
        "a virtual machine cloned, new UUID, MAC addresses kept",
        "x?==",
        -1,
        Verdict::CloneSuspected,
    ),
    (
        "a virtual machine cloned, UUID kept, new MAC addresses",
        "=?x=",
        -1,
        Verdict::CloneSuspected,
    ),
    (
        "the only NIC of a virtual machine replaced",
        "=?x=",
        -1,
        Verdict::CloneSuspected,
    ),
    (
        "files copied to a board without a UUID",
        "??xx",
        -4,
        Verdict::CloneSuspected,
    ),
    ("nothing known of one side", "????", 0, Verdict::Unknown),
];

#[test]
fn each_worked_case_has_its_weight_and_verdict() {
    for (case, text, weight, verdict) in CASES {
        let comparison = comparison(text);
        assert_eq!(comparison.weight(), *weight, "{case}");
        assert_eq!(comparison.verdict(), *verdict, "{case}");
    }
}

#[test]
fn the_documented_table_is_this_one() {
    let page = include_str!("../../../../docs/clones.md");
    for (case, text, weight, verdict) in CASES {
        let cells: Vec<String> = text.chars().map(String::from).collect();
        let row = format!(
            "| {case} | `{}` | {weight} | `{}` |",
            cells.join(" "),
            verdict.as_str()
        );
        assert!(page.contains(&row), "docs/clones.md lacks: {row}");
    }
}

fn evidence(uuid: &str, serial: &str, macs: &[&str], root_fs: &str) -> Evidence {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Evidence {
        firmware_uuid: some(uuid),
        board_serial: some(serial),
        macs: macs.iter().map(ToString::to_string).collect(),
        root_fs: some(root_fs),
    }
}

/// Every evidence that differs makes it less the same host, and every one that is the same makes it more.
#[test]
fn no_evidence_speaks_for_the_wrong_side() {
    for uuid in "x?=".chars() {
        for serial in "x?=".chars() {
            for fs in "x?=".chars() {
                let weight = |mac| comparison(&format!("{uuid}{serial}{mac}{fs}")).weight();
                assert!(weight('x') < weight('?') && weight('?') < weight('='));
                let weight = |uuid| comparison(&format!("{uuid}{serial}?{fs}")).weight();
                assert!(weight('x') < weight('='), "{serial} {fs}");
            }
        }
    }
}

#[test]
fn one_mac_address_that_is_still_there_is_enough_and_none_seen_proves_nothing() {
    let recorded = evidence("", "", &["a", "b"], "");
    for (seen, expected) in [
        (&["a", "b"][..], Match::Same),
        (&["b", "c"], Match::Same),
        (&["c"], Match::Different),
        (&[], Match::Unknown),
    ] {
        let found = compare(&recorded, &evidence("", "", seen, ""));
        assert_eq!(found.macs, expected, "{seen:?}");
    }
}

#[test]
fn a_record_is_made_once_and_filled_and_what_differs_is_left() {
    let stored = |recorded: HardwareState, seen: Evidence| {
        let mut facts = facts();
        facts.hardware = Observed::Saw(HardwareFacts {
            recorded,
            seen,
            unseen: Vec::new(),
        });
        to_store(&facts).map(|record| record.evidence)
    };
    let seen = evidence("u", "s", &["m"], "r");
    let present = |evidence| HardwareState::Present(evidence);
    assert_eq!(
        stored(HardwareState::Unknown, seen.clone()),
        None,
        "not looked at"
    );
    assert_eq!(
        stored(HardwareState::Missing, Evidence::default()),
        None,
        "an image"
    );
    assert_eq!(
        stored(HardwareState::Missing, seen.clone()),
        Some(seen.clone())
    );
    assert_eq!(
        stored(HardwareState::Invalid("x".into()), seen.clone()),
        Some(seen.clone())
    );
    assert_eq!(stored(present(seen.clone()), seen.clone()), None);
    let early = evidence("u", "s", &[], "");
    assert_eq!(stored(present(early), seen.clone()), Some(seen.clone()));
    let nic = evidence("u", "s", &["other"], "r");
    assert_eq!(
        stored(present(nic), seen.clone()),
        None,
        "for the administrator to accept"
    );
    let clone = evidence("v", "", &[], "");
    assert_eq!(
        stored(present(clone), seen),
        None,
        "a clone is not taken for the host"
    );
}
