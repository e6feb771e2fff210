//! What is the API server's store's own: a claim is three objects, made one after the other.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use kube::ResourceExt as _;
use kube::api::PostParams;
use libtest_mimic::Trial;
use sanid_fleet::claims::{Action, Holder, Identity, Node, Request, Snapshot, Store as _};
use sanid_kube::api::Address;
use sanid_kube::claims::{ANNOTATION, Claimant, KubeStore, Standing};
use sanid_kube::resources::{NodeReference, StorageIdentityClaim, object_name};
use serde_json::Value;

use crate::cluster::{Cluster, block};
use crate::node::Admin;
use crate::store::{NAMES, Rooms, address};
use crate::support::{self, claim, granted, host, identity, mixed, rivals};
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

/// Names far from those of the conformance rules.
fn names(number: u32) -> Identity {
    identity(NAMES + number)
}

fn objects_of(identity: &Identity) -> Vec<String> {
    use sanid_kube::resources::IdentifierType::{HostID, HostNQN, InitiatorName};
    vec![
        object_name(HostID, identity.host_id()),
        object_name(HostNQN, identity.host_nqn()),
        object_name(InitiatorName, identity.iqn()),
    ]
}

fn exactly(cluster: &Cluster) {
    let (claimed, mut store) = block(async {
        let (node, mut claimant, asked) = claimant(cluster, "exactly").await;
        claimant.claim(&names(1), &on(&node)).await.unwrap();
        let admin = Admin::new(cluster.admin().await);
        let found = admin.claim(names(1).host_id()).await.unwrap();
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
        let held = first.claim(&names(10), &on(&one)).await.unwrap();
        assert_eq!(held.standing, Standing::Held);
        let base = NAMES;
        // One shares the initiator name, which comes after the host NQN; one the Host ID, which is the last.
        for wanted in [
            mixed(base + 10, base + 11, base + 11),
            mixed(base + 12, base + 12, base + 10),
        ] {
            let claims = second.claim(&wanted, &on(&two)).await.unwrap();
            assert!(
                matches!(claims.standing, Standing::Conflict(_)),
                "{claims:?}"
            );
            for name in objects_of(&wanted) {
                let there = admin.claim(&name).await;
                let node = there.map(|one| one.spec.holder.node.name);
                assert_ne!(node.as_deref(), Some("second-of-two"), "{name} is left");
            }
        }
        let again = first.claim(&names(10), &on(&one)).await.unwrap();
        assert_eq!(again.standing, Standing::Held);
    });
}

fn renewal(cluster: &Cluster) {
    block(async {
        let admin = Admin::new(cluster.admin().await);
        let (node, mut claimant, asked) = claimant(cluster, "renewal").await;
        claimant.claim(&names(20), &on(&node)).await.unwrap();
        let versions = || async {
            let mut versions = Vec::new();
            for name in objects_of(&names(20)) {
                versions.push(admin.claim(&name).await.unwrap().resource_version());
            }
            versions
        };
        let requests = || asked.requests().lock().unwrap().clone();
        let (before, counted) = (versions().await, requests());
        assert_eq!(counted, BTreeMap::from([("create", 3)]), "a first claim");
        for _ in 0..6 {
            let claims = claimant.claim(&names(20), &on(&node)).await.unwrap();
            assert_eq!(claims.standing, Standing::Held);
        }
        assert_eq!(versions().await, before);
        assert_eq!(requests(), BTreeMap::from([("create", 3), ("get", 6)]));
        // A boot is a change: one write, of the object of the Host ID.
        let rebooted = support::booted(&on(&node), 2);
        claimant.claim(&names(20), &rebooted).await.unwrap();
        let after = versions().await;
        assert_eq!((before[0] == after[0], &before[1..]), (false, &after[1..]));
        assert_eq!(requests().get("update"), Some(&1));
    });
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
            let error = waiting
                .claim(&names(number), &on(&other))
                .await
                .unwrap_err();
            assert!(
                error
                    .to_string()
                    .contains("kubectl delete node died-half-way"),
                "{error}"
            );
        }
        // Started again, the agent of the node finishes what is its own.
        let claims = anew.claim(&names(30), &on(&dead)).await.unwrap();
        assert_eq!(claims.standing, Standing::Held);
        let claims = waiting.claim(&names(30), &on(&other)).await.unwrap();
        assert!(
            matches!(claims.standing, Standing::Conflict(_)),
            "{claims:?}"
        );
        // What it never comes back to goes with its node.
        admin.delete_node("died-half-way").await;
        let begin = Instant::now();
        while waiting
            .claim(&names(31), &on(&other))
            .await
            .map(|one| one.standing)
            != Ok(Standing::Held)
        {
            assert!(begin.elapsed() < Duration::from_secs(60), "it stays");
        }
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
    pending(names(50).host_id(), names(51).host_id(), "never written");
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
        let object = admin.claim(sharing.host_id()).await.unwrap();
        object.annotations()[ANNOTATION].clone()
    });
    let anchor: Value = serde_json::from_str(&text).unwrap();
    let token = anchor["token"].as_str().unwrap();
    granted(&claim(&mut store, &names(52), &host("ended")));
    pending(names(52).host_id(), sharing.host_id(), token);
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
            claimant.claim(&names(60), &holder).await.unwrap();
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
