//! The JSON documents of `sanid-image lint`: API, `sanid/v1`.

use sanid_host::report::FixReport;
use serde::Serialize;

use sanid_host::findings::Severity;

use super::finding::{Finding, Remedy};
use super::layer::Linted;

/// The identities that an image has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct LintReport {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    pub api_version: &'static str,
    /// `Lint`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Lint")))]
    pub kind: &'static str,
    /// The image as it was given.
    pub image: String,
    /// What was found, by path.
    pub findings: Vec<FindingReport>,
    /// Why the image was not read to its end, where it was not.
    pub error: Option<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct FindingReport {
    /// The stable code.
    pub code: &'static str,
    /// `warning` or `danger`.
    #[serde(serialize_with = "severity")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub severity: Severity,
    /// The path in the image; digits that may be a machine-id are left out.
    pub path: String,
    /// What was seen; never a machine-id.
    pub seen: String,
    /// Why it matters.
    pub why: &'static str,
    /// How to remove it, in the image.
    pub fix: String,
    /// The same, taken apart into a command and its effect; documents of 0.1 have none.
    #[cfg_attr(feature = "schema", schemars(default))]
    pub fixes: Vec<FixReport>,
    /// Whether `sanid seal` removes it.
    pub sealable: bool,
}

/// A severity in JSON.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn severity<S: serde::Serializer>(severity: &Severity, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(severity.as_str())
}

impl LintReport {
    /// The report of what was found in an image.
    pub fn new(image: &str, linted: &Linted) -> Self {
        let findings = linted.findings.iter();
        Self {
            api_version: sanid_host::API_VERSION,
            kind: "Lint",
            image: linted.shown(image),
            findings: findings
                .map(|one| FindingReport::new(one, linted))
                .collect(),
            error: linted.damage.as_ref().map(|text| linted.shown(text)),
        }
    }
}

impl FindingReport {
    /// One finding, as it may be shown.
    pub(crate) fn new(finding: &Finding, linted: &Linted) -> Self {
        let fix = linted.shown_path(&finding.fix);
        Self {
            code: finding.rule.code,
            severity: finding.rule.severity,
            path: linted.shown_path(&format!("/{}", finding.path)),
            seen: linted.shown(&finding.seen),
            why: finding.rule.why,
            fixes: vec![FixReport::new(&fix)],
            fix,
            sealable: finding.remedy != Remedy::ByHand,
        }
    }
}
