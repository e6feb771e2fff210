use super::*;

fn evidence(seed: &str, firmware: Option<&str>, macs: &[&str]) -> Evidence {
    Evidence {
        seed: Some(seed.into()),
        firmware_uuid: firmware.map(Into::into),
        macs: macs.iter().map(|&mac| mac.into()).collect(),
        root_fs: Some("copied".into()),
        ..Evidence::default()
    }
}

#[test]
fn a_clone_is_told_from_a_renamed_node_and_from_a_copied_name() {
    let cases = [
        (
            evidence("s", Some("f"), &["m"]),
            evidence("s", Some("f"), &["m"]),
            Likeness::SameMachine,
        ),
        (
            evidence("s", Some("f"), &["m", "n"]),
            evidence("s", None, &["n"]),
            Likeness::SameMachine,
        ),
        (
            evidence("s", Some("f"), &["m"]),
            evidence("s", Some("g"), &["n"]),
            Likeness::Clone,
        ),
        // A copied file system proves nothing.
        (
            evidence("s", None, &[]),
            evidence("s", None, &[]),
            Likeness::Unknown,
        ),
        // A board was replaced, or a UUID was cloned with the machine: nobody can tell from here.
        (
            evidence("s", Some("f"), &["m"]),
            evidence("s", Some("f"), &["n"]),
            Likeness::Unknown,
        ),
        (
            evidence("s", Some("f"), &["m"]),
            evidence("t", Some("f"), &["m"]),
            Likeness::OtherSeed,
        ),
        (
            Evidence::default(),
            evidence("s", Some("f"), &["m"]),
            Likeness::Unknown,
        ),
    ];
    for (theirs, ours, expected) in cases {
        assert_eq!(likeness(&theirs, &ours), expected, "{theirs:?} {ours:?}");
    }
}

#[test]
fn two_spellings_of_one_name_are_one_claim() {
    let name = |kind, identifier| object_name(kind, identifier);
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

#[test]
fn only_the_own_claims_of_names_that_are_no_more_are_left_over() {
    let identity = Identity {
        host_id: Some("652f5d50-a689-4520-b87b-fe2552ef6b8b".into()),
        ..Identity::default()
    };
    let claim = |name: &str, holder: &str| ClaimReference {
        name: name.into(),
        holder: holder.into(),
    };
    let before = [
        claim("652f5d50-a689-4520-b87b-fe2552ef6b8b", "a"),
        claim("nqn-old", "a"),
        claim("iqn-old", "b"),
    ];
    assert_eq!(left_over(&before, &identity, "a"), ["nqn-old"]);
}
