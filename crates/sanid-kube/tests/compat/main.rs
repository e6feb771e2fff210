//! This version reads the resources that earlier agents wrote to a cluster (tests/compat/README.md).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../../tests/compat/releases.rs"]
#[allow(dead_code, reason = "each test program uses a part of it")]
mod releases;
mod server;

use std::time::{Duration, Instant};

use releases::{Release, releases};
use sanid_claims::{Action, Holder, Identity, Outcome, Request, Seen, Store, StoreError, submit};
use sanid_kube::api::Address;
use sanid_kube::claims::KubeStore;
use sanid_kube::resources::{
    NodeReference, NodeStorageIdentity, StorageIdentityClaim, definitions, object_name,
};
use sanid_kube::status::{APPLIED, UNIQUE, VERIFIED, condition};
use serde_json::Value;
use server::Server;

fn items(release: &Release, kind: &str) -> Vec<Value> {
    let cluster = release.json("kube/cluster.json");
    let items = cluster["items"].as_array().unwrap().iter();
    items.filter(|item| item["kind"] == kind).cloned().collect()
}

fn nodes(release: &Release) -> Vec<NodeStorageIdentity> {
    let nodes = items(release, "NodeStorageIdentity").into_iter();
    nodes
        .map(|node| serde_json::from_value(node).unwrap())
        .collect()
}

#[test]
fn reads_the_status_of_every_node() {
    for release in releases() {
        let line = |node: &NodeStorageIdentity| {
            let status = node.status.as_ref().unwrap();
            let holds = |name| condition(status, name).unwrap().status.as_str();
            format!(
                "{} {} {} {} {} {}",
                node.spec.node.name,
                status.identity.clone().unwrap().host_id.unwrap(),
                holds(APPLIED),
                holds(VERIFIED),
                holds(UNIQUE),
                status.claims.len(),
            )
        };
        let found: Vec<String> = nodes(&release).iter().map(line).collect();
        // Node, Host ID, Applied, Verified, Unique, number of claims.
        let expected = [
            "node-1 652f5d50-a689-4520-b87b-fe2552ef6b8b True True True 3",
            "node-2 652f5d50-a689-4520-b87b-fe2552ef6b8b True True False 1",
            "node-3 a3b1c2d4-0000-4000-8000-0123456789ab True True True 3",
            "node-4 acd4408e-fd0f-4e28-8d4a-d56a6e5e8312 True True True 3",
            "node-5 4b91a3fb-1ab5-4603-899f-e0f256c8d49e True True True 3",
            "node-6 d2eec5be-61e5-457e-a63a-f0a1ecb0f70d True True Unknown 0",
            "node-7 a3b1c2d4-0000-4000-8000-0123456789ab False True False 1",
        ];
        assert_eq!(found, expected, "{}", release.version);
    }
}

#[test]
fn derives_the_same_object_names() {
    for release in releases() {
        for claim in items(&release, "StorageIdentityClaim") {
            let claim: StorageIdentityClaim = serde_json::from_value(claim).unwrap();
            let name = object_name(&claim.spec.r#type, &claim.spec.identifier);
            assert_eq!(claim.metadata.name.unwrap(), name);
        }
    }
}

/// The API server validates the whole object at each write, so an old object that the new definition rejects
/// could no longer be updated.
#[test]
fn old_objects_are_valid_and_lose_no_field() {
    for release in releases() {
        for definition in definitions() {
            let kind = definition.spec.names.kind.clone();
            let definition = serde_json::to_value(definition).unwrap();
            let version = &definition["spec"]["versions"][0];
            let schema = &version["schema"]["openAPIV3Schema"];
            let validator = jsonschema::validator_for(schema).unwrap();
            for item in items(&release, &kind) {
                let errors: Vec<_> = validator
                    .iter_errors(&item)
                    .map(|one| one.to_string())
                    .collect();
                assert!(errors.is_empty(), "{kind}: {errors:?}\n{item:#}");
                // The API server prunes fields that the schema does not name.
                for part in ["spec", "status"] {
                    if let Some(value) = item.get(part) {
                        named(
                            &schema["properties"][part],
                            value,
                            &format!("{kind}.{part}"),
                        );
                    }
                }
            }
        }
    }
}

fn named(schema: &Value, value: &Value, at: &str) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let inner = &schema["properties"][key];
                assert!(!inner.is_null(), "{at}.{key} would be pruned");
                named(inner, value, &format!("{at}.{key}"));
            }
        }
        Value::Array(values) => {
            for value in values {
                named(&schema["items"], value, at);
            }
        }
        _ => {}
    }
}

#[test]
fn definitions_keep_their_names_and_fields() {
    for release in releases() {
        let before = release.json("kube/definitions.json");
        for (before, now) in before["items"]
            .as_array()
            .unwrap()
            .iter()
            .zip(definitions())
        {
            let now = serde_json::to_value(now).unwrap();
            assert_eq!(before["metadata"]["name"], now["metadata"]["name"]);
            assert_eq!(before["spec"]["names"], now["spec"]["names"]);
            assert_eq!(before["spec"]["scope"], now["spec"]["scope"]);
            let schema = |definition: &Value| {
                let version = &definition["spec"]["versions"][0];
                assert_eq!(version["name"], "v1alpha1");
                version["schema"]["openAPIV3Schema"].clone()
            };
            fields(&schema(before), &schema(&now), "");
        }
    }
}

