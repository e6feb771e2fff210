//! What an audit says to programs. API, `sanid/v1`: fields are added, never renamed or removed.

use sanid_host::report::FixReport;
use serde::{Deserialize, Serialize};

use super::Hosts;

macro_rules! document {
    ($(#[$meta:meta])* pub struct $($rest:tt)*) => {
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(rename_all = "camelCase")]
        $(#[$meta])*
        pub struct $($rest)*
    };
}

document! {
    /// The reports of a fleet, compared.
    pub struct AuditReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: String,
        /// `Audit`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Audit")))]
        pub kind: String,
        /// What was read, in numbers.
        pub summary: Summary,
        /// The hosts, counted by what their reports say.
        pub tallies: Tallies,
        /// Every code that was found, with how often.
        pub counts: Vec<CodeCount>,
        /// The findings, the worst first; at most as many of a code as `--limit` says.
        pub findings: Vec<FindingReport>,
        /// The hosts, one by one; absent where they were not asked for.
        #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<HostReport>>"))]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub hosts: Option<Hosts>,
    }
}

document! {
    /// What was read.
    pub struct Summary {
        /// Files and streams.
        pub files: u64,
        /// Reports, those of one host more than once included.
        pub reports: u64,
        /// Hosts.
        pub hosts: u64,
        /// Documents that are no report, and hosts that gave none.
        pub no_reports: u64,
        /// Hosts of the inventory; absent where none was given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub inventory: Option<u64>,
        /// Logins at targets; absent where none were given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub logins: Option<u64>,
        /// Different names in the files of `--names`; absent without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub listed: Option<u64>,
    }
}

document! {
    /// Hosts, counted.
    pub struct Tallies {
        /// By the worst of their own findings: `fine`, `warning` or `danger`.
        pub state: Vec<Tally>,
        /// By where the initiator name comes from.
        pub iqn_source: Vec<Tally>,
        /// By where the NVMe pair comes from.
        pub nvme_source: Vec<Tally>,
        /// By the configured scheme.
        pub scheme: Vec<Tally>,
        /// By the state of the seed.
        pub seed: Vec<Tally>,
        /// By the verdict about the hardware; hosts that give none are left out.
        pub hardware: Vec<Tally>,
    }
}

document! {
    /// So many hosts.
    pub struct Tally {
        /// What they have in common; `none` where the report does not say.
        pub word: String,
        /// How many.
        pub hosts: u64,
    }
}

document! {
    /// A code, and how often it was found.
    pub struct CodeCount {
        /// The code (docs/fleet-findings.md).
        pub code: String,
        /// How many findings, those that are not listed included.
        pub findings: u64,
        /// How many of them are not listed, since there are more than `--limit`.
        pub omitted: u64,
    }
}

document! {
    /// One finding.
    pub struct FindingReport {
        /// The code (docs/fleet-findings.md).
        pub code: String,
        /// Other codes that are true of exactly the same hosts.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub also: Vec<String>,
        /// `info`, `warning` or `danger`.
        pub severity: String,
        /// The likely cause, where hosts share something.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub cause: Option<String>,
        /// What it is about: the values that hosts share, the issue of a name, the code of their own finding.
        pub about: Vec<String>,
        /// What was seen.
        pub seen: String,
        /// Why it matters.
        pub why: String,
        /// What to do.
        pub fix: Vec<String>,
        /// The same, each taken apart into a command and its effect; documents of 0.1 have none.
        #[serde(default)]
        pub fixes: Vec<FixReport>,
        /// One line for each thing that needs its own.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub details: Vec<String>,
        /// How many hosts or documents it is about.
        pub hosts: u64,
        /// The first of the hosts, at most as many as `--limit` says.
        pub named: Vec<HostPlace>,
    }
}

document! {
    /// A host, and where its report is.
    pub struct HostPlace {
        /// Its name.
        pub host: String,
        /// The file.
        pub file: String,
        /// The line in the file.
        pub line: u64,
    }
}

document! {
    /// One host.
    pub struct HostReport {
        /// Its name.
        pub host: String,
        /// The worst of its own findings: `fine`, `warning` or `danger`.
        pub state: String,
        /// The initiator name in use.
        pub iqn: Option<String>,
        /// The host NQN in use.
        pub host_nqn: Option<String>,
        /// The Host ID in use.
        pub host_id: Option<String>,
        /// The scheme.
        pub scheme: Option<String>,
        /// Where the initiator name comes from.
        pub iqn_source: Option<String>,
        /// Where the NVMe pair comes from.
        pub nvme_source: Option<String>,
        /// The codes of its own findings.
        pub findings: Vec<String>,
        /// What the audit found on it: places in the list of findings, the first is 0.
        pub audit: Vec<u32>,
    }
}
