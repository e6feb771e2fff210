//! What is the API server's store's own: a claim is three objects, made one after the other.

use std::collections::BTreeMap;

use kube::ResourceExt as _;
use kube::api::PostParams;
use libtest_mimic::Trial;
use sanid_claims::{
    Action, Holder, Identity, Kind, Node, Request, Snapshot, Store as _, StoreError,
};
use sanid_kube::api::Address;
use sanid_kube::claims::{ANNOTATION, Claimant, Claims, KubeStore, Standing};
use sanid_kube::resources::{NodeReference, StorageIdentityClaim, object_name};
use serde_json::Value;

use crate::cluster::{Cluster, block, eventually};
use crate::node::Admin;
use crate::store::{NAMES, Rooms, address};
use crate::support::{self, claim, granted, host, identity, mixed, name_of, rivals};
use crate::{Shared, trial};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![
        trial(
            shared,
            "what_has_taken_its_place_is_neither_deleted_nor_replaced",
            exactly,
        ),
        trial(shared, "a_conflict_takes_back_what_was_staged", takes_back),
        trial(
            shared,
            "a_renewal_is_one_request_and_writes_nothing",
            renewal,
        ),
        trial(
            shared,
            "what_a_dead_agent_has_staged_is_its_own_nodes_to_finish",
            staged_by_a_node,
        ),
        trial(
            shared,
            "a_commit_that_comes_late_finds_the_way_barred",
            late_commit,
        ),
        trial(
            shared,
            "a_move_that_stopped_half_way_is_finished_or_undone",
            half_moved,
        ),
        trial(
            shared,
            "history_is_bounded_and_in_the_object_of_the_host_id",
            bounded_history,
        ),
    ]
}

/// A holder on a node that the cluster vouches for.
fn on(node: &NodeReference) -> Holder {
    Holder {
        node: Some(Node {
            name: node.name.clone(),
            uid: node.uid.clone(),
        }),
        ..host(&node.name)
    }
}

/// A node with the claims of its own, by the rights of the agents.
async fn claimant(
    cluster: &Cluster,
    name: &str,
) -> (NodeReference, Claimant, sanid_kube::api::Cluster) {
    let admin = Admin::new(cluster.admin().await);
    let node = NodeReference {
        name: name.into(),
        uid: admin.register(name).await,
    };
    let address = Address {
        token_file: Some(cluster.token(name).await),
        ..address(cluster, &cluster.url())
    };
    let asked = address.connect().await.unwrap();
    let claimant = Claimant::new(&asked, &node);
    (node, claimant, asked)
}

/// Claims. A call that has no answer in time goes on with the next one.
async fn claims(claimant: &mut Claimant, identity: &Identity, holder: &Holder) -> Claims {
    eventually("the claim is answered", async || {
        claimant.claim(identity, holder).await
    })
    .await
}

/// Names far from those of the conformance rules.
fn names(number: u32) -> Identity {
    identity(NAMES + number)
}

fn host_id(identity: &Identity) -> String {
    name_of(identity, &Kind::HostId)
}

fn objects_of(identity: &Identity) -> Vec<String> {
    use sanid_kube::resources::IdentifierType::{HostID, HostNQN, InitiatorName};
    vec![
        object_name(&HostID, &name_of(identity, &Kind::HostId)),
        object_name(&HostNQN, &name_of(identity, &Kind::HostNqn)),
        object_name(&InitiatorName, &name_of(identity, &Kind::Iqn)),
    ]
}

fn exactly(cluster: &Cluster) {
    let (claimed, mut store) = block(async {
        let (node, mut claimant, asked) = claimant(cluster, "exactly").await;
        claims(&mut claimant, &names(1), &on(&node)).await;
        let admin = Admin::new(cluster.admin().await);
        let found = admin.claim(&host_id(&names(1))).await.unwrap();
        drop(asked);
        (found, node)
    });
    let rooms = Rooms::new(cluster);
    let mut store = {
        let _inside = rooms.runtime.enter();
        let asked = rooms
            .runtime
            .block_on(address(cluster, &cluster.url()).connect());
        let node = std::mem::take(&mut store);
        KubeStore::new(&asked.unwrap(), Some(node))
    };
    let with = |uid: Option<&str>, version: Option<&str>| {
        let mut object = claimed.clone();
        if let Some(uid) = uid {
            object.metadata.uid = Some(uid.into());
        }
        if let Some(version) = version {
            object.metadata.resource_version = Some(version.into());
        }
        object
    };
    let other = "99999999-2222-4333-8444-555555555555";
    for (what, object) in [
        ("uid", with(Some(other), None)),
        ("version", with(None, Some("1"))),
    ] {
        assert_eq!(store.delete_exactly(&object), Ok(false), "another {what}");
        assert_eq!(store.replace_exactly(&object), Ok(false), "another {what}");
    }
    let mut touched = claimed.clone();
    touched.labels_mut().insert("a".into(), "b".into());
    assert_eq!(store.replace_exactly(&touched), Ok(true));
    assert_eq!(
        store.delete_exactly(&claimed),
        Ok(false),
        "it was written since"
    );
    let now = rooms.runtime.block_on(async {
        Admin::new(cluster.admin().await)
            .claim(&claimed.name_any())
            .await
    });
    assert_eq!(store.delete_exactly(&now.unwrap()), Ok(true));
    // Another node's is not touched, whatever the server would say.
    let mut theirs = claimed;
    theirs.spec.holder.node.name = "another".into();
    assert!(store.delete_exactly(&theirs).is_err());
}

