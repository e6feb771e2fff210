//! The resource types of the API group [`GROUP`], and their definitions as a cluster gets them.
//!
//! The definitions in `dist/kubernetes` follow from these types (`cargo xtask generate`). Everything that a
//! node writes has a pattern or a limit: an object of a node is read by programs that trust it, and one node
//! shall not fill the store.

mod claim;
mod identity;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use kube::CustomResourceExt as _;
use schemars::Schema;

pub(crate) use claim::anchor_name;
pub use claim::{
    Evidence, Holder, IdentifierType, StorageIdentityClaim, StorageIdentityClaimSpec, object_name,
};
pub use identity::{
    ClaimReference, Condition, ConditionStatus, FindingSummary, Identity, LiveSessions,
    NodeReference, NodeStorageIdentity, NodeStorageIdentitySpec, NodeStorageIdentityStatus, Origin,
    Provenance, SessionCount,
};

/// The API group.
pub const GROUP: &str = "sanid.dev";
/// The version of the types.
pub const VERSION: &str = "v1alpha1";

/// The definitions, in the order in which they are installed.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![NodeStorageIdentity::crd(), StorageIdentityClaim::crd()]
        .into_iter()
        .map(documented)
        .collect()
}

/// Marks what nobody edits by hand.
fn documented(mut definition: CustomResourceDefinition) -> CustomResourceDefinition {
    definition.metadata.labels = Some(
        [("app.kubernetes.io/name".to_owned(), "sanid-kube".to_owned())]
            .into_iter()
            .collect(),
    );
    definition
}

/// What makes an object go with its node (garbage collection by owner reference).
pub fn owned_by(node: &NodeReference) -> OwnerReference {
    OwnerReference {
        api_version: "v1".into(),
        kind: "Node".into(),
        name: node.name.clone(),
        uid: node.uid.clone(),
        block_owner_deletion: None,
        controller: None,
    }
}

/// The initiator name as `iscsid` and every array take it (RFC 7143 section 4.2.7; RFC 3721).
fn iqn_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    text(r"^(iqn\.[0-9]{4}-[0-9]{2}\.|eui\.|naa\.)\S+$", 223)
}

/// A host NQN (NVMe Base Specification, NVMe Qualified Names).
fn nqn_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    text(r"^nqn\.[0-9]{4}-[0-9]{2}\.\S+$", 223)
}

/// A UUID in small letters: Host ID, uid of an object, boot id.
fn uuid_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    text(
        "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        36,
    )
}

/// A name of a node (RFC 1123 subdomain).
fn node_name_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    text(
        r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        253,
    )
}

/// A keyed digest of one piece of hardware.
fn digest_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    text("^[0-9a-f]{32}$", 32)
}

/// At most so many digests: a machine with more network interfaces shows the first of them.
fn digests_schema(generator: &mut schemars::SchemaGenerator) -> Schema {
    schemars::json_schema!({
        "type": "array",
        "maxItems": MOST_MACS,
        "items": digest_schema(generator),
    })
}

/// Time as the API has it (RFC 3339).
fn time_schema(_: &mut schemars::SchemaGenerator) -> Schema {
    schemars::json_schema!({"type": "string", "format": "date-time"})
}

/// The most digests of MAC addresses that are published.
pub const MOST_MACS: usize = 32;

fn text(pattern: &str, most: u32) -> Schema {
    schemars::json_schema!({"type": "string", "pattern": pattern, "minLength": 1, "maxLength": most})
}

#[cfg(test)]
mod tests;
