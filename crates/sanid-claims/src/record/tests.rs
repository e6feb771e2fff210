//! What a record is in a store, and what version 0.1 makes of it.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::identity::Kind;
use crate::identity::tests::any_identity;

/// Every member that version 0.1 needs of a record, as its reader has them: `Record` there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only whether it can be read matters")]
struct Release01 {
    api_version: String,
    kind: String,
    id: String,
    #[serde(flatten)]
    identity: Names01,
    holder: Holder,
    since: Timestamp,
    serial: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only whether it can be read matters")]
struct Names01 {
    iqn: String,
    host_nqn: String,
    host_id: String,
}

const IQN: &str = "iqn.2016-04.com.open-iscsi:1";
const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

fn record(identity: &Identity) -> Record {
    let now = Timestamp::default();
    Record::first(&"0".repeat(32), identity, &Holder::default(), None, now)
}

#[test]
fn what_the_first_version_can_express_is_written_as_it_wrote_it() {
    let record = record(&Identity::parse(IQN, NQN, ID).unwrap());
    let value: Value = serde_json::from_slice(&record.bytes()).unwrap();
    assert_eq!(value["apiVersion"], "sanid/v1");
    assert_eq!(
        (&value["iqn"], &value["hostNqn"]),
        (&IQN.into(), &NQN.into())
    );
    assert_eq!(
        (&value["hostId"], value.get("identity")),
        (&ID.into(), None)
    );
    let old: Release01 = serde_json::from_slice(&record.bytes()).unwrap();
    assert_eq!(old.identity.host_id, ID);
}

#[test]
fn a_record_that_has_lost_a_name_is_rejected() {
    let whole = record(&Identity::parse(IQN, NQN, ID).unwrap());
    for member in ["iqn", "hostNqn", "hostId"] {
        let mut value: Value = serde_json::from_slice(&whole.bytes()).unwrap();
        value.as_object_mut().unwrap().remove(member);
        let error = Record::parse(value.to_string().as_bytes()).unwrap_err();
        assert!(
            error.0.contains("neither iqn, hostNqn and hostId"),
            "{error}"
        );
    }
}

#[test]
fn a_record_of_a_later_version_is_rejected() {
    for names in [
        &[(Kind::Iqn, IQN), (Kind::HostNqn, NQN), (Kind::HostId, ID)][..],
        &[(Kind::Iqn, IQN)],
    ] {
        let mut later = record(&Identity::new(names.iter().cloned()).unwrap());
        assert!(Record::parse(&later.bytes()).is_ok());
        later.api_version = "sanid/v3".into();
        let error = Record::parse(&later.bytes()).unwrap_err();
        assert!(error.0.contains("apiVersion"), "{error}");
    }
}

proptest! {
    /// A claim that version 0.1 cannot express stops each of its readers, and so each of its writers.
    #[test]
    fn the_first_version_reads_exactly_what_it_can_express(identity in any_identity()) {
        let record = record(&identity);
        prop_assert_eq!(&Record::parse(&record.bytes()).unwrap(), &record);
        let old = serde_json::from_slice::<Release01>(&record.bytes());
        prop_assert_eq!(old.is_ok(), identity.is_of_first_version());
        if let Err(error) = old {
            prop_assert!(error.to_string().contains("missing field `iqn`"), "{}", error);
        }
    }
}