fn fields(before: &Value, now: &Value, at: &str) {
    for (key, inner) in before["properties"].as_object().into_iter().flatten() {
        let there = &now["properties"][key];
        assert!(!there.is_null(), "{at}.{key} is gone");
        assert_eq!(inner["type"], there["type"], "{at}.{key}");
        fields(inner, there, &format!("{at}.{key}"));
    }
    let required = |schema: &Value| schema["required"].as_array().cloned().unwrap_or_default();
    for key in required(now) {
        assert!(required(before).contains(&key), "{at} now needs {key}");
    }
    if before.get("items").is_some() {
        fields(&before["items"], &now["items"], at);
    }
}

/// Runs `body` with a store on a thread that may block.
fn with_store<T: Send + 'static>(
    server: &Server,
    owner: Option<NodeReference>,
    body: impl FnOnce(&mut KubeStore) -> T + Send + 'static,
) -> T {
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, "token").unwrap();
    let address = Address {
        server: Some(server.url()),
        token_file: Some(token.clone()),
        ca_file: Some(server.certificate()),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let cluster = address.connect().await.unwrap();
        let mut store = KubeStore::new(&cluster, owner);
        tokio::task::spawn_blocking(move || {
            store.wait_until(Instant::now() + Duration::from_secs(60));
            body(&mut store)
        })
        .await
        .unwrap()
    })
}

fn listed(store: &mut dyn Store) -> Vec<Seen> {
    let mut all = Vec::new();
    store.list(&mut |seen| all.push(seen)).unwrap();
    all.sort_by(|a, b| a.record.holder.name.cmp(&b.record.holder.name));
    all
}

#[test]
fn lists_claims_and_history() {
    for release in releases() {
        let server = Server::start(&release.json("kube/cluster.json"));
        let (claims, history) = with_store(&server, None, |store| {
            let history = store.history(0, 100, Duration::ZERO).unwrap();
            (listed(store), history)
        });
        let names: Vec<&str> = claims
            .iter()
            .map(|seen| seen.record.holder.name.as_str())
            .collect();
        assert_eq!(names, ["node-1", "node-3", "node-4", "node-5"]);
        assert_eq!(history.len(), 6);
        assert!(history.is_sorted_by_key(|stored| stored.sequence));
        assert_eq!(server.writes(), 0);
    }
}

/// An upgraded agent starts after a reboot of its node.
#[test]
fn a_node_renews_its_claim_and_a_clone_is_refused() {
    for release in releases() {
        let server = Server::start(&release.json("kube/cluster.json"));
        let node = nodes(&release).swap_remove(0).spec.node;
        with_store(&server, Some(node), |store| {
            let seen = listed(store).swap_remove(0);
            let ask = |store: &mut KubeStore, identity: &Identity, holder: &Holder| {
                let request = Request::new(Action::Claim, identity.clone(), holder.clone(), None);
                submit(store, &request, None).unwrap()
            };
            let identity = seen.record.identity.clone();
            let same = ask(store, &identity, &seen.record.holder);
            let Outcome::Renewed(grant) = same else {
                panic!("{same:?}");
            };
            assert_eq!(grant.generation, seen.version);

            let mut holder = seen.record.holder.clone();
            holder.boot_id = Some("00000009-1111-4111-8111-111111111111".into());
            let Outcome::Renewed(grant) = ask(store, &identity, &holder) else {
                panic!("not renewed");
            };
            assert!(grant.generation > seen.version);
            assert_eq!(grant.record.serial, seen.record.serial + 1);

            let mut clone = holder.clone();
            clone.name = "node-8".into();
            clone.node.as_mut().unwrap().name = "node-8".into();
            let conflict = ask(store, &identity, &clone);
            assert!(matches!(conflict, Outcome::Conflict(_)), "{conflict:?}");
        });
    }
}

#[test]
fn refuses_a_claim_that_it_cannot_read_before_writing() {
    let release = releases().pop().unwrap();
    let mut cluster = release.json("kube/cluster.json");
    let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
    for item in cluster["items"].as_array_mut().unwrap() {
        if item["metadata"]["name"] == id {
            let annotation = &mut item["metadata"]["annotations"]["sanid.dev/claim"];
            // As if a later version had renamed a field.
            let text = annotation
                .as_str()
                .unwrap()
                .replace("\"hostNqn\"", "\"nqn\"");
            *annotation = text.into();
        }
    }
    let server = Server::start(&cluster);
    let refused = with_store(&server, None, move |store| {
        let identity = Identity::parse(
            &format!("iqn.2016-04.com.open-iscsi:{}", id.replace('-', "")),
            &format!("nqn.2014-08.org.nvmexpress:uuid:{id}"),
            id,
        )
        .unwrap();
        let holder = Holder {
            name: "desk".into(),
            ..Holder::default()
        };
        let action = Action::TakeOver { fenced: true };
        let request = Request::new(action, identity.clone(), holder, None);
        submit(store, &request, None)
    });
    let Err(StoreError::Damaged(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        why.contains(&format!("storageidentityclaim {id} is no claim of sanid")),
        "{why}"
    );
    assert_eq!(server.writes(), 0);
}

/// The store does not check the version of the record in an annotation.
#[test]
fn a_claim_of_another_version_is_accepted() {
    let release = releases().pop().unwrap();
    let text = release.text("kube/cluster.json").replace(
        "\\\"apiVersion\\\":\\\"sanid/v1\\\"",
        "\\\"apiVersion\\\":\\\"sanid/v2\\\"",
    );
    assert!(text.contains("sanid/v2"));
    let server = Server::start(&serde_json::from_str(&text).unwrap());
    let claims = with_store(&server, None, |store| listed(store).len());
    assert_eq!(claims, 4);
}