fn takes_back(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (one, mut first, _) = claimant(cluster, "first-of-two").await;
        let (two, mut second, _) = claimant(cluster, "second-of-two").await;
        let held = claims(&mut first, &names(10), &on(&one)).await;
        assert_eq!(held.standing, Standing::Held);
        let base = NAMES;
        // One shares the initiator name, which comes after the host NQN; one the Host ID, which is the last.
        for wanted in [
            mixed(base + 10, base + 11, base + 11),
            mixed(base + 12, base + 12, base + 10),
        ] {
            let found = claims(&mut second, &wanted, &on(&two)).await;
            assert!(matches!(found.standing, Standing::Conflict(_)), "{found:?}");
            for name in objects_of(&wanted) {
                let there = admin.claim(&name).await;
                let node = there.map(|one| one.spec.holder.node.name);
                assert_ne!(node.as_deref(), Some("second-of-two"), "{name} is left");
            }
        }
        let again = claims(&mut first, &names(10), &on(&one)).await;
        assert_eq!(again.standing, Standing::Held);
    });
}

fn renewal(cluster: &Cluster) {
    block(async {
        let mut number = 20;
        // A call that has no answer in time is made again, which counts.
        eventually("every call was answered in time", async || {
            number += 1;
            counted_renewals(cluster, &names(number)).await
        })
        .await;
    });
}

async fn counted_renewals(cluster: &Cluster, identity: &Identity) -> Result<(), StoreError> {
    let admin = Admin::new(cluster.admin().await);
    let id = host_id(identity);
    let id = id.rsplit('-').next().unwrap();
    let (node, mut claimant, asked) = claimant(cluster, &format!("renewal-{id}")).await;
    claimant.claim(identity, &on(&node)).await?;
    let versions = || async {
        let mut versions = Vec::new();
        for name in objects_of(identity) {
            versions.push(admin.claim(&name).await.unwrap().resource_version());
        }
        versions
    };
    let requests = || asked.requests().lock().unwrap().clone();
    let (before, counted) = (versions().await, requests());
    let mut renewed = Vec::new();
    for _ in 0..6 {
        renewed.push(claimant.claim(identity, &on(&node)).await?.standing);
    }
    let (after, again) = (versions().await, requests());
    // A boot is a change: one write, of the object of the Host ID.
    let rebooted = support::booted(&on(&node), 2);
    claimant.claim(identity, &rebooted).await?;
    assert_eq!(counted, BTreeMap::from([("create", 3)]), "a first claim");
    assert_eq!(renewed, [const { Standing::Held }; 6]);
    assert_eq!(after, before);
    assert_eq!(again, BTreeMap::from([("create", 3), ("get", 6)]));
    let after = versions().await;
    assert_eq!((before[0] == after[0], &before[1..]), (false, &after[1..]));
    assert_eq!(requests().get("update"), Some(&1));
    Ok(())
}

/// The first objects of a claim, as an agent that was killed before the last of them leaves them.
async fn stage(
    cluster: &Cluster,
    node: Option<&NodeReference>,
    number: u32,
) -> Vec<StorageIdentityClaim> {
    let admin = Admin::new(cluster.admin().await);
    let asked = address(cluster, &cluster.url()).connect().await.unwrap();
    let request = Request::new(
        Action::Claim,
        names(number),
        node.map_or_else(|| host("dead"), on),
        None,
    );
    let objects = KubeStore::new(&asked, node.cloned()).first_objects(&request);
    for object in &objects[..2] {
        let made = admin.claims().create(&PostParams::default(), object).await;
        made.unwrap();
    }
    objects
}

fn staged_by_a_node(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (dead, mut anew, _) = claimant(cluster, "died-half-way").await;
        let (other, mut waiting, _) = claimant(cluster, "waits-for-it").await;
        for number in [30, 31] {
            stage(cluster, Some(&dead), number).await;
            eventually("it says who is in the way", async || {
                let found = waiting.claim(&names(number), &on(&other)).await;
                let words = "kubectl delete node died-half-way";
                match &found {
                    Ok(claims) => panic!("{claims:?}"),
                    Err(error) if error.to_string().contains(words) => Ok(()),
                    Err(_) => Err(found),
                }
            })
            .await;
        }
        // Started again, the agent of the node finishes what is its own.
        let held = claims(&mut anew, &names(30), &on(&dead)).await;
        assert_eq!(held.standing, Standing::Held);
        let found = claims(&mut waiting, &names(30), &on(&other)).await;
        assert!(matches!(found.standing, Standing::Conflict(_)), "{found:?}");
        // What it never comes back to goes with its node.
        admin.delete_node("died-half-way").await;
        eventually(
            "what the dead agent has staged is gone",
            async || match waiting.claim(&names(31), &on(&other)).await {
                Ok(claims) if claims.standing == Standing::Held => Ok(()),
                other => Err(other),
            },
        )
        .await;
    });
}

