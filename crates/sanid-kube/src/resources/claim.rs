//! `StorageIdentityClaim`: one identifier is held by one node.
//!
//! The name of the object follows from the identifier alone, so that the API server decides who is first:
//! creating a second object of one name is answered with 409, atomically.
#![allow(
    unreachable_pub,
    reason = "KubeSchema repeats the types inside a function"
)]

use kube::{CustomResource, KubeSchema};
use sanid_core::IscsiName;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::NodeReference;

/// Who holds which identifier.
#[derive(CustomResource, Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[kube(
    group = "sanid.dev",
    version = "v1alpha1",
    kind = "StorageIdentityClaim",
    plural = "storageidentityclaims",
    shortname = "sic",
    category = "sanid",
    derive = "PartialEq",
    doc = "One identifier of the storage network (such as an initiator name, a host NQN or a Host ID) is held by one node. The object's name follows from the identifier, so that there cannot be two.",
    printcolumn = r#"{"name":"Type","type":"string","jsonPath":".spec.type"}"#,
    printcolumn = r#"{"name":"Node","type":"string","jsonPath":".spec.holder.node.name"}"#,
    printcolumn = r#"{"name":"Identifier","type":"string","jsonPath":".spec.identifier"}"#,
    printcolumn = r#"{"name":"Age","type":"date","jsonPath":".metadata.creationTimestamp"}"#,
    validation = Rule::new("self.spec.type == 'HostID' || self.spec.type == 'Anchor' ? self.metadata.name == self.spec.identifier : self.spec.type == 'HostNQN' ? self.metadata.name.matches('^nqn-[0-9a-f]{32}$') : self.spec.type == 'InitiatorName' ? self.metadata.name.matches('^iqn-[0-9a-f]{32}$') : self.metadata.name.startsWith(self.spec.type + '-') && self.metadata.name.matches('-[0-9a-f]{32}$')")
        .message("the name of a claim follows from its identifier"),
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("self.type != 'HostID' || self.identifier.matches('^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$')")
        .message("a Host ID is a UUID in small letters"),
    validation = Rule::new("self.type != 'Anchor' || self.identifier.matches('^anchor-[0-9a-f]{32}$')")
        .message("an anchor is named by a digest"),
    validation = Rule::new("self.type != 'HostNQN' || self.identifier.startsWith('nqn.')")
        .message("a host NQN begins with nqn."),
    validation = Rule::new("self.type != 'InitiatorName' || self.identifier.startsWith('iqn.') || self.identifier.startsWith('eui.') || self.identifier.startsWith('naa.')")
        .message("an initiator name begins with iqn., eui. or naa.")
)]
pub struct StorageIdentityClaimSpec {
    /// What kind of identifier it is. An `Anchor` has the record of a claim without a Host ID.
    #[schemars(schema_with = "type_schema")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("the type of an identifier is immutable"))]
    pub r#type: IdentifierType,
    /// The identifier itself, as programs compare it.
    #[schemars(schema_with = "identifier_schema")]
    #[x_kube(validation = Rule::new("self == oldSelf").message("the identifier is immutable"))]
    pub identifier: String,
    /// Who holds it.
    pub holder: Holder,
}

/// The kinds of identifiers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(from = "String", into = "String")]
pub enum IdentifierType {
    /// The NVMe Host ID.
    HostID,
    /// The NVMe host NQN.
    HostNQN,
    /// The iSCSI initiator name.
    InitiatorName,
    /// The record of a claim without a Host ID.
    Anchor,
    /// A kind without rules of its own, by its word.
    Other(String),
}

/// A node as it was when it took the claim, and as it last started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct Holder {
    /// The node.
    #[x_kube(validation = Rule::new("self == oldSelf").message("a claim never changes hands: it is deleted, and created by the next one"))]
    pub node: NodeReference,
    /// The boot that last confirmed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::uuid_schema")]
    pub boot_id: Option<String>,
    /// The hardware, as digests that only hosts of the same machine-id can compare.
    #[serde(default)]
    pub evidence: Evidence,
}

