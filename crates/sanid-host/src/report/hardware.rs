//! `Hardware` (sanid hardware).

use super::{Outcome, report};
use crate::API_VERSION;
use crate::hardware::{Comparison, HardwareFacts, Match, Verdict};

report! {
    /// The hardware of this host against what was recorded of it; never a serial number.
    pub struct HardwareReport {
        /// `sanid/v1`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
        pub api_version: &'static str,
        /// `Hardware`.
        #[cfg_attr(feature = "schema", schemars(extend("const" = "Hardware")))]
        pub kind: &'static str,
        /// `unchanged`, or with `accept` `changed` or `would-change`.
        pub outcome: Outcome,
        /// The comparison; absent where nothing is recorded for this machine-id.
        pub comparison: Option<HardwareSummary>,
    }
}

report! {
    /// The verdict from the evidence.
    pub struct HardwareSummary {
        /// `same-host`, `parts-changed`, `clone-suspected`, or `unknown` where nothing can be compared.
        pub verdict: Verdict,
        /// The sum of the weights (docs/clones.md); below zero it speaks for another machine.
        pub weight: i32,
        /// Each kind of evidence.
        pub evidence: Vec<EvidenceReport>,
    }
}

report! {
    /// One kind of evidence.
    pub struct EvidenceReport {
        /// What it is, such as `firmware UUID`.
        pub name: &'static str,
        /// `same`, `different`, or `unknown` where it was not recorded or cannot be seen.
        pub compared: Match,
    }
}

impl HardwareReport {
    /// The report of a host.
    pub fn new(outcome: Outcome, facts: &HardwareFacts) -> Self {
        Self {
            api_version: API_VERSION,
            kind: "Hardware",
            outcome,
            comparison: HardwareSummary::new(facts),
        }
    }
}

impl HardwareSummary {
    pub(super) fn new(facts: &HardwareFacts) -> Option<Self> {
        facts.comparison().map(Self::of)
    }

    /// The summary of a comparison.
    pub fn of(comparison: Comparison) -> Self {
        let evidence = comparison.by_name().map(|(name, found)| EvidenceReport {
            name,
            compared: found,
        });
        Self {
            verdict: comparison.verdict(),
            weight: comparison.weight(),
            evidence: evidence.into(),
        }
    }
}
