//! `sanid check`: is it a name, and does everybody take it?

use std::io::{self, BufRead as _};

use sanid_cli::{Exit, Failure, Page, Tone, json};
use sanid_core::{NameKind, PortabilityIssue};
use serde::Serialize;

use crate::args::{Check, Format, Kind};

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// The verdicts on some names.
pub(crate) struct CheckReport {
    /// `sanid/v1`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "sanid/v1")))]
    api_version: &'static str,
    /// `Check`.
    #[cfg_attr(feature = "schema", schemars(extend("const" = "Check")))]
    kind: &'static str,
    /// One verdict per name, in order.
    names: Vec<NameReport>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// The verdict on one name.
struct NameReport {
    /// The name as it was given.
    name: String,
    /// `iSCSI name`, `NQN` or `Host ID`; absent if it cannot be detected.
    kind: Option<String>,
    /// Whether it keeps the standard.
    valid: bool,
    /// Whether every known program and array takes it in this form.
    portable: bool,
    /// The rule it breaks.
    broken: Option<Broken>,
    /// Why it is not portable.
    issues: Vec<Issue>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// A broken rule.
struct Broken {
    /// The rule's stable code (docs/names.md).
    rule: &'static str,
    /// The byte at which it is broken, counted from 0, where there is one place.
    at: Option<usize>,
    /// The rule in words, with its source.
    message: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
/// A reason not to rely on a valid name.
struct Issue {
    /// Its stable code (docs/names.md).
    code: &'static str,
    /// The programs that refuse or misread it.
    message: String,
}

pub(crate) fn run(options: &Check) -> Result<Exit, Failure> {
    let mut report = CheckReport {
        api_version: sanid_host::API_VERSION,
        kind: "Check",
        names: Vec::new(),
    };
    for name in &options.names {
        if name == "-" {
            for line in io::stdin().lock().lines() {
                let line = line.map_err(|error| {
                    Failure::error(&format!("cannot read standard input: {error}"))
                })?;
                report.names.push(judge(&line, options.kind));
            }
        } else {
            report.names.push(judge(name, options.kind));
        }
    }
    match options.format {
        Format::Json => json(&report)?,
        Format::Text => page(&report, options.portable).print()?,
    }
    let good = |name: &NameReport| name.valid && (name.portable || !options.portable);
    Ok(if report.names.iter().all(good) {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

fn judge(name: &str, kind: Option<Kind>) -> NameReport {
    let kind = match kind {
        Some(Kind::Iscsi) => Some(NameKind::IscsiName),
        Some(Kind::Nqn) => Some(NameKind::Nqn),
        Some(Kind::Hostid) => Some(NameKind::HostId),
        None => NameKind::detect(name),
    };
    let Some(kind) = kind else {
        return unknown(name);
    };
    let verdict = sanid_core::check(kind, name);
    let broken = verdict.validity.err().map(|error| Broken {
        rule: error.rule().code(),
        at: error.at(),
        message: error.to_string(),
    });
    let issues = verdict
        .portability
        .issues()
        .iter()
        .filter(|issue| **issue != PortabilityIssue::Invalid);
    NameReport {
        name: name.to_owned(),
        kind: Some(kind.to_string()),
        valid: verdict.is_valid(),
        portable: verdict.is_portable(),
        broken,
        issues: issues
            .map(|issue| Issue {
                code: issue.code(),
                message: issue.to_string(),
            })
            .collect(),
    }
}

fn unknown(name: &str) -> NameReport {
    NameReport {
        name: name.to_owned(),
        kind: None,
        valid: false,
        portable: false,
        broken: Some(Broken {
            rule: "unknown-kind",
            at: None,
            message: "it does not begin like any of the names: iqn., eui. or naa. (iSCSI), nqn. (NVMe), or a UUID (Host ID)".into(),
        }),
        issues: Vec::new(),
    }
}

fn page(report: &CheckReport, portable_wanted: bool) -> Page {
    let mut page = Page::new();
    for name in &report.names {
        let (tone, verdict) = match (name.valid, name.portable) {
            (false, _) => (Tone::Danger, "invalid"),
            (true, false) if portable_wanted => (Tone::Danger, "valid, not portable"),
            (true, false) => (Tone::Warning, "valid, not portable"),
            (true, true) => (Tone::Good, "valid, portable"),
        };
        let kind = name
            .kind
            .as_deref()
            .map(|kind| format!(" {kind}"))
            .unwrap_or_default();
        let shown = sanid_host::root::escape(name.name.as_bytes());
        let shown = if shown.is_empty() {
            "\"\"".to_owned()
        } else {
            shown
        };
        page.line(format!("{shown}: {}{kind}", page.tone(tone, verdict)));
        if let Some(broken) = &name.broken {
            page.detail(format!(
                "{}  {}",
                page.tone(Tone::Heading, broken.rule),
                broken.message
            ));
        }
        for issue in &name.issues {
            page.detail(format!(
                "{}  {}",
                page.tone(Tone::Heading, issue.code),
                issue.message
            ));
        }
    }
    page
}
