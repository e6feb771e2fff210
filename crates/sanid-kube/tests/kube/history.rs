//! What the API server's store went through: every change of every object, read afterwards from etcd's own
//! history, and checked against a model.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use kube::Client;
use serde_json::{Value, json};

use crate::cluster::try_create;
use crate::support::PATIENCE;

/// One change of one object.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) kind: String,
    pub(crate) what: String,
    pub(crate) object: Value,
}

/// The present revision of the store.
pub(crate) async fn now(client: &Client) -> u64 {
    let list = get(client, "/api/v1/namespaces?limit=1").await;
    let list: Value = serde_json::from_str(&list).unwrap();
    list["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// Every change of nodes, identities and claims since a revision, in the store's order.
pub(crate) async fn since(client: &Client, revision: u64) -> Vec<Change> {
    let (nodes, identities, claims) = tokio::join!(
        of(client, "api/v1/nodes", revision),
        of(
            client,
            "apis/sanid.dev/v1alpha1/nodestorageidentities",
            revision
        ),
        of(
            client,
            "apis/sanid.dev/v1alpha1/storageidentityclaims",
            revision
        ),
    );
    let mut changes: Vec<Change> = [nodes, identities, claims].into_iter().flatten().collect();
    changes.sort_by_key(|change| change.revision);
    changes
}

/// The changes of one kind up to now: to a mark that is made now.
pub(crate) async fn of(client: &Client, resource: &str, revision: u64) -> Vec<Change> {
    let (name, last) = mark(client, resource).await;
    // The server does not mark the end of what it sends, so it is asked for longer and longer.
    let mut seconds = 1;
    loop {
        let path =
            format!("/{resource}?watch=true&resourceVersion={revision}&timeoutSeconds={seconds}");
        let mut changes: Vec<Change> = get(client, &path).await.lines().map(change).collect();
        if changes.iter().any(|change| change.revision == last) {
            changes.retain(|change| change.object["metadata"]["name"] != name);
            return changes;
        }
        seconds *= 2;
        assert!(
            seconds < PATIENCE.as_secs(),
            "{resource}: the change {last} is not told"
        );
    }
}

fn change(line: &str) -> Change {
    let mut event: Value = serde_json::from_str(line).unwrap();
    let object = event["object"].take();
    assert_ne!(event["type"], "ERROR", "{object}");
    Change {
        revision: revision(&object),
        kind: object["kind"].as_str().unwrap().to_owned(),
        what: event["type"].as_str().unwrap().to_owned(),
        object,
    }
}

fn revision(object: &Value) -> u64 {
    let version = object["metadata"]["resourceVersion"].as_str();
    version.unwrap().parse().unwrap()
}

/// An object without an owner that was made and removed again: its name and its revision.
async fn mark(client: &Client, resource: &str) -> (String, u64) {
    static NUMBER: AtomicU64 = AtomicU64::new(0xcafe_0000_0000);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let uuid = format!("00000000-0000-4000-8000-{number:012x}");
    let node = json!({"name": format!("mark-{number:x}"), "uid": uuid});
    let (version, kind, name, spec) = match resource.rsplit('/').next().unwrap() {
        "nodes" => ("v1", "Node", &node["name"], json!({})),
        "nodestorageidentities" => (
            "sanid.dev/v1alpha1",
            "NodeStorageIdentity",
            &node["name"],
            json!({"node": node}),
        ),
        _ => (
            "sanid.dev/v1alpha1",
            "StorageIdentityClaim",
            &node["uid"],
            json!({"type": "HostID", "identifier": uuid, "holder": {"node": node}}),
        ),
    };
    let object = json!({
        "apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec,
    });
    let made = try_create(client, &object).await.unwrap();
    let name = name.as_str().unwrap().to_owned();
    let request = http::Request::delete(format!("/{resource}/{name}"));
    let gone = client.request_text(request.body(Vec::new()).unwrap()).await;
    gone.unwrap();
    (name, revision(&made))
}

async fn get(client: &Client, path: &str) -> String {
    let request = http::Request::get(path).body(Vec::new()).unwrap();
    let answer = tokio::time::timeout(PATIENCE, client.request_text(request)).await;
    answer.expect("the API server ends its answer").unwrap()
}

/// Goes through the history with a model of what may be, and returns how often an identifier found a holder.
///
/// Never two: a claim appears only where there is none, never changes its holder or its identifier, and a node
/// says Unique only while it holds a claim of each of its identifiers. What belongs to a node that is deleted
/// says nothing any more: the garbage collector deletes it in any order.
///
/// Only what is about these nodes: other tests are at work at the same time.
pub(crate) fn check(changes: &[Change], nodes: &str) -> usize {
    let mut holders: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut unique: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut taken = 0;
    let about = |change: &&Change| {
        let object = &change.object;
        let claims = change.kind == "StorageIdentityClaim";
        let node = if claims {
            &object["spec"]["holder"]["node"]
        } else {
            &object["metadata"]
        };
        node["name"].as_str().unwrap().starts_with(nodes)
    };
    for change in changes.iter().filter(about) {
        let Change {
            revision,
            kind,
            what,
            object,
        } = change;
        let name = object["metadata"]["name"].as_str().unwrap().to_owned();
        if kind == "Node" {
            if what == "DELETED" {
                unique.remove(&name);
            }
        } else if kind == "StorageIdentityClaim" {
            let spec = &object["spec"];
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let claim = (
                text(&spec["holder"]["node"]["uid"]),
                text(&spec["identifier"]),
            );
            match what.as_str() {
                "ADDED" => {
                    let before = holders.insert(name.clone(), claim);
                    assert_eq!(before, None, "{revision}: {name} has a second holder");
                    taken += 1;
                }
                "MODIFIED" => {
                    assert_eq!(
                        holders.get(&name),
                        Some(&claim),
                        "{revision}: {name} changed hands"
                    );
                }
                _ => {
                    let before = holders.remove(&name);
                    assert_eq!(
                        before,
                        Some(claim),
                        "{revision}: {name} is deleted, and was not so"
                    );
                    let boasts = unique.iter().find(|(_, claims)| claims.contains(&name));
                    assert_eq!(
                        boasts, None,
                        "{revision}: {name} is deleted under a unique node"
                    );
                }
            }
        } else {
            unique.remove(&name);
            let conditions = object["status"]["conditions"].as_array();
            let says = conditions
                .into_iter()
                .flatten()
                .any(|one| one["type"] == "Unique" && one["status"] == "True");
            if says && what != "DELETED" {
                let own = object["spec"]["node"]["uid"].as_str().unwrap();
                let claims = object["status"]["claims"].as_array().unwrap();
                assert_eq!(claims.len(), 3, "{revision}: {name} says Unique: {object}");
                let names: Vec<String> = claims
                    .iter()
                    .map(|one| one["name"].as_str().unwrap().to_owned())
                    .collect();
                for claim in &names {
                    let holder = holders.get(claim).map(|one| one.0.as_str());
                    assert_eq!(
                        holder,
                        Some(own),
                        "{revision}: {name} says Unique without {claim}"
                    );
                }
                unique.insert(name, names);
            }
        }
    }
    taken
}
