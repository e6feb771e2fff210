//! The manifests: what the API server takes, and what it refuses.

use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicy as Policy;
use k8s_openapi::api::admissionregistration::v1::ValidatingAdmissionPolicyBinding as Binding;
use kube::api::{Api, DynamicObject, PostParams};
use kube::core::{ApiResource, GroupVersionKind};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::cluster::{Cluster, NAMESPACE, block, try_create};
use crate::{Shared, image, render, trial, trial_with};

pub(crate) fn trials(shared: &Shared) -> Vec<Trial> {
    vec![
        trial(
            shared,
            "every_manifest_that_this_version_knows_is_taken",
            taken,
        ),
        trial(
            shared,
            "an_object_that_breaks_the_schema_is_refused",
            refused,
        ),
        trial(shared, "values_are_checked_by_the_schema", values),
        trial(shared, "the_pod_has_no_more_than_it_needs", pod),
        trial(shared, "an_old_cluster_is_told_what_it_lacks", notes),
        trial_with(
            shared,
            "apply_needs_no_more_than_the_mounts_of_its_container",
            || crate::not_root().or_else(|| image::not_built("SANID_STATIC")),
            apply,
        ),
        trial(
            shared,
            "the_kustomize_base_is_the_chart_by_its_defaults",
            base,
        ),
    ]
}

/// Every way to render the chart that has documents of its own.
fn variants() -> Vec<Value> {
    vec![
        json!({}),
        json!({"apply": {"enabled": true}}),
        json!({"host": {"mount": "directories"}, "agent": {"runAsUser": 65532}}),
        json!({"host": {"iscsi": false}, "dashboard": {"enabled": true}, "networkPolicy": {"enabled": false}}),
        json!({"host": {"nvme": false}, "podMonitor": {"enabled": true}, "image": {"digest": format!("sha256:{:064}", 0)}}),
    ]
}

