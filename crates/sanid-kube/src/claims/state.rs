//! What a claim's objects say: `Record ─► StorageIdentityClaim` and back.
//!
//! The object of the Host ID is the *anchor*: its annotation has the record, and with it the claim is held or
//! not. Those of the other names are *pieces*: theirs says which anchor they belong to, and they hold nothing by
//! themselves. A claim without a Host ID has an anchor of its own, which is named after its first name, so that no
//! object is the anchor of one claim and a piece of another.

use kube::ResourceExt as _;
use kube::api::ObjectMeta;
use sanid_claims::{Event, Holder, Identifier, Identity, Kind, Record, Stored};
use serde::{Deserialize, Serialize};

use crate::resources::{
    Evidence, Holder as Shown, IdentifierType, MOST_MACS, NodeReference, StorageIdentityClaim,
    StorageIdentityClaimSpec, anchor_name, object_name, owned_by,
};

/// The annotation of every claim's object.
pub const ANNOTATION: &str = "sanid.dev/claim";
/// So many transitions of a Host ID are kept in its object, the latest ones.
pub const HISTORY: usize = 16;
/// The node of claims that no node owns.
pub const UNOWNED: &str = "unowned";

/// The anchor's annotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Anchor {
    /// The claim; none where it was given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) record: Option<Record>,
    /// The resource version of the write that changed the record, where it was not the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) generation: Option<u64>,
    /// The claim at another anchor that ends this one, once that anchor has this token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) pending: Option<Pointer>,
    /// What the claims that this one ended know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
    /// Their anchors, until they are cleared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ending: Vec<String>,
    /// Claims that stood here before this one and whose pieces it has taken over: these may still say so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) heirs_of: Vec<String>,
    /// Counted up by a write that changes nothing else: a renewed lease.
    #[serde(default)]
    pub(super) touched: u64,
    /// The latest transitions, the last one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) history: Vec<Entry>,
}

/// A transition; the last one has the generation of its anchor for its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sequence: Option<u64>,
    pub(super) event: Event,
}

/// Where something belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointer {
    /// The name of its object.
    pub(super) anchor: String,
    /// The claim there, or the token of a change.
    pub(super) claim: String,
}

/// An anchor as it was found.
#[derive(Debug, Clone)]
pub(super) struct FoundAnchor {
    pub(super) object: StorageIdentityClaim,
    pub(super) anchor: Anchor,
    /// The number of the change that wrote its record.
    pub(super) generation: u64,
}

/// A piece as it was found.
#[derive(Debug, Clone)]
pub(super) struct FoundPiece {
    pub(super) object: StorageIdentityClaim,
    pub(super) pointer: Pointer,
}

impl FoundAnchor {
    /// Reads an object.
    pub(super) fn parse(object: StorageIdentityClaim) -> Result<Self, String> {
        let anchor: Anchor = annotation(&object)?;
        let version = version(&object)?;
        Ok(Self {
            generation: anchor.generation.unwrap_or(version),
            object,
            anchor,
        })
    }

    /// The same claim in another write: its generation and the number of its last event stay.
    pub(super) fn same(&self) -> Anchor {
        let mut anchor = self.anchor.clone();
        anchor.generation = Some(self.generation);
        if let Some(last) = anchor.history.last_mut() {
            last.sequence.get_or_insert(self.generation);
        }
        anchor
    }

    /// Its transitions, each with its number.
    pub(super) fn history(&self) -> impl Iterator<Item = Stored> + '_ {
        self.anchor.history.iter().map(|entry| Stored {
            sequence: entry.sequence.unwrap_or(self.generation),
            event: entry.event.clone(),
        })
    }

    /// The object with another annotation, of the version that was found: who writes it finds out where that
    /// is no more.
    pub(super) fn with(&self, anchor: &Anchor) -> StorageIdentityClaim {
        let mut object = self.object.clone();
        annotate(&mut object, anchor);
        object
    }
}

