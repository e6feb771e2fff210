//! The ownership record, `/var/lib/sanid/record.json`: which identity sanid put in place here, by which
//! scheme and from which seed.
//!
//! It decides nothing about the identity: delete it and the same names come back. It answers two other
//! questions: *is this old identity ours?* (a template whose machine-id was reset holds one that is),
//! and *was a change under way?* (power was cut between the two files of the NVMe pair). The seed
//! appears as a keyed fingerprint only.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::API_VERSION;
use crate::document;
use crate::part::{IdentityFile, Names, Part, PerPart, files};

/// The directory of the record, relative to the root. Mode 0700: its lock is root's alone.
pub const DIRECTORY: &str = "var/lib/sanid";
/// The name of the record in [`DIRECTORY`].
pub const NAME: &str = "record.json";
/// The record, relative to the root.
pub const PATH: &str = "var/lib/sanid/record.json";
/// The record of bind placement, relative to the root: it names the identity, which is stored nowhere.
pub(crate) const IN_RUN: &str = "run/sanid/record.json";
/// The directory of [`IN_RUN`].
pub(crate) const RUN_DIRECTORY: &str = "run/sanid";
/// No record is larger, in bytes: a few names.
pub const LIMIT: usize = 16 * 1024;

/// The record's content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// `sanid/v1`.
    pub api_version: String,
    /// `Record`.
    pub kind: String,
    /// The names that sanid put in place, by part: each part is a member of the document.
    #[serde(
        flatten,
        serialize_with = "write_parts",
        deserialize_with = "read_parts"
    )]
    pub parts: PerPart<Option<Recorded>>,
    /// A change that was begun and not yet seen through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// The names of which it was confirmed that no other host has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Confirmed>,
}

/// Where a recorded value came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origin {
    /// The source, such as `derived` or `pin`.
    pub source: String,
    /// The scheme, for derived values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// The fingerprint of the seed, for derived values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
    /// The name of the seed, where it is not the machine-id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed_name: Option<String>,
}

/// The names of a part with their origin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The names.
    #[serde(flatten)]
    pub names: Names,
    /// Where they came from.
    #[serde(flatten)]
    pub origin: Origin,
}

fn write_parts<S: Serializer>(
    parts: &PerPart<Option<Recorded>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let recorded = |part: Part| Some((part.key(), parts[part].as_ref()?));
    serializer.collect_map(Part::ALL.into_iter().filter_map(recorded))
}

/// The parts of this version; a record of a later one may have more. Each has all its names.
fn read_parts<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<PerPart<Option<Recorded>>, D::Error> {
    let mut members = BTreeMap::<String, serde_json::Value>::deserialize(deserializer)?;
    let mut parts = PerPart::default();
    for part in Part::ALL {
        let Some(member) = members.remove(part.key()) else {
            continue;
        };
        let recorded: Option<Recorded> =
            serde_json::from_value(member).map_err(serde::de::Error::custom)?;
        let lacks = |file: &&IdentityFile| {
            let named = recorded.as_ref().map(|recorded| recorded.names.of(**file));
            named == Some(None)
        };
        if let Some(file) = files(part).iter().find(lacks) {
            return Err(serde::de::Error::missing_field(file.field()));
        }
        parts[part] = recorded;
    }
    Ok(parts)
}

/// The word that no other host has the names of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confirmed {
    /// `iqn` or `nvme`.
    pub part: String,
    /// The names.
    pub names: Vec<String>,
    /// How it is known: `administrator` or `audit`.
    pub by: String,
    /// When it was confirmed, by the clock of the host.
    pub at: String,
    /// The fingerprint of the machine-id at that time: a copy that was reset is a different host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<String>,
}

/// A change under way: what the readers had before it and what they shall have after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// The values before.
    pub from: Names,
    /// The values after.
    pub to: Names,
}

/// The record as it was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum RecordState {
    /// None: sanid has not run here, or the record was removed.
    #[default]
    Missing,
    /// A record.
    Present(Box<Record>),
    /// Something that cannot be read as one; it proves nothing and is replaced at the next change.
    Invalid(String),
    /// It is there, and the kernel does not let it be read: what it says is not known.
    Unreadable(String),
}

impl RecordState {
    /// The record, if there is one.
    pub fn record(&self) -> Option<&Record> {
        match self {
            Self::Present(record) => Some(record),
            Self::Missing | Self::Invalid(_) | Self::Unreadable(_) => None,
        }
    }

    /// What sanid put in place of a part.
    pub(crate) fn of(&self, part: Part) -> Option<&Recorded> {
        self.record()?.parts[part].as_ref()
    }

    /// The change that was under way when the machine stopped, if one was.
    pub fn pending(&self) -> Option<&Pending> {
        self.record()?.pending.as_ref()
    }
}

impl Record {
    /// An empty record of this version.
    pub fn new() -> Self {
        Self {
            api_version: API_VERSION.into(),
            kind: "Record".into(),
            ..Self::default()
        }
    }

    /// Reads a record.
    ///
    /// # Errors
    /// A sentence that says why it is invalid.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        document::parse(bytes, |record: &Self| &record.api_version)
    }

    /// The record as it is stored: one JSON document and a line end.
    pub fn bytes(&self) -> Vec<u8> {
        document::bytes(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A part without one of its names proves nothing of it.
    #[test]
    fn rejects_a_part_that_lacks_a_name() {
        let record = |nvme: &str| {
            let text = format!(r#"{{"apiVersion":"sanid/v1","kind":"Record","nvme":{nvme}}}"#);
            Record::parse(text.as_bytes())
        };
        let origin = r#""source":"pin""#;
        let whole = format!(r#"{{"hostNqn":"nqn.2024-01.a:b","hostId":"x",{origin}}}"#);
        assert!(record(&whole).unwrap().parts[Part::Nvme].is_some());
        for half in [
            format!(r#"{{"hostNqn":"nqn.2024-01.a:b",{origin}}}"#),
            format!(r#"{{"hostNqn":"nqn.2024-01.a:b","hostId":null,{origin}}}"#),
            format!("{{{origin}}}"),
        ] {
            assert!(record(&half).unwrap_err().contains("host"), "{half}");
        }
        assert_eq!(record("null").unwrap().parts[Part::Nvme], None);
    }
}
