//! What `sanid-fleet duplicates` says to programs. API, `sanid/v1`: fields are added, never renamed or removed.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Fact, Judged, Source, Verdict, judge};
use crate::shown;

macro_rules! document {
    ($(#[$meta:meta])* pub(crate) struct $($rest:tt)*) => {
        #[derive(Debug, Clone, PartialEq, Eq, Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub(crate) struct $($rest)*
    };
}

document! {
    /// Names of hosts, and who has each.
    pub(crate) struct DuplicatesReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub(crate) api_version: &'static str,
        /// `Duplicates`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Duplicates")))]
        pub(crate) kind: &'static str,
        /// Names that several hosts have, or may have; the certain ones first.
        pub(crate) names: Vec<SharedName>,
        /// Names that were found, those of one host included.
        pub(crate) found: usize,
        /// What was not read, and where.
        pub(crate) not_read: Vec<String>,
    }
}

document! {
    /// A name and those who have it.
    pub(crate) struct SharedName {
        /// `iqn`, `hostNqn` or `hostId`.
        pub(crate) part: &'static str,
        /// The name; letters are small where their size makes no difference.
        pub(crate) name: String,
        /// `shared`, or `ask` where the sources do not show it.
        pub(crate) verdict: &'static str,
        /// The hosts.
        pub(crate) hosts: Vec<Holder>,
        /// Groups of the array that have it; each may be a host.
        pub(crate) groups: Vec<Holder>,
        /// File and line of each place that names no host.
        pub(crate) unnamed: Vec<String>,
        /// Addresses from which it came.
        pub(crate) addresses: Vec<String>,
        /// Host IDs that came with an NQN, where there are several.
        pub(crate) host_ids: Vec<String>,
    }
}

document! {
    /// A host, and where it has the name.
    pub(crate) struct Holder {
        /// Its name, as the first place has it.
        pub(crate) name: String,
        /// File and line of each place.
        pub(crate) places: Vec<String>,
    }
}

impl DuplicatesReport {
    /// What the files show together, each by its name.
    pub(crate) fn new(sources: &BTreeMap<String, Source>) -> Self {
        let facts: Vec<Fact> = sources
            .iter()
            .flat_map(|(file, source)| {
                source.facts.iter().map(move |fact| Fact {
                    file: file.clone(),
                    ..fact.clone()
                })
            })
            .collect();
        let judged = judge(&facts);
        let mut shared: Vec<&Judged> = judged
            .iter()
            .filter(|one| one.verdict != Verdict::Apart)
            .collect();
        shared.sort_by_key(|one| {
            let holders = one.hosts.len() + one.groups.len() + one.addresses.len();
            (std::cmp::Reverse(one.verdict), std::cmp::Reverse(holders))
        });
        let wwns: usize = sources.values().map(|source| source.wwns).sum();
        let mut not_read: Vec<String> = sources
            .iter()
            .flat_map(|(file, source)| {
                source
                    .unread
                    .iter()
                    .map(move |one| format!("{file}: {}", shown(one)))
            })
            .collect();
        if wwns > 0 {
            not_read.push(format!(
                "{wwns} WWN{} of Fibre Channel: sanid does not compare those",
                if wwns == 1 { "" } else { "s" }
            ));
        }
        Self {
            api_version: sanid_host::API_VERSION,
            kind: "Duplicates",
            names: shared.into_iter().map(shared_name).collect(),
            found: judged.len(),
            not_read,
        }
    }
}

fn shared_name(one: &Judged) -> SharedName {
    let holders = |all: &[super::Holder]| {
        let holder = |one: &super::Holder| Holder {
            name: shown(&one.name),
            places: one.places.clone(),
        };
        all.iter().map(holder).collect()
    };
    SharedName {
        part: one.kind.part(),
        name: shown(&one.name),
        verdict: match one.verdict {
            Verdict::Shared => "shared",
            Verdict::Ask | Verdict::Apart => "ask",
        },
        hosts: holders(&one.hosts),
        groups: holders(&one.groups),
        unnamed: one.unnamed.clone(),
        addresses: one.addresses.iter().map(ToString::to_string).collect(),
        host_ids: if one.host_ids.len() > 1 {
            one.host_ids.clone()
        } else {
            Vec::new()
        },
    }
}
