//! The open list of parts, beside the members that name one each.

use super::{PlaceReport, report};
use crate::part::{IdentityFile, Names, Part, files};

report! {
    /// One part of an identity. Later versions may list more parts, and more names of a part.
    pub struct PartReport {
        /// `iqn` or `nvme`.
        pub part: &'static str,
        /// Its names; empty where it has none.
        pub names: Vec<PartName>,
        /// Their source, if the report has it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub provenance: Option<PlaceReport>,
    }
}

report! {
    /// One name.
    pub struct PartName {
        /// `iqn`, `host-nqn` or `host-id`.
        pub kind: &'static str,
        /// The name.
        pub name: String,
    }
}

report! {
    /// Names: a member for each of the first three, and the open list.
    pub struct NamesReport {
        /// The initiator name.
        pub iqn: Option<String>,
        /// The host NQN.
        pub host_nqn: Option<String>,
        /// The Host ID.
        pub host_id: Option<String>,
        /// Every part with its names; documents of 0.1 have none.
        pub parts: Option<Vec<PartReport>>,
        #[serde(skip)]
        names: Names,
    }
}

impl NamesReport {
    /// The report of these names.
    pub fn new(names: &Names) -> Self {
        let [iqn, host_nqn, host_id] = names.named();
        Self {
            iqn,
            host_nqn,
            host_id,
            parts: Some(PartReport::list(names)),
            names: names.clone(),
        }
    }

    /// The names.
    pub fn names(&self) -> &Names {
        &self.names
    }
}

impl PartReport {
    /// Every part with these names, without their provenance.
    pub fn list(names: &Names) -> Vec<Self> {
        Self::with(names, |_| None)
    }

    /// Every part with these names and their provenance.
    pub(super) fn with(
        names: &Names,
        provenance: impl Fn(Part) -> Option<PlaceReport>,
    ) -> Vec<Self> {
        let name = |file: &IdentityFile| {
            Some(PartName {
                kind: file.key(),
                name: names.of(*file)?.to_owned(),
            })
        };
        let report = |part| Self {
            part: Part::key(part),
            names: files(part).iter().filter_map(name).collect(),
            provenance: provenance(part),
        };
        Part::ALL.into_iter().map(report).collect()
    }
}
