use sanid_host::hardware::Evidence;

use super::*;
use crate::resources::object_name;

fn holder(seed: &str, firmware: Option<&str>, macs: &[&str]) -> Holder {
    Holder {
        seed: Some(seed.into()),
        evidence: Evidence {
            firmware_uuid: firmware.map(Into::into),
            macs: macs.iter().map(|&mac| mac.into()).collect(),
            root_fs: Some("copied".into()),
            ..Evidence::default()
        },
        ..Holder::default()
    }
}

#[test]
fn a_clone_is_told_from_a_renamed_node_and_from_a_copied_name() {
    let cases = [
        (
            holder("s", Some("f"), &["m"]),
            holder("s", Some("f"), &["m"]),
            Hardware::SameMachine,
        ),
        (
            holder("s", Some("f"), &["m", "n"]),
            holder("s", None, &["n"]),
            Hardware::SameMachine,
        ),
        (
            holder("s", Some("f"), &["m"]),
            holder("s", Some("g"), &["n"]),
            Hardware::Clone,
        ),
        // A copied file system proves nothing.
        (
            holder("s", None, &[]),
            holder("s", None, &[]),
            Hardware::Unknown,
        ),
        // A board was replaced, or a UUID was cloned with the machine: nobody can tell from here.
        (
            holder("s", Some("f"), &["m"]),
            holder("s", Some("f"), &["n"]),
            Hardware::Unknown,
        ),
        (
            holder("s", Some("f"), &["m"]),
            holder("t", Some("f"), &["m"]),
            Hardware::OtherSeed,
        ),
        (
            Holder::default(),
            holder("s", Some("f"), &["m"]),
            Hardware::Unknown,
        ),
    ];
    for (theirs, ours, expected) in cases {
        assert_eq!(hardware(&theirs, &ours), expected, "{theirs:?} {ours:?}");
    }
}

#[test]
fn two_spellings_of_one_name_are_one_claim() {
    let name = |kind, identifier| object_name(&kind, identifier);
    assert_eq!(
        name(
            IdentifierType::InitiatorName,
            "iqn.2001-04.com.Example:HOST"
        ),
        name(
            IdentifierType::InitiatorName,
            "iqn.2001-04.com.example:host"
        ),
    );
    assert_eq!(
        name(
            IdentifierType::HostID,
            "652F5D50-A689-4520-B87B-FE2552EF6B8B"
        ),
        "652f5d50-a689-4520-b87b-fe2552ef6b8b",
    );
    // NQNs are compared byte for byte.
    assert_ne!(
        name(IdentifierType::HostNQN, "nqn.2014-08.com.Example:host"),
        name(IdentifierType::HostNQN, "nqn.2014-08.com.example:host"),
    );
}
