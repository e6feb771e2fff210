//! Nodes: an object of the API server, and a directory that stands for the host's files.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::Node;
use kube::api::{Api, DeleteParams, PostParams};
use kube::{Client, ResourceExt as _};
use sanid_kube::resources::{NodeStorageIdentity, StorageIdentityClaim};
use sanid_kube::status::condition;
use serde_json::json;

use crate::cluster::eventually;

/// The files of a host that has its identity on disk.
pub(crate) struct Host {
    directory: tempfile::TempDir,
}

impl Host {
    /// The host of a machine-id; `sanid apply` has run.
    pub(crate) fn new(machine_id: &str) -> Self {
        let host = Self::bare(machine_id);
        let root = sanid_host::Root::open(host.path()).unwrap();
        let facts = sanid_host::observe(&root, &sanid_host::Look::default()).unwrap();
        let names = sanid_host::resolve(&facts).names();
        for (file, name) in names.iter() {
            host.write(file.path(), &String::from_utf8(file.bytes(name)).unwrap());
        }
        host
    }

    /// One where nothing is applied yet.
    pub(crate) fn bare(machine_id: &str) -> Self {
        let host = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        host.write("etc/machine-id", &format!("{machine_id}\n"));
        host.hardware("52:54:00:00:00:01");
        host.boot("11111111-1111-4111-8111-111111111111");
        host
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// As sanid writes: under another name first.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let new = path.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, path).unwrap();
    }

    /// The one network card of the machine.
    pub(crate) fn hardware(&self, mac: &str) {
        self.write("sys/class/net/eth0/addr_assign_type", "0\n");
        self.write("sys/class/net/eth0/address", &format!("{mac}\n"));
        fs::create_dir_all(self.path().join("sys/class/net/eth0/device")).unwrap();
    }

    pub(crate) fn boot(&self, id: &str) {
        self.write("proc/sys/kernel/random/boot_id", &format!("{id}\n"));
    }

    /// A live controller of the kernel.
    pub(crate) fn controller(&self, name: &str, host_nqn: &str, host_id: &str) {
        let at = format!("sys/devices/virtual/nvme-fabrics/ctl/{name}");
        for (attribute, value) in [
            ("transport", "tcp"),
            ("hostnqn", host_nqn),
            ("hostid", host_id),
            ("subsysnqn", "nqn.2014-08.org.example:target"),
            ("state", "live"),
        ] {
            self.write(&format!("{at}/{attribute}"), &format!("{value}\n"));
        }
        let class = self.path().join("sys/class/nvme");
        fs::create_dir_all(&class).unwrap();
        symlink(format!("../../../{at}"), class.join(name)).unwrap();
    }
}

/// A machine-id that no other test has.
pub(crate) fn machine_id(number: u32) -> String {
    format!("5a4f{number:08x}c4c5404aaa1f6d2a4842")
}

/// What a test may do to the cluster.
pub(crate) struct Admin {
    client: Client,
}

impl Admin {
    pub(crate) fn new(client: Client) -> Self {
        Self { client }
    }

    fn nodes(&self) -> Api<Node> {
        Api::all(self.client.clone())
    }

    pub(crate) fn identities(&self) -> Api<NodeStorageIdentity> {
        Api::all(self.client.clone())
    }

    pub(crate) fn claims(&self) -> Api<StorageIdentityClaim> {
        Api::all(self.client.clone())
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }

    /// Registers a node, as the kubelet does; its uid.
    pub(crate) async fn register(&self, name: &str) -> String {
        self.register_tainted(name, &[]).await
    }

    pub(crate) async fn register_tainted(&self, name: &str, taints: &[&str]) -> String {
        let taints: Vec<_> = taints
            .iter()
            .map(|key| json!({"key": key, "effect": "NoSchedule"}))
            .collect();
        let node = json!({
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": {"taints": taints},
        });
        let node = serde_json::from_value(node).unwrap();
        let made = self
            .nodes()
            .create(&PostParams::default(), &node)
            .await
            .unwrap();
        made.uid().unwrap()
    }

    pub(crate) async fn taints(&self, node: &str) -> Vec<String> {
        let node = self.nodes().get(node).await.unwrap();
        let taints = node.spec.and_then(|spec| spec.taints).unwrap_or_default();
        taints.into_iter().map(|taint| taint.key).collect()
    }

    pub(crate) async fn delete_node(&self, name: &str) {
        self.nodes()
            .delete(name, &DeleteParams::default())
            .await
            .unwrap();
    }

    pub(crate) async fn identity(&self, node: &str) -> Option<NodeStorageIdentity> {
        self.identities().get_opt(node).await.unwrap()
    }

    pub(crate) async fn claim(&self, name: &str) -> Option<StorageIdentityClaim> {
        self.claims().get_opt(name).await.unwrap()
    }

    /// The reasons of a node's events, sorted.
    pub(crate) async fn events(&self, node: &str) -> Vec<String> {
        let events: Api<k8s_openapi::api::core::v1::Event> =
            Api::namespaced(self.client.clone(), "default");
        let all = events
            .list(&kube::api::ListParams::default())
            .await
            .unwrap();
        let mut reasons: Vec<String> = all
            .items
            .into_iter()
            .filter(|event| event.involved_object.name.as_deref() == Some(node))
            .filter_map(|event| event.reason)
            .collect();
        reasons.sort();
        reasons
    }

    /// Waits until a node's identity is as it is asked for.
    pub(crate) async fn wait(
        &self,
        node: &str,
        what: &str,
        right: impl Fn(&NodeStorageIdentity) -> bool,
    ) -> NodeStorageIdentity {
        eventually(&format!("{node}: {what}"), async || {
            match self.identities().get_opt(node).await {
                Ok(Some(seen)) if right(&seen) => Ok(seen),
                other => Err(other),
            }
        })
        .await
    }

    /// Waits until a condition has a status and a reason.
    pub(crate) async fn wait_for(
        &self,
        node: &str,
        name: &str,
        reason: &str,
    ) -> NodeStorageIdentity {
        self.wait(node, &format!("{name}: {reason}"), |seen| {
            is(seen, name, reason)
        })
        .await
    }
}

/// Whether a condition has a reason.
pub(crate) fn is(seen: &NodeStorageIdentity, name: &str, reason: &str) -> bool {
    let status = seen.status.as_ref();
    status
        .and_then(|status| condition(status, name))
        .is_some_and(|one| one.reason == reason)
}

/// The words of the conditions: Applied, Verified, Unique.
pub(crate) fn words(seen: &NodeStorageIdentity) -> Vec<(String, String)> {
    let status = seen.status.as_ref().unwrap();
    let words = status.conditions.iter();
    words
        .map(|one| (one.status.as_str().to_owned(), one.reason.clone()))
        .collect()
}

/// The message of a condition.
pub(crate) fn message(seen: &NodeStorageIdentity, name: &str) -> String {
    condition(seen.status.as_ref().unwrap(), name)
        .unwrap()
        .message
        .clone()
}

/// Where the binary of this build is.
pub(crate) fn binary() -> PathBuf {
    env!("CARGO_BIN_EXE_sanid-kube").into()
}
