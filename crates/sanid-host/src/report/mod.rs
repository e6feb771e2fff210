//! The interface to programs: the JSON documents of `--format json` and of
//! `/run/sanid/identity.json`.
//!
//! These types are API (`sanid/v1`): fields are added, never renamed or removed. The committed schema
//! is docs/schema/sanid-v1.schema.json. None of them can hold a seed.

mod apply;
mod fix;
mod hardware;
mod identity;
mod parts;
mod readers;
mod status;

pub use apply::{
    ApplyReport, Change, KeptReport, Outcome, RefusalReport, SafetyRule, UserReport, Way, restart,
};
pub use fix::FixReport;
pub use hardware::{EvidenceReport, HardwareReport, HardwareSummary};
pub use identity::{AppliedReport, CandidateReport, IdentityReport, PlaceReport, Provenance};
pub use parts::{NamesReport, PartName, PartReport};
pub use readers::ReaderReport;
pub use status::{
    FileReport, FindingReport, InitramfsReport, LiveReport, NvmeReport, OnDisk, SeedReport,
    SessionReport, StatusReport,
};

/// Derives what every report derives.
macro_rules! report {
    ($(#[$meta:meta])* pub struct $($rest:tt)*) => {
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $($rest)*
    };
    ($(#[$meta:meta])* pub enum $($rest:tt)*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        $(#[$meta])*
        pub enum $($rest)*
    };
}
use report;

report! {
    /// A refusal or failure, as JSON, when `--format json` was asked for.
    pub struct ErrorReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Error`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Error")))]
        pub kind: &'static str,
        /// The exit code: 2 usage or I/O, 3 refused by a safety rule, 4 no usable seed.
        pub exit_code: u8,
        /// What was found, why it is dangerous or impossible, and what to do.
        pub message: String,
    }
}

impl ErrorReport {
    /// A report of this message.
    pub fn new(exit_code: u8, message: String) -> Self {
        Self {
            api_version: crate::API_VERSION,
            kind: "Error",
            exit_code,
            message,
        }
    }
}