impl FoundPiece {
    /// Reads an object.
    pub(super) fn parse(object: StorageIdentityClaim) -> Result<Self, String> {
        let pointer = annotation(&object)?;
        Ok(Self { object, pointer })
    }
}

impl Anchor {
    /// A change of the record, with what happened.
    pub(super) fn changed(
        before: Option<&FoundAnchor>,
        record: Option<Record>,
        event: Event,
    ) -> Self {
        let mut history = before.map(FoundAnchor::same).unwrap_or_default().history;
        history.push(Entry {
            sequence: None,
            event,
        });
        history.drain(..history.len().saturating_sub(HISTORY));
        let mut heirs_of = before.map_or_else(Vec::new, |before| before.anchor.heirs_of.clone());
        let earlier = before.and_then(|before| before.anchor.record.as_ref());
        match (&record, earlier) {
            (Some(record), Some(earlier)) if record.id != earlier.id => {
                heirs_of.push(earlier.id.clone());
                heirs_of.drain(..heirs_of.len().saturating_sub(HISTORY));
            }
            (Some(_), Some(_)) => {}
            _ => heirs_of.clear(),
        }
        Self {
            record,
            heirs_of,
            history,
            ..Self::default()
        }
    }

    /// Whether a piece belongs to its claim, or did to one whose place it took.
    pub(super) fn knows(&self, pointer: &Pointer) -> bool {
        let record = self.record.as_ref();
        record.is_some_and(|record| record.id == pointer.claim)
            || self.heirs_of.contains(&pointer.claim)
    }

    /// One that nobody holds, and that stands where a late one was to be made.
    pub(super) fn nobody() -> Self {
        Self {
            generation: Some(0),
            ..Self::default()
        }
    }
}

/// The number of an object's last write. Kubernetes calls it opaque; with etcd it is the revision, which grows
/// over all objects.
fn version(object: &StorageIdentityClaim) -> Result<u64, String> {
    let version = object.resource_version().unwrap_or_default();
    version
        .parse()
        .map_err(|_| format!("its resource version {version:?} is no number"))
}

fn annotation<T: for<'t> Deserialize<'t>>(object: &StorageIdentityClaim) -> Result<T, String> {
    let text = object
        .annotations()
        .get(ANNOTATION)
        .ok_or_else(|| format!("it has no annotation {ANNOTATION}"))?;
    serde_json::from_str(text).map_err(|error| format!("its annotation {ANNOTATION}: {error}"))
}

fn annotate(object: &mut StorageIdentityClaim, value: &impl Serialize) {
    // Structs of strings and numbers always serialise.
    let text = serde_json::to_string(value).unwrap_or_default();
    object.annotations_mut().insert(ANNOTATION.into(), text);
}

/// The name of the object of an identifier.
pub(super) fn name_of(identifier: &Identifier) -> String {
    object_name(&kind_of(&identifier.kind), &identifier.name)
}

/// The name of the object that has the record of a claim.
pub(super) fn anchor_of(identity: &Identity) -> String {
    let anchor = identity.anchor();
    match anchor.kind {
        Kind::HostId => name_of(&anchor),
        _ => anchor_name(anchor.kind.word(), &anchor.name),
    }
}

/// The names of a claim whose objects are pieces.
pub(super) fn pieces(identity: &Identity) -> Vec<Identifier> {
    let mut names = identity.identifiers();
    names.retain(|one| one.kind != Kind::HostId);
    names
}

/// The kind of an identifier in the API's words.
pub(crate) fn kind_of(kind: &Kind) -> IdentifierType {
    match kind {
        Kind::HostId => IdentifierType::HostID,
        Kind::HostNqn => IdentifierType::HostNQN,
        Kind::Iqn => IdentifierType::InitiatorName,
        Kind::Other(_) => IdentifierType::Other(kind.word().to_owned()),
    }
}

