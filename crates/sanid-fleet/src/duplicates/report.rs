//! What `sanid-fleet duplicates` says to programs. API, `sanid/v1`: fields are added, never renamed or removed.

use serde::Serialize;

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