/// What 1.20 has no API for, each with what holds it instead: the fields of the policy's types here, its rules
/// by CEL (cel.rs), and the monitor by what the agent serves (monitoring.rs).
pub(crate) const UNKNOWN: [&str; 3] = [
    "PodMonitor",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// Every field is one that Kubernetes' own type has.
fn typed<T: serde::Serialize + serde::de::DeserializeOwned>(document: &Value) {
    let known: T = serde_json::from_value(document.clone()).unwrap();
    let known = serde_json::to_value(known).unwrap();
    within(document, &known, &document["kind"].to_string());
}

fn taken(cluster: &Cluster) {
    block(async {
        let client = cluster.admin().await;
        let mut unknown = std::collections::BTreeSet::new();
        for values in variants() {
            for version in ["v1.20.2", "v1.34.0"] {
                for document in render::documents(version, &values) {
                    let kind = document["kind"].as_str().unwrap();
                    let object: DynamicObject = serde_json::from_value(document.clone()).unwrap();
                    let gvk = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
                    let resource = ApiResource::from_gvk(&gvk);
                    let api: Api<DynamicObject> = match &object.metadata.namespace {
                        Some(namespace) => {
                            Api::namespaced_with(client.clone(), namespace, &resource)
                        }
                        None => Api::all_with(client.clone(), &resource),
                    };
                    let dry = PostParams {
                        dry_run: true,
                        ..PostParams::default()
                    };
                    match api.create(&dry, &object).await {
                        Ok(made) => {
                            // Nothing was dropped: every field is one that the API server knows.
                            let made = serde_json::to_value(&made).unwrap();
                            within(&document, &made, kind);
                        }
                        // There since the cluster was set up with it.
                        Err(kube::Error::Api(error)) if error.code == 409 => {}
                        // That the list is not longer than it must be.
                        Err(kube::Error::Api(error))
                            if error.code == 404 && UNKNOWN.contains(&kind) =>
                        {
                            match kind {
                                "ValidatingAdmissionPolicy" => typed::<Policy>(&document),
                                "ValidatingAdmissionPolicyBinding" => typed::<Binding>(&document),
                                _ => {}
                            }
                            unknown.insert(kind.to_owned());
                        }
                        Err(error) => panic!("{kind} with {values}: {error}"),
                    }
                }
            }
        }
        assert!(unknown.iter().eq(UNKNOWN.iter()), "{unknown:?}");
        let daemonset: Api<k8s_openapi::api::apps::v1::DaemonSet> =
            Api::namespaced(client, NAMESPACE);
        assert!(daemonset.get_opt("sanid-kube").await.unwrap().is_some());
    });
}

/// Every field of one value is in the other.
fn within(part: &Value, whole: &Value, at: &str) {
    match part {
        Value::Object(map) => {
            for (key, value) in map {
                within(value, &whole[key], &format!("{at}.{key}"));
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                within(value, &whole[index], &format!("{at}[{index}]"));
            }
        }
        Value::Null => {}
        // What the API server writes as a quantity or leaves out for being the default.
        leaf => assert!(
            leaf == whole || *leaf == json!("") || *leaf == json!(false),
            "{at}: {leaf} became {whole}"
        ),
    }
}

const ID: &str = "99999999-2222-4333-8444-555555555555";

fn claim() -> Value {
    json!({
        "apiVersion": "sanid.dev/v1alpha1", "kind": "StorageIdentityClaim",
        "metadata": {"name": ID},
        "spec": {
            "type": "HostID", "identifier": ID,
            "holder": {
                "node": {"name": "some-node", "uid": ID},
                "bootId": ID,
                "evidence": {"macs": ["00000000000000000000000000000000"]},
            },
        },
    })
}

fn identity() -> Value {
    json!({
        "apiVersion": "sanid.dev/v1alpha1", "kind": "NodeStorageIdentity",
        "metadata": {"name": "some-node"},
        "spec": {"node": {"name": "some-node", "uid": ID}},
    })
}

fn refused(cluster: &Cluster) {
    let long = "x".repeat(224);
    let many = vec!["00000000000000000000000000000000"; 33];
    let cases: [(Value, &str, Value); 13] = [
        (claim(), "/spec/type", json!("Nonsense")),
        (claim(), "/spec/identifier", json!("")),
        (claim(), "/spec/identifier", json!("two words")),
        (claim(), "/spec/identifier", json!(long)),
        (claim(), "/spec/holder/node/name", json!("No-Node")),
        (claim(), "/spec/holder/node/name", json!("a..b")),
        (claim(), "/spec/holder/node/uid", json!("no uid")),
        (
            claim(),
            "/spec/holder/bootId",
            json!("AAAAAAAA-2222-4333-8444-555555555555"),
        ),
        (
            claim(),
            "/spec/holder/evidence/macs",
            json!(["52:54:00:00:00:01"]),
        ),
        (claim(), "/spec/holder/evidence/macs", json!(many)),
        (claim(), "/spec/holder", json!({})),
        (identity(), "/spec/node/uid", json!("../../etc")),
        (identity(), "/spec/node", json!({"name": "some-node"})),
    ];
    block(async {
        let client = cluster.admin().await;
        for (mut object, at, value) in cases {
            *object.pointer_mut(at).unwrap() = value.clone();
            match try_create(&client, &object).await {
                Err(kube::Error::Api(error)) if error.code == 422 => {}
                other => panic!("{at} = {value}: {other:?}"),
            }
        }
        // What is not in the schema is not stored.
        let mut extra = claim();
        extra["spec"]["extra"] = json!("x");
        let made = try_create(&client, &extra).await.unwrap();
        assert_eq!(made["spec"]["extra"], Value::Null, "{made}");
        // And a second one of the same name is what makes claims work.
        match try_create(&client, &claim()).await {
            Err(kube::Error::Api(error)) => {
                assert_eq!((error.code, error.reason.as_str()), (409, "AlreadyExists"));
            }
            other => panic!("{other:?}"),
        }
    });
}

fn values(_: &Cluster) {
    let schema = std::fs::read_to_string(render::chart().join("values.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for values in variants() {
        let merged = &render::files("v1.32.0", &values)["values.yaml"];
        let errors: Vec<String> = schema
            .iter_errors(merged)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{values}: {errors:?}");
    }
    for wrong in [
        json!({"agents": {}}),
        json!({"agent": {"publishEvery": 5}}),
        json!({"agent": {"port": 80}}),
        json!({"guard": {"policy": "sometimes"}}),
        json!({"host": {"mount": "everything"}}),
        json!({"image": {"digest": "latest"}}),
        json!({"image": {"repository": ""}}),
    ] {
        let merged = &render::files("v1.32.0", &wrong)["values.yaml"];
        assert!(!schema.is_valid(merged), "{wrong} is taken");
    }
}

fn pod(_: &Cluster) {
    for values in variants() {
        let files = render::files("v1.32.0", &values);
        let pod = &files["daemonset.yaml"][0]["spec"]["template"]["spec"];
        assert_eq!(
            pod["securityContext"]["seccompProfile"]["type"],
            "RuntimeDefault"
        );
        assert_eq!(pod["automountServiceAccountToken"], false);
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            assert_eq!(pod[field], Value::Null, "{field}");
        }
        let containers = [&pod["initContainers"], &pod["containers"]];
        for container in containers
            .iter()
            .filter_map(|list| list.as_array())
            .flatten()
        {
            let context = &container["securityContext"];
            assert_eq!(context["readOnlyRootFilesystem"], true);
            assert_eq!(context["allowPrivilegeEscalation"], false);
            assert_eq!(context["capabilities"]["drop"], json!(["ALL"]));
            assert_eq!(context["capabilities"]["add"], Value::Null);
            assert_eq!(context["privileged"], Value::Null);
        }
        let agent = &pod["containers"][0];
        for mount in agent["volumeMounts"].as_array().unwrap() {
            assert_eq!(mount["readOnly"], true, "the agent writes nothing: {mount}");
        }
        let uid = pod["securityContext"]["runAsUser"].as_i64().unwrap();
        assert_eq!(pod["securityContext"]["runAsNonRoot"], json!(uid != 0));
        // Every mount has its volume, and no volume is without use.
        let names = |value: &Value| -> Vec<String> {
            let list = value.as_array().into_iter().flatten();
            list.map(|one| one["name"].as_str().unwrap().to_owned())
                .collect()
        };
        let volumes = names(&pod["volumes"]);
        let mut mounted = names(&agent["volumeMounts"]);
        mounted.extend(names(&pod["initContainers"][0]["volumeMounts"]));
        assert!(
            mounted.iter().all(|name| volumes.contains(name)),
            "{mounted:?}"
        );
        assert!(
            volumes.iter().all(|name| mounted.contains(name)),
            "{volumes:?}"
        );
    }
}

fn notes(_: &Cluster) {
    let says = |version: &str, values: &Value, words: &str| {
        render::files(version, values)["NOTES.txt"]
            .as_str()
            .unwrap()
            .contains(words)
    };
    let none = json!({});
    assert!(says("v1.20.2", &none, "evaluates no CEL rules"));
    assert!(says(
        "v1.31.4",
        &none,
        "it needs Kubernetes 1.32, and this is v1.31.4"
    ));
    assert!(!says("v1.32.0", &none, "without the admission policy"));
    assert!(says(
        "v1.32.0",
        &json!({"guard": {"policy": "never"}}),
        "guard.policy is never"
    ));
    let policies = |version: &str, values: &Value| {
        render::files(version, values)["policy.yaml"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!(policies("v1.31.4", &none), 0);
    assert_eq!(policies("v1.32.0-eks-1234", &none), 2);
    assert_eq!(
        policies("v1.20.2", &json!({"guard": {"policy": "always"}})),
        2
    );
}

/// The base of Kustomize holds no second version of anything: `SNAPSHOTS=overwrite` writes it anew.
fn base(_: &Cluster) {
    let directory = render::chart().join("../../base");
    let documents = render::documents("v1.32.0", &json!({}));
    let namespace =
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    let items = [&[namespace][..], &documents].concat();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    let text = format!("{:#}\n", without_helm(list));
    let path = directory.join("sanid.json");
    if std::env::var("SNAPSHOTS").is_ok_and(|what| what == "overwrite") {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "{} is not the chart by its defaults: SNAPSHOTS=overwrite cargo xtask test --only kube",
        path.display()
    );
}

/// Without the labels that say that Helm looks after it.
fn without_helm(mut value: Value) -> Value {
    if let Value::Object(map) = &mut value {
        map.remove("app.kubernetes.io/managed-by");
    }
    match value {
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, without_helm(value)))
            .collect(),
        Value::Array(list) => list.into_iter().map(without_helm).collect(),
        leaf => leaf,
    }
}

/// The init container's own command, below its own mounts, as root without any capability.
fn apply(_: &Cluster) {
    let sanid = std::env::var_os("SANID_STATIC").unwrap();
    let files = render::files("v1.32.0", &json!({"apply": {"enabled": true}}));
    let pod = &files["daemonset.yaml"][0]["spec"]["template"]["spec"];
    let container = &pod["initContainers"][0];
    let (host, image) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut script = vec!["set -eu".to_owned()];
    for mount in container["volumeMounts"].as_array().unwrap() {
        let volumes = pod["volumes"].as_array().unwrap();
        let volume = volumes
            .iter()
            .find(|one| one["name"] == mount["name"])
            .unwrap();
        let target = image
            .path()
            .join(mount["mountPath"].as_str().unwrap().trim_start_matches('/'));
        let target = target.display();
        let Some(path) = volume["hostPath"]["path"].as_str() else {
            script.push(format!("mkdir -p {target}; mount -t tmpfs none {target}"));
            continue;
        };
        let source = host.path().join(path.trim_start_matches('/'));
        if volume["hostPath"]["type"] == "File" {
            std::fs::create_dir_all(source.parent().unwrap()).unwrap();
            let text = if path == "/etc/machine-id" {
                "5a4f00000000c4c5404aaa1f6d2a4842\n"
            } else {
                "quiet\n"
            };
            std::fs::write(&source, text).unwrap();
            script.push(format!("mkdir -p $(dirname {target}); touch {target}"));
        } else {
            std::fs::create_dir_all(&source).unwrap();
            script.push(format!("mkdir -p {target}"));
        }
        script.push(format!("mount --bind {} {target}", source.display()));
        if mount["readOnly"] == true {
            script.push(format!("mount -o remount,bind,ro {target}"));
        }
    }
    let words: Vec<&str> = container["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap())
        .collect();
    assert_eq!(words, ["/sanid", "apply", "--boot", "--root", "/host"]);
    let root = image.path().join("host");
    script.push(format!(
        "exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs {} apply --boot --root {}",
        sanid.to_string_lossy(),
        root.display()
    ));
    let output = std::process::Command::new("unshare")
        .args([
            "--mount",
            "--propagation=private",
            "sh",
            "-c",
            &script.join("\n"),
        ])
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{errors}");
    for file in [
        "etc/iscsi/initiatorname.iscsi",
        "etc/nvme/hostnqn",
        "etc/nvme/hostid",
        "run/sanid/identity.json",
    ] {
        assert!(host.path().join(file).is_file(), "{file}: {errors}");
    }
}
