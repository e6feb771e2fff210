//! Sets of kinds: which are identities, in which order, and as which documents.

use proptest::prelude::*;
use serde_json::json;

use super::*;

const IQN: &str = "iqn.2016-04.com.open-iscsi:1";
const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

fn kind(word: &str) -> Kind {
    Kind::parse(word).unwrap()
}

fn set(names: &[(&str, &str)]) -> Identity {
    Identity::new(names.iter().map(|(word, name)| (kind(word), *name))).unwrap()
}

#[test]
fn the_anchor_is_the_first_kind_in_a_fixed_order() {
    let all = [
        ("zone", "z"),
        ("iqn", IQN),
        ("nfs4", "n"),
        ("hostnqn", NQN),
        ("hostid", ID),
    ];
    let order = ["hostid", "hostnqn", "iqn", "nfs4", "zone"];
    let identity = set(&all);
    let words: Vec<_> = identity
        .names()
        .map(|one| one.kind.word().to_owned())
        .collect();
    assert_eq!(words, order);
    for first in 0..order.len() {
        let some: Vec<_> = all
            .into_iter()
            .filter(|(word, _)| order[first..].contains(word))
            .collect();
        assert_eq!(set(&some).anchor().kind.word(), order[first]);
    }
    let upper = set(&[("iqn", "iqn.2016-04.com.Example:HOST")]);
    assert_eq!(upper.anchor().name, "iqn.2016-04.com.example:host");
    assert_eq!(upper.name(&Kind::Iqn), Some("iqn.2016-04.com.Example:HOST"));
}

#[test]
fn rejects_what_is_not_a_set_of_valid_names() {
    assert_eq!(Identity::new([]), Err(IdentityError::Empty));
    let twice = Identity::new([(kind("nfs4"), "a"), (kind("nfs4"), "b")]);
    assert_eq!(twice, Err(IdentityError::Twice(kind("nfs4"))));
    let words: Vec<String> = (0..9).map(|number| format!("k{number}")).collect();
    let many = |count: usize| Identity::new(words[..count].iter().map(|word| (kind(word), "n")));
    assert!(many(8).is_ok());
    assert_eq!(many(9), Err(IdentityError::Many(9)));
    let long = "n".repeat(224);
    for (word, name) in [
        ("iqn", "x"),
        ("hostnqn", ""),
        ("hostid", "652f5d50"),
        ("nfs4", ""),
        ("nfs4", "two words"),
        ("nfs4", "a\u{7f}"),
        ("nfs4", &long),
    ] {
        let error = Identity::new([(kind(word), name)]).unwrap_err();
        assert!(
            matches!(error, IdentityError::Invalid { .. }),
            "{word} {name:?}: {error}"
        );
    }
    let long = "k".repeat(33);
    for word in [
        "", "NFS4", "4nfs", "-nfs", "nfs 4", "nfs/4", "nqn", "anchor", &long,
    ] {
        assert!(
            matches!(Kind::parse(word), Err(IdentityError::Kind(_))),
            "{word:?}"
        );
    }
}

#[test]
fn a_document_has_a_member_for_each_kind_of_the_first_version_and_a_list_of_the_others() {
    for (identity, document) in [
        (
            set(&[("hostid", ID), ("hostnqn", NQN), ("iqn", IQN)]),
            json!({"iqn": IQN, "hostNqn": NQN, "hostId": ID}),
        ),
        (set(&[("iqn", IQN)]), json!({"iqn": IQN})),
        (
            set(&[("hostid", ID), ("hostnqn", NQN), ("nfs4", "n")]),
            json!({"hostNqn": NQN, "hostId": ID, "identifiers": [{"kind": "nfs4", "name": "n"}]}),
        ),
    ] {
        assert_eq!(serde_json::to_value(&identity).unwrap(), document);
        assert_eq!(
            serde_json::from_value::<Identity>(document).unwrap(),
            identity
        );
    }
    for document in [
        json!({}),
        json!({"iqn": IQN, "identifiers": [{"kind": "iqn", "name": IQN}]}),
        json!({"identifiers": [{"kind": "NFS", "name": "n"}]}),
        json!({"hostId": "x"}),
    ] {
        assert!(
            serde_json::from_value::<Identity>(document.clone()).is_err(),
            "{document}"
        );
    }
}

/// Any set of kinds that this version has no rules for.
pub(crate) fn any_identity() -> impl Strategy<Value = Identity> {
    let others = prop::collection::btree_map("[b-m][a-z0-9-]{0,20}", "[!-~]{1,40}", 0..4);
    let known = (any::<bool>(), any::<bool>(), any::<bool>());
    (known, others).prop_filter_map("an empty set", |((iqn, nqn, id), others)| {
        let known = [
            (iqn, Kind::Iqn, IQN),
            (nqn, Kind::HostNqn, NQN),
            (id, Kind::HostId, ID),
        ];
        let known = known
            .into_iter()
            .filter_map(|(has, kind, name)| has.then_some((kind, name)));
        let others = others
            .iter()
            .filter_map(|(word, name)| match Kind::parse(word) {
                Ok(kind @ Kind::Other(_)) => Some((kind, name.as_str())),
                _ => None,
            });
        Identity::new(known.chain(others)).ok()
    })
}

proptest! {
    #[test]
    fn every_set_is_read_as_it_was_written(identity in any_identity()) {
        let text = serde_json::to_string(&identity).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Identity>(&text).unwrap(), &identity);
        let kinds: Vec<_> = identity.names().map(|one| one.kind.clone()).collect();
        prop_assert!(kinds.is_sorted());
        prop_assert_eq!(Some(identity.anchor()), identity.identifiers().into_iter().next());
    }
}
