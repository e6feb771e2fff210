//! This version understands the claims that earlier versions wrote to an API server (tests/compat/README.md).

use kube::ResourceExt as _;
use sanid_claims::{Action, Change, Holder, Identity, Kind, Request, Snapshot, What, decide};
use serde::Deserialize;
use serde_json::Value;

use super::state::{Anchor, FoundAnchor, FoundPiece};
use crate::resources::{IdentifierType, StorageIdentityClaim};

const CLUSTERS: [&str; 2] = [
    include_str!("../../../../tests/compat/0.1/kube/cluster.json"),
    include_str!("../../../../tests/compat/0.2/kube/cluster.json"),
];

fn objects(cluster: &str) -> Vec<StorageIdentityClaim> {
    let cluster: Value = serde_json::from_str(cluster).unwrap();
    let items = cluster["items"].as_array().unwrap().iter();
    items
        .filter(|item| item["kind"] == "StorageIdentityClaim")
        .map(|item| serde_json::from_value(item.clone()).unwrap())
        .collect()
}

fn anchors(cluster: &str) -> Vec<FoundAnchor> {
    let objects = objects(cluster).into_iter();
    objects
        .filter(|object| object.spec.r#type == IdentifierType::HostID)
        .map(|object| FoundAnchor::parse(object).unwrap())
        .collect()
}

#[test]
fn anchors_hold_their_claim_and_history() {
    for cluster in CLUSTERS {
        let mut found: Vec<(String, u64, Vec<What>)> = anchors(cluster)
            .iter()
            .map(|found| {
                let record = found.anchor.record.as_ref().unwrap();
                assert_eq!(record.identity.anchor().name, found.object.name_any());
                assert_eq!(record.lease_seconds, None);
                let node = record.holder.node.as_ref().unwrap();
                assert_eq!(node.name, found.object.spec.holder.node.name);
                assert_eq!(node.uid, found.object.spec.holder.node.uid);
                let history: Vec<_> = found.history().collect();
                let last = history.last().unwrap();
                assert_eq!(last.sequence, found.generation);
                assert_eq!(last.event.claim, record.id);
                let whats = history.iter().map(|stored| stored.event.what).collect();
                (node.name.clone(), record.serial, whats)
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let expected: [(&str, u64, &[What]); 4] = [
            // Booted again.
            ("node-1", 2, &[What::Claimed, What::Changed]),
            ("node-3", 1, &[What::Claimed]),
            ("node-4", 1, &[What::Claimed]),
            // Another initiator name.
            ("node-5", 1, &[What::Claimed, What::Claimed]),
        ];
        let expected =
            expected.map(|(node, serial, whats)| (node.to_owned(), serial, whats.to_vec()));
        assert_eq!(found, expected);
    }
}

/// The pieces of an unfinished claim belong to no anchor.
#[test]
fn pieces_belong_to_their_anchors() {
    for cluster in CLUSTERS {
        let anchors = anchors(cluster);
        let mut unfinished = Vec::new();
        for object in objects(cluster) {
            if object.spec.r#type == IdentifierType::HostID {
                continue;
            }
            let node = object.spec.holder.node.name.clone();
            let piece = FoundPiece::parse(object).unwrap();
            let anchor = anchors
                .iter()
                .find(|found| found.object.name_any() == piece.pointer.anchor);
            match anchor {
                Some(found) => assert!(found.anchor.knows(&piece.pointer), "{node}"),
                None => unfinished.push(node),
            }
        }
        assert_eq!(unfinished, ["node-6", "node-6"]);
    }
}

#[test]
fn an_unknown_field_of_an_anchor_is_lost_at_the_next_write() {
    let anchor = anchors(CLUSTERS[0]).swap_remove(0);
    let mut object = anchor.object.clone();
    let annotations = object.annotations_mut();
    let text = annotations[super::ANNOTATION].clone();
    let newer = text.replacen('{', r#"{"parts":["nfs4"],"#, 1);
    annotations.insert(super::ANNOTATION.into(), newer);
    let found = FoundAnchor::parse(object).unwrap();
    assert_eq!(found.anchor, anchor.anchor);
    let written = found.with(&found.same());
    assert!(!written.annotations()[super::ANNOTATION].contains("parts"));
}

/// Every member that an agent of version 0.1 needs of an anchor's record.
#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only whether it can be read matters")]
struct Anchor01 {
    record: Option<Record01>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(dead_code, reason = "only whether it can be read matters")]
struct Record01 {
    id: String,
    iqn: String,
    host_nqn: String,
    host_id: String,
    serial: u64,
}

/// An agent of version 0.1 reads the anchor before it writes to it or takes it for free, and reports an object that it
/// cannot read by its name.
#[test]
fn an_agent_of_the_first_version_refuses_a_claim_of_other_kinds() {
    let anchor = anchors(CLUSTERS[0]).swap_remove(0);
    let reads = |identity: &Identity| {
        let request = Request::new(Action::Claim, identity.clone(), Holder::default(), None);
        let Some(Change::Put { record, event, .. }) = decide(&request, &Snapshot::default()).change
        else {
            panic!("nothing to write");
        };
        let object = anchor.with(&Anchor::changed(None, Some(record), event));
        let text = &object.annotations()[super::ANNOTATION];
        assert!(FoundAnchor::parse(object.clone()).is_ok());
        serde_json::from_str::<Anchor01>(text)
    };
    let whole = anchor.anchor.record.as_ref().unwrap().identity.clone();
    assert!(reads(&whole).is_ok());
    let names: Vec<(Kind, &str)> = whole
        .names()
        .map(|one| (one.kind.clone(), one.name.as_str()))
        .collect();
    let other = (Kind::parse("nfs4").unwrap(), "client-1");
    let wider = Identity::new(names.iter().cloned().chain([other])).unwrap();
    let is_iqn = |one: &(Kind, &str)| one.0 == Kind::Iqn;
    let iscsi = Identity::new(names.into_iter().filter(is_iqn)).unwrap();
    for identity in [wider, iscsi] {
        let error = reads(&identity).unwrap_err();
        assert!(error.to_string().contains("missing field `iqn`"), "{error}");
    }
}