fn late_commit(cluster: &Cluster) {
    let rooms = Rooms::new(cluster);
    let objects = block(stage(cluster, None, 40));
    let mut store = rooms.store(cluster, &cluster.url());
    // Another Host ID, so that nobody claims the one that the late write is of.
    let wanted = mixed(NAMES + 40, NAMES + 40, NAMES + 41);
    granted(&claim(&mut store, &wanted, &host("second")));
    let late = rooms.runtime.block_on(async {
        let admin = Admin::new(cluster.admin().await);
        admin
            .claims()
            .create(&PostParams::default(), &objects[2])
            .await
    });
    match late {
        Err(kube::Error::Api(error)) if error.code == 409 => {}
        other => panic!("two hold the host NQN: {other:?}"),
    }
}

/// A claim that ends by one at another Host ID: stopped before that one was written, nothing has happened;
/// stopped after it, all has.
fn half_moved(cluster: &Cluster) {
    let rooms = Rooms::new(cluster);
    let mut store = rooms.store(cluster, &cluster.url());
    let admin = rooms
        .runtime
        .block_on(async { Admin::new(cluster.admin().await) });
    let pending = |host_id: &str, to: &str, token: &str| {
        rooms.runtime.block_on(async {
            let mut object = admin.claim(host_id).await.unwrap();
            let text = &object.annotations()[ANNOTATION];
            let mut anchor: Value = serde_json::from_str(text).unwrap();
            anchor["generation"] = object
                .resource_version()
                .unwrap()
                .parse::<u64>()
                .unwrap()
                .into();
            anchor["pending"] = serde_json::json!({"anchor": to, "claim": token});
            object
                .annotations_mut()
                .insert(ANNOTATION.into(), anchor.to_string());
            let done = admin
                .claims()
                .replace(host_id, &PostParams::default(), &object)
                .await;
            done.unwrap();
        });
    };
    let base = NAMES;
    granted(&claim(&mut store, &names(50), &host("old")));
    pending(&host_id(&names(50)), &host_id(&names(51)), "never written");
    let sharing = mixed(base + 50, base + 51, base + 51);
    assert_eq!(rivals(&claim(&mut store, &sharing, &host("new"))), ["old"]);
    granted(&claim(
        &mut store,
        &names(50),
        &support::booted(&host("old"), 2),
    ));

    // By a store that ended while it moved: what it wrote last decides.
    let fenced = Action::TakeOver { fenced: true };
    granted(&support::ask(&mut store, fenced, &sharing, &host("new")));
    let text = rooms.runtime.block_on(async {
        let object = admin.claim(&host_id(&sharing)).await.unwrap();
        object.annotations()[ANNOTATION].clone()
    });
    let anchor: Value = serde_json::from_str(&text).unwrap();
    let token = anchor["token"].as_str().unwrap();
    granted(&claim(&mut store, &names(52), &host("ended")));
    pending(&host_id(&names(52)), &host_id(&sharing), token);
    let mut fresh = rooms.store(cluster, &cluster.url());
    assert_eq!(fresh.read(&names(52)), Ok(Snapshot::default()));
    granted(&claim(&mut fresh, &names(52), &host("next")));
    assert_eq!(
        rivals(&claim(&mut fresh, &names(52), &host("ended"))),
        ["next"]
    );
}

fn bounded_history(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (node, mut claimant, _) = claimant(cluster, "boots-often").await;
        for boot in 1..=20 {
            let holder = support::booted(&on(&node), boot);
            claims(&mut claimant, &names(60), &holder).await;
        }
        for (index, name) in objects_of(&names(60)).iter().enumerate() {
            let object = admin.claim(name).await.unwrap();
            let state: Value = serde_json::from_str(&object.annotations()[ANNOTATION]).unwrap();
            let history = state["history"].as_array();
            if index > 0 {
                assert_eq!(history, None, "{name}");
                continue;
            }
            let history = history.unwrap();
            assert_eq!(history.len(), sanid_kube::claims::HISTORY);
            assert_eq!(history[15]["event"]["what"], "changed");
            assert_eq!(
                history[15]["event"]["holder"]["bootId"],
                "boots-often boot 20"
            );
            let numbers: Vec<u64> = history[..15]
                .iter()
                .map(|one| one["sequence"].as_u64().unwrap())
                .collect();
            assert!(
                numbers.windows(2).all(|pair| pair[0] < pair[1]),
                "{numbers:?}"
            );
        }
    });
}