/// What tells one machine from another: digests keyed with the machine-id, which tell nothing without it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    /// The fingerprint of the machine-id that the others are keyed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), regex(pattern = "^[0-9a-f-]+$"))]
    pub seed: Option<String>,
    /// The system UUID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::digest_schema")]
    pub firmware_uuid: Option<String>,
    /// The serial number of the board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::digest_schema")]
    pub board_serial: Option<String>,
    /// The permanent MAC addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(schema_with = "super::digests_schema")]
    pub macs: Vec<String>,
    /// The root file system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::digest_schema")]
    pub root_fs: Option<String>,
}

fn type_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    super::text(
        "^(HostID|HostNQN|InitiatorName|Anchor|[a-z][a-z0-9-]*)$",
        32,
    )
}

fn identifier_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    // RFC 7143 section 4.2.7.1 and the NVMe Base Specification: 223 bytes; no name has a blank in it.
    super::text(r"^\S+$", 223)
}

impl IdentifierType {
    /// The kind in the field's words.
    pub fn words(&self) -> &str {
        match self {
            Self::HostID => "Host ID",
            Self::HostNQN => "host NQN",
            Self::InitiatorName => "initiator name",
            Self::Anchor => "anchor",
            Self::Other(word) => word,
        }
    }

    /// Whether an object of this kind has the record of a claim.
    pub fn is_anchor(&self) -> bool {
        matches!(self, Self::HostID | Self::Anchor)
    }

    /// An identifier as programs compare it: an initiator name in its normal form, so that two spellings of
    /// one name cannot be two claims (RFC 7143 section 4.2.7.1); an NQN byte for byte; a Host ID in small
    /// letters.
    pub fn normal(&self, identifier: &str) -> String {
        match self {
            Self::HostID => identifier.to_ascii_lowercase(),
            Self::HostNQN | Self::Anchor | Self::Other(_) => identifier.to_owned(),
            Self::InitiatorName => IscsiName::parse(identifier).map_or_else(
                |_| identifier.to_ascii_lowercase(),
                |name| name.normal_form().to_string(),
            ),
        }
    }
}

impl From<String> for IdentifierType {
    fn from(text: String) -> Self {
        match text.as_str() {
            "HostID" => Self::HostID,
            "HostNQN" => Self::HostNQN,
            "InitiatorName" => Self::InitiatorName,
            "Anchor" => Self::Anchor,
            _ => Self::Other(text),
        }
    }
}

impl From<IdentifierType> for String {
    fn from(kind: IdentifierType) -> Self {
        match kind {
            IdentifierType::HostID => "HostID".into(),
            IdentifierType::HostNQN => "HostNQN".into(),
            IdentifierType::InitiatorName => "InitiatorName".into(),
            IdentifierType::Anchor => "Anchor".into(),
            IdentifierType::Other(word) => word,
        }
    }
}

/// The name of the object that stands for an identifier.
///
/// A Host ID is a legal object name as it is, and so is the digest that names an anchor. The others hold `:`, which no object name may have; theirs is
/// the first half of a SHA-256, and the object holds the identifier itself, so that even a collision would be
/// seen.
///
/// # Examples
/// ```
/// use sanid_kube::resources::{IdentifierType, object_name};
/// let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
/// assert_eq!(object_name(&IdentifierType::HostID, id), id);
/// let nqn = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
/// assert_eq!(object_name(&IdentifierType::HostNQN, nqn), "nqn-493a915236b756a27a9b0fa95b46b328");
/// ```
pub fn object_name(kind: &IdentifierType, identifier: &str) -> String {
    let normal = kind.normal(identifier);
    match kind {
        IdentifierType::HostID | IdentifierType::Anchor => normal,
        IdentifierType::HostNQN => format!("nqn-{}", digest(&normal)),
        IdentifierType::InitiatorName => format!("iqn-{}", digest(&normal)),
        IdentifierType::Other(word) => format!("{word}-{}", digest(&normal)),
    }
}

/// The name of the object that has the record of a claim without a Host ID, by its first identifier.
pub(crate) fn anchor_name(kind: &str, identifier: &str) -> String {
    format!("anchor-{}", digest(&format!("{kind}/{identifier}")))
}

fn digest(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    let half = digest.iter().take(16);
    half.fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}
