//! The JSON documents of `sanid-image seal`: API, `sanid/v1`.

use serde::Serialize;

use super::{Action, Plan};
use crate::lint::FindingReport;

/// The changes to an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SealReport {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    pub api_version: &'static str,
    /// `Seal`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Seal")))]
    pub kind: &'static str,
    /// The image as it was given.
    pub image: String,
    /// Whether nothing was done, as asked.
    pub dry_run: bool,
    /// The steps, by path.
    pub steps: Vec<StepReport>,
    /// Findings that an administrator must fix.
    pub left: Vec<FindingReport>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct StepReport {
    /// `remove`, `reset` or `edit`.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub action: Action,
    /// The path in the image; digits that may be a machine-id are left out.
    pub path: String,
    /// What was there; never a machine-id.
    pub seen: String,
    /// Whether it was done.
    pub done: bool,
    /// Why it was not, where it was tried.
    pub error: Option<String>,
}

impl SealReport {
    /// The report of a plan before anything is done.
    pub fn new(image: &str, plan: &Plan, dry_run: bool) -> Self {
        let linted = &plan.linted;
        let step = |step: &super::Step| StepReport {
            action: step.action,
            path: linted.shown_path(&format!("/{}", step.path)),
            seen: linted.shown(&step.seen),
            done: false,
            error: None,
        };
        let left = plan.left.iter();
        Self {
            api_version: sanid_host::API_VERSION,
            kind: "Seal",
            image: linted.shown(image),
            dry_run,
            steps: plan.steps.iter().map(step).collect(),
            left: left.map(|one| FindingReport::new(one, linted)).collect(),
        }
    }
}