/// A new anchor, by the name of its object.
pub(super) fn new_anchor(
    name: &str,
    holder: Option<&Holder>,
    owner: Option<&NodeReference>,
    anchor: &Anchor,
) -> StorageIdentityClaim {
    let kind = if name.starts_with("anchor-") {
        IdentifierType::Anchor
    } else {
        IdentifierType::HostID
    };
    new_object(kind, name, holder, owner, anchor)
}

/// A new piece.
pub(super) fn new_piece(
    identifier: &Identifier,
    record: &Record,
    owner: Option<&NodeReference>,
) -> StorageIdentityClaim {
    let pointer = Pointer {
        anchor: anchor_of(&record.identity),
        claim: record.id.clone(),
    };
    new_object(
        kind_of(&identifier.kind),
        &identifier.name,
        Some(&record.holder),
        owner,
        &pointer,
    )
}

fn new_object(
    kind: IdentifierType,
    identifier: &str,
    holder: Option<&Holder>,
    owner: Option<&NodeReference>,
    value: &impl Serialize,
) -> StorageIdentityClaim {
    let name = object_name(&kind, identifier);
    let spec = StorageIdentityClaimSpec {
        r#type: kind,
        identifier: identifier.to_owned(),
        holder: shown(holder, owner),
    };
    let mut object = StorageIdentityClaim::new(&name, spec);
    object.metadata = ObjectMeta {
        owner_references: owner.map(|node| vec![owned_by(node)]),
        ..object.metadata
    };
    annotate(&mut object, value);
    object
}

/// The holder as people and policies see it: what of it the schema takes.
pub(super) fn shown(holder: Option<&Holder>, owner: Option<&NodeReference>) -> Shown {
    let node = owner.cloned().unwrap_or_else(|| NodeReference {
        name: UNOWNED.into(),
        uid: "00000000-0000-0000-0000-000000000000".into(),
    });
    let Some(holder) = holder else {
        return Shown {
            node,
            ..Shown::default()
        };
    };
    Shown {
        node,
        boot_id: holder.boot_id.clone().filter(|id| is_uuid(id)),
        evidence: shown_evidence(holder),
    }
}

/// The hardware as the schema takes it.
fn shown_evidence(holder: &Holder) -> Evidence {
    let digest = |text: &Option<String>| text.clone().filter(|text| is_digest(text));
    let seen = &holder.evidence;
    let macs = seen.macs.iter().filter(|text| is_digest(text));
    Evidence {
        seed: holder.seed.clone().filter(|seed| is_fingerprint(seed)),
        firmware_uuid: digest(&seen.firmware_uuid),
        board_serial: digest(&seen.board_serial),
        macs: macs.take(MOST_MACS).cloned().collect(),
        root_fs: digest(&seen.root_fs),
    }
}

fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

fn is_digest(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(is_hex)
}

fn is_fingerprint(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| is_hex(byte) || byte == b'-')
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => is_hex(byte),
        })
}

/// The objects of a claim that nobody has had, as they are made: for what claims are measured beside.
pub(super) fn objects(
    record: &Record,
    event: &Event,
    owner: Option<&NodeReference>,
) -> Vec<StorageIdentityClaim> {
    let anchor = Anchor::changed(None, Some(record.clone()), event.clone());
    let name = anchor_of(&record.identity);
    let mut all: Vec<_> = pieces(&record.identity)
        .iter()
        .map(|identifier| new_piece(identifier, record, owner))
        .collect();
    all.push(new_anchor(&name, Some(&record.holder), owner, &anchor));
    all
}

/// The transition that a write of an object was, for readers of the API server's own history.
pub fn transition(object: &StorageIdentityClaim) -> Option<Stored> {
    if !object.spec.r#type.is_anchor() {
        return None;
    }
    let found = FoundAnchor::parse(object.clone()).ok()?;
    let last = found.history().last()?;
    let unnumbered = found.anchor.history.last()?.sequence.is_none();
    (unnumbered && found.anchor.generation.is_none()).then_some(last)
}
