//! `NodeStorageIdentity`: what one node is to the storage network.
#![allow(
    unreachable_pub,
    reason = "KubeSchema repeats the types inside a function"
)]

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which node an object is about.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "sanid.dev",
    version = "v1alpha1",
    kind = "NodeStorageIdentity",
    plural = "nodestorageidentities",
    shortname = "nsi",
    category = "sanid",
    category = "storage",
    status = "NodeStorageIdentityStatus",
    derive = "PartialEq",
    doc = "The storage identity of one node: the initiator name, the host NQN and the Host ID that it shows to arrays, whether the kernel uses them, and whether no other node has them. Written by the agent of the node.",
    printcolumn = r#"{"name":"Host-ID","type":"string","jsonPath":".status.identity.hostId","description":"The NVMe Host ID"}"#,
    printcolumn = r#"{"name":"Applied","type":"string","jsonPath":".status.conditions[?(@.type==\"Applied\")].status","description":"The identity files hold the desired identity"}"#,
    printcolumn = r#"{"name":"Verified","type":"string","jsonPath":".status.conditions[?(@.type==\"Verified\")].status","description":"Every live session of the kernel uses it"}"#,
    printcolumn = r#"{"name":"Unique","type":"string","jsonPath":".status.conditions[?(@.type==\"Unique\")].status","description":"No other node has it"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    printcolumn = r#"{"name":"Initiator","type":"string","jsonPath":".status.identity.iqn","priority":1}"#,
    printcolumn = r#"{"name":"Host-NQN","type":"string","jsonPath":".status.identity.hostNqn","priority":1}"#,
    printcolumn = r#"{"name":"Seen","type":"date","jsonPath":".status.lastSeen","priority":1,"description":"When the agent last looked"}"#,
    validation = Rule::new("self.metadata.name == self.spec.node.name")
        .message("a NodeStorageIdentity has the name of its node"),
)]
#[serde(rename_all = "camelCase")]
pub struct NodeStorageIdentitySpec {
    /// The node.
    pub node: NodeReference,
}

/// One registration of a node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeReference {
    /// The node's name.
    #[schemars(schema_with = "super::node_name_schema")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("the node's name is immutable"))]
    pub name: String,
    /// The uid of the Node object: another one after the node was deleted and registered again.
    #[schemars(schema_with = "super::uuid_schema")]
    pub uid: String,
}

/// What the agent saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct NodeStorageIdentityStatus {
    /// The generation of the spec that this is about.
    #[serde(default)]
    pub observed_generation: i64,
    /// What the storage programs of the node show to arrays; absent while the node has no identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
    /// The rule by which an identity is derived here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub scheme: Option<String>,
    /// Where each part came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
    /// The kernel's live sessions.
    #[serde(default)]
    pub live: LiveSessions,
    /// The objects that hold the identifiers for this node, or that another node holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub claims: Vec<ClaimReference>,
    /// Drifts and hazards that sanid found on the node (docs/findings.md).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub findings: Vec<FindingSummary>,
    /// `Applied`, `Verified` and `Unique`.
    #[serde(default)]
    #[schemars(length(max = 8), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// When the agent last looked and could say so, by the node's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::time_schema")]
    pub last_seen: Option<String>,
    /// The agent's version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub agent_version: Option<String>,
}

/// The three names. Absent is what the node does not have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The iSCSI initiator name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::iqn_schema")]
    pub iqn: Option<String>,
    /// The NVMe host NQN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::nqn_schema")]
    pub host_nqn: Option<String>,
    /// The NVMe Host ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::uuid_schema")]
    pub host_id: Option<String>,
}

/// Where the parts of an identity came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The initiator name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iqn: Option<Origin>,
    /// The host NQN and the Host ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nvme: Option<Origin>,
}

/// A source and the place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// `command-line`, `credential`, `pin`, `firmware` or `derived`; `on-disk` where the files hold something
    /// else than the desired identity.
    #[schemars(length(max = 63))]
    pub source: String,
    /// The place, in words.
    #[schemars(length(max = 512))]
    pub place: String,
}

/// Live sessions by whether they use the identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiveSessions {
    /// iSCSI sessions.
    #[serde(default)]
    pub iscsi: SessionCount,
    /// NVMe over Fabrics controllers.
    #[serde(default)]
    pub nvme: SessionCount,
}

/// How many use the identity, and how many another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionCount {
    /// Use it.
    #[schemars(range(min = 0))]
    pub matched: i32,
    /// Use another one.
    #[schemars(range(min = 0))]
    pub mismatched: i32,
}

/// A claim of one of the identifiers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimReference {
    /// The name of the `StorageIdentityClaim`.
    #[schemars(length(max = 253))]
    pub name: String,
    /// The node that holds it.
    #[schemars(length(max = 253))]
    pub holder: String,
}

/// One drift or hazard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingSummary {
    /// The stable code.
    #[schemars(length(max = 63))]
    pub code: String,
    /// `info`, `warning` or `danger`.
    #[schemars(length(max = 15))]
    pub severity: String,
}

/// One condition, as all of Kubernetes has them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// `Applied`, `Verified` or `Unique`.
    #[schemars(length(max = 63))]
    pub r#type: String,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word for programs.
    #[schemars(length(max = 63))]
    pub reason: String,
    /// A sentence for people, with what to do.
    #[schemars(length(max = 4096))]
    pub message: String,
    /// When it last changed, by the node's clock.
    #[schemars(schema_with = "super::time_schema")]
    pub last_transition_time: String,
    /// The generation of the spec that it is about.
    #[serde(default)]
    pub observed_generation: i64,
}

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody could look.
    Unknown,
}

impl ConditionStatus {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
        }
    }
}
