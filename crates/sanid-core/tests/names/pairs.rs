//! Host NQNs, Host IDs and what makes them a pair.

use sanid_core::{DENYLISTED_UUIDS, HostId, HostNqn, HostUuid, NameError, NvmePair, Rule};

const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
const OTHER: &str = "fc337778-3c44-4938-aaaf-501ded981e7b";

fn pair(nqn: &str, id: &str) -> NvmePair {
    NvmePair::new(HostNqn::parse(nqn).unwrap(), HostId::parse(id).unwrap())
}

#[test]
fn a_pair_matches_when_the_uuid_in_the_nqn_is_the_host_id() {
    for nqn in [
        "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
        "nqn.2014-08.org.nvmexpress:uuid:652F5D50-A689-4520-B87B-FE2552EF6B8B",
        "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b",
        "nqn.2017-11.dev.talos:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
    ] {
        assert!(pair(nqn, ID).matches(), "{nqn}");
        assert!(!pair(nqn, OTHER).matches(), "{nqn}");
    }
}

#[test]
fn an_nqn_without_a_uuid_goes_with_any_host_id() {
    for nqn in [
        "nqn.2014-08.com.example:host1",
        "nqn.2014-08.com.example",
        "nqn.2014-08.com.example:uuid:host1",
        "nqn.2014-08.com.example:uuid:652f5d50a6894520b87bfe2552ef6b8b",
    ] {
        assert!(pair(nqn, OTHER).matches(), "{nqn}");
        assert_eq!(NvmePair::from_host_nqn(HostNqn::parse(nqn).unwrap()), None);
    }
}

#[test]
fn either_half_gives_the_other() {
    let id = HostId::parse(ID).unwrap();
    let from_id = NvmePair::from_host_id(id);
    assert_eq!(from_id.host_nqn, HostNqn::from_uuid(&id.uuid()));
    assert_eq!(
        NvmePair::from_host_nqn(from_id.host_nqn.clone()),
        Some(from_id)
    );
    for nqn in [
        "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b",
        "nqn.2017-11.dev.talos:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
    ] {
        let from_nqn = NvmePair::from_host_nqn(HostNqn::parse(nqn).unwrap()).unwrap();
        assert_eq!(from_nqn.host_id, id);
        assert_eq!(from_nqn.host_nqn.as_str(), nqn);
    }
}

#[test]
fn rejects_a_pair_from_a_uuid_that_is_not_an_identity() {
    let nqn = "nqn.2014-08.com.example:uuid:00000000-0000-0000-0000-000000000000";
    assert_eq!(NvmePair::from_host_nqn(HostNqn::parse(nqn).unwrap()), None);
}

#[test]
fn only_the_two_uuid_forms_have_a_uuid_of_their_own() {
    let uuid = |text| HostNqn::parse(text).unwrap().uuid();
    let expected = Some(HostUuid::parse(ID).unwrap());
    assert_eq!(
        uuid("nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b"),
        expected
    );
    assert_eq!(
        uuid("nqn.2014-08.org.nvmexpress:uuid:652F5D50A6894520B87BFE2552EF6B8B"),
        expected
    );
    assert_eq!(
        uuid("nqn.2017-11.dev.talos:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b"),
        None
    );
}

#[test]
fn the_dashless_form_is_a_host_nqn_that_does_not_conform() {
    let old = HostNqn::dashless(&HostUuid::parse(ID).unwrap());
    assert_eq!(HostNqn::parse(old.as_str()).as_ref(), Ok(&old));
    assert_eq!(
        old.conformance().map_err(|error| error.rule()),
        Err(Rule::UuidForm)
    );
    let plain = HostNqn::parse("nqn.2014-08.com.example:host1").unwrap();
    assert_eq!(plain.conformance(), Ok(()));
}

#[test]
fn denylisted_uuids_are_refused_in_every_spelling_and_nothing_near_them_is() {
    for bytes in DENYLISTED_UUIDS {
        let uuid = HostUuid::from_bytes(bytes);
        assert!(HostId::from_uuid(uuid).is_err());
        assert!(HostId::parse(&uuid.to_string()).is_err());
        for name in [HostNqn::from_uuid(&uuid), HostNqn::dashless(&uuid)] {
            let error: NameError = HostNqn::parse(name.as_str()).unwrap_err();
            assert!(error.rule().code().starts_with("uuid-"));
        }
        let mut near = bytes;
        near[15] ^= 0x10;
        assert!(HostId::from_uuid(HostUuid::from_bytes(near)).is_ok());
    }
}

#[test]
fn uuids_print_in_both_forms_and_debug_readably() {
    let uuid = HostUuid::parse(ID).unwrap();
    assert_eq!(uuid.to_string(), ID);
    assert_eq!(uuid.simple().to_string(), ID.replace('-', ""));
    assert_eq!(format!("{uuid:>38}"), format!("  {ID}"));
    assert_eq!(format!("{uuid:?}"), format!("HostUuid({ID})"));
    assert_eq!(uuid.encode_simple(&mut [0; 32]), ID.replace('-', ""));
    assert_eq!(uuid.encode_hyphenated(&mut [0; 36]), ID);
    assert_eq!(ID.parse(), Ok(uuid));
}
