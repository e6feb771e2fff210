//! The report as SARIF 2.1.0 (OASIS Standard, Static Analysis Results Interchange Format), which CI systems
//! show beside the change that caused it.

use std::fmt::Write as _;

use sanid_host::findings::Severity;
use serde_json::{Value, json};

use super::finding::{RULES, Rule};
use super::report::{FindingReport, LintReport};

/// The report as a SARIF log.
///
/// # Examples
/// ```
/// use sanid_image::lint;
///
/// let linted = lint::archive(&b""[..]);
/// let log = lint::sarif(&lint::LintReport::new("image.tar", &linted));
/// assert_eq!(log["version"], "2.1.0");
/// assert_eq!(log["runs"][0]["results"].as_array().unwrap().len(), 0);
/// ```
pub fn sarif(report: &LintReport) -> Value {
    let rules: Vec<Value> = RULES.iter().map(|one| rule(one)).collect();
    let results: Vec<Value> = report.findings.iter().map(result).collect();
    let problems: Vec<Value> = report.error.iter().map(|text| notification(text)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sanid-image",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "invocations": [{
                "executionSuccessful": report.error.is_none(),
                "toolExecutionNotifications": problems,
            }],
            "originalUriBaseIds": { "IMAGE": {
                "description": { "text": format!("the root of the image {}", report.image) },
            }},
            "results": results,
        }],
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": rule.code,
        "shortDescription": { "text": rule.title },
        "fullDescription": { "text": rule.why },
        "defaultConfiguration": { "level": level(rule.severity) },
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Danger => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

fn result(finding: &FindingReport) -> Value {
    let index = RULES.iter().position(|rule| rule.code == finding.code);
    let text = format!(
        "{}: {}. {} To remove it: {}",
        finding.path, finding.seen, finding.why, finding.fix
    );
    json!({
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": {
            "uri": uri(finding.path.trim_start_matches('/')),
            "uriBaseId": "IMAGE",
        }}}],
    })
}

fn notification(text: &str) -> Value {
    json!({
        "level": "error",
        "message": { "text": format!("the image was not read to its end: {text}") },
    })
}

/// A relative reference (RFC 3986, section 4.2): everything but its unreserved characters and `/` in
/// hexadecimal.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
