//! One report, as far as a fleet is concerned.

use std::borrow::Cow;

use sanid_core::{HostNqn, IscsiName};

use super::scan::{ScanError, Scanner};

/// The names by which one host is known, and where they come from. Everything borrows from the text.
///
/// Only what compares hosts is read; what else a report says is stepped over, and so is what a later
/// version adds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// The name by which it was reached, where `sanid-fleet collect` asked for it.
    pub collected_as: Option<Cow<'a, str>>,
    /// What the host calls itself.
    pub host: Option<Cow<'a, str>>,
    /// The seed in use.
    pub seed: Option<Cow<'a, str>>,
    /// Whether it can be used.
    pub seed_state: Option<Cow<'a, str>>,
    /// Equal on two hosts only if their seeds are.
    pub fingerprint: Option<Cow<'a, str>>,
    /// The configured scheme.
    pub scheme: Option<Cow<'a, str>>,
    /// Where the desired initiator name comes from.
    pub iqn_source: Option<Cow<'a, str>>,
    /// Where the desired NVMe pair comes from.
    pub nvme_source: Option<Cow<'a, str>>,
    /// The desired initiator name.
    pub desired_iqn: Option<Cow<'a, str>>,
    /// The desired NVMe pair.
    pub desired_pair: Pair<'a>,
    /// The initiator name on disk, where it is a valid one.
    pub iqn: Option<Cow<'a, str>>,
    /// The NVMe pair on disk, as far as it is valid.
    pub pair: Pair<'a>,
    /// The initiator names of the kernel's sessions and adapters, and of programs that do not take the file's.
    pub live_iqns: Vec<Cow<'a, str>>,
    /// The pairs of the kernel's controllers, and of programs that do not take the files'.
    pub live_pairs: Vec<Pair<'a>>,
    /// The verdict about its hardware.
    pub hardware: Option<Cow<'a, str>>,
    /// The codes and the severities of its own findings.
    pub findings: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

/// A host NQN and a Host ID that are used together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Pair<'a> {
    /// The host NQN.
    pub host_nqn: Option<Cow<'a, str>>,
    /// The Host ID.
    pub host_id: Option<Cow<'a, str>>,
}

/// A document that is no report of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoReport {
    /// It is no JSON object, or not all of it is there.
    #[error("{0}")]
    NoJson(#[from] ScanFault),
    /// It is JSON of something else.
    #[error(
        "it is no report: its kind is {0}, and that of `sanid status --format json` is \"Status\""
    )]
    Kind(String),
    /// It is a report of a version that is not known here.
    #[error("its version is {0}, and this sanid-fleet reads \"sanid/v1\"")]
    Version(String),
    /// The host was asked, and could not answer.
    #[error("{host}: {message}")]
    NoAnswer {
        /// The host that was asked.
        host: String,
        /// What came instead.
        message: String,
    },
}

/// What is wrong with a text that should be JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ScanFault(pub(super) String);

impl From<ScanError> for NoReport {
    fn from(error: ScanError) -> Self {
        Self::NoJson(ScanFault(error.to_string()))
    }
}

/// Reads one report.
///
/// # Errors
/// [`NoReport`] where the text is no JSON, is cut off, or is JSON of something else.
///
/// # Examples
/// ```
/// use sanid_fleet::reports::{NoReport, parse};
///
/// let report = parse(r#"{"apiVersion":"sanid/v1","kind":"Status","host":"node-1","findings":[]}"#)?;
/// assert_eq!(report.host.as_deref(), Some("node-1"));
/// assert!(matches!(parse(r#"{"kind":"Pod"}"#), Err(NoReport::Kind(_))));
/// # Ok::<(), NoReport>(())
/// ```
pub fn parse(text: &str) -> Result<Report<'_>, NoReport> {
    if !text.trim_ascii_start().starts_with('{') {
        return Err(NoReport::NoJson(ScanFault(
            "it is no JSON object".to_owned(),
        )));
    }
    let mut scanner = Scanner::new(text);
    let document = document(&mut scanner)?;
    scanner.end()?;
    document.report()
}

/// What the top of a document says, before it is known to be a report.
#[derive(Default)]
struct Document<'a> {
    version: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    message: Option<Cow<'a, str>>,
    report: Report<'a>,
}

type Text<'a> = Option<Cow<'a, str>>;

fn text<'a>(scanner: &mut Scanner<'a>, into: &mut Text<'a>) -> Result<(), ScanError> {
    scanner.text(into)
}

fn document<'a>(scanner: &mut Scanner<'a>) -> Result<Document<'a>, ScanError> {
    let mut found = Document::default();
    scanner.object(|scanner, key| {
        let report = &mut found.report;
        match key {
            b"apiVersion" => text(scanner, &mut found.version),
            b"kind" => text(scanner, &mut found.kind),
            b"message" => text(scanner, &mut found.message),
            b"collectedAs" => text(scanner, &mut report.collected_as),
            b"host" => text(scanner, &mut report.host),
            b"desired" => desired(scanner, report),
            b"seed" => scanner.object(|scanner, key| match key {
                b"name" => text(scanner, &mut report.seed),
                b"state" => text(scanner, &mut report.seed_state),
                b"fingerprint" => text(scanner, &mut report.fingerprint),
                _ => scanner.skip(),
            }),
            b"onDisk" => scanner.object(|scanner, key| match key {
                b"iqn" => file(scanner, &mut report.iqn),
                b"hostNqn" => file(scanner, &mut report.pair.host_nqn),
                b"hostId" => file(scanner, &mut report.pair.host_id),
                _ => scanner.skip(),
            }),
            b"live" => live(scanner, report),
            b"readers" => readers(scanner, report),
            b"hardware" => scanner.object(|scanner, key| match key {
                b"verdict" => text(scanner, &mut report.hardware),
                _ => scanner.skip(),
            }),
            b"findings" => findings(scanner, report),
            _ => scanner.skip(),
        }
    })?;
    Ok(found)
}

fn desired<'a>(scanner: &mut Scanner<'a>, report: &mut Report<'a>) -> Result<(), ScanError> {
    fn source<'a>(scanner: &mut Scanner<'a>, into: &mut Text<'a>) -> Result<(), ScanError> {
        scanner.object(|scanner, key| match key {
            b"source" => text(scanner, into),
            _ => scanner.skip(),
        })
    }
    scanner.object(|scanner, key| match key {
        b"iqn" => text(scanner, &mut report.desired_iqn),
        b"hostNqn" => text(scanner, &mut report.desired_pair.host_nqn),
        b"hostId" => text(scanner, &mut report.desired_pair.host_id),
        b"scheme" => text(scanner, &mut report.scheme),
        b"provenance" => scanner.object(|scanner, key| match key {
            b"iqn" => source(scanner, &mut report.iqn_source),
            b"nvme" => source(scanner, &mut report.nvme_source),
            _ => scanner.skip(),
        }),
        _ => scanner.skip(),
    })
}

/// The value of a file that is valid; others hold no name that anything uses.
fn file<'a>(scanner: &mut Scanner<'a>, into: &mut Text<'a>) -> Result<(), ScanError> {
    let (mut state, mut value) = (None, None);
    scanner.object(|scanner, key| match key {
        b"state" => text(scanner, &mut state),
        b"value" => text(scanner, &mut value),
        _ => scanner.skip(),
    })?;
    *into = value.filter(|_| state.as_deref() == Some("valid"));
    Ok(())
}

fn live<'a>(scanner: &mut Scanner<'a>, report: &mut Report<'a>) -> Result<(), ScanError> {
    scanner.object(|scanner, key| match key {
        b"iscsi" | b"iscsiHosts" => scanner.array(|scanner| {
            let mut iqn = None;
            scanner.object(|scanner, key| match key {
                b"iqn" => text(scanner, &mut iqn),
                _ => scanner.skip(),
            })?;
            report.live_iqns.extend(iqn);
            Ok(())
        }),
        b"nvme" => scanner.array(|scanner| {
            let mut pair = Pair::default();
            scanner.object(|scanner, key| match key {
                b"hostNqn" => text(scanner, &mut pair.host_nqn),
                b"hostId" => text(scanner, &mut pair.host_id),
                _ => scanner.skip(),
            })?;
            report.live_pairs.push(pair);
            Ok(())
        }),
        _ => scanner.skip(),
    })
}

/// What programs take in place of the names in the files. What is not a name is not compared: a comment that a
/// program takes for one is the same on every host.
fn readers<'a>(scanner: &mut Scanner<'a>, report: &mut Report<'a>) -> Result<(), ScanError> {
    scanner.array(|scanner| {
        let (mut iqn, mut pair) = (None, Pair::default());
        scanner.object(|scanner, key| match key {
            b"iqn" => text(scanner, &mut iqn),
            b"hostNqn" => text(scanner, &mut pair.host_nqn),
            b"hostId" => text(scanner, &mut pair.host_id),
            _ => scanner.skip(),
        })?;
        report
            .live_iqns
            .extend(iqn.filter(|iqn| IscsiName::in_use(iqn).is_ok()));
        pair.host_nqn = pair.host_nqn.filter(|nqn| HostNqn::in_use(nqn).is_ok());
        if pair != Pair::default() {
            report.live_pairs.push(pair);
        }
        Ok(())
    })
}

fn findings<'a>(scanner: &mut Scanner<'a>, report: &mut Report<'a>) -> Result<(), ScanError> {
    scanner.array(|scanner| {
        let (mut code, mut severity) = (None, None);
        scanner.object(|scanner, key| match key {
            b"code" => text(scanner, &mut code),
            b"severity" => text(scanner, &mut severity),
            _ => scanner.skip(),
        })?;
        if let Some(code) = code {
            report.findings.push((code, severity.unwrap_or_default()));
        }
        Ok(())
    })
}

impl<'a> Document<'a> {
    fn report(self) -> Result<Report<'a>, NoReport> {
        let told = |word: &Text<'_>| match word.as_deref() {
            Some(word) => format!("\"{}\"", crate::shown(word)),
            None => "not given".to_owned(),
        };
        let kind = self.kind.as_deref();
        if !matches!(kind, Some("Status" | "Error")) {
            return Err(NoReport::Kind(told(&self.kind)));
        }
        if self.version.as_deref() != Some("sanid/v1") {
            return Err(NoReport::Version(told(&self.version)));
        }
        if kind == Some("Error") {
            let host = self.report.collected_as.as_deref().unwrap_or("a host");
            return Err(NoReport::NoAnswer {
                host: crate::shown(host),
                message: crate::shown(self.message.as_deref().unwrap_or("no answer")),
            });
        }
        Ok(self.report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_says_what_it_is() {
        for (text, why) in [
            ("{}", "its kind is not given"),
            ("[]", "no JSON object"),
            (r#"{"kind":"Identity"}"#, "its kind is \"Identity\""),
            (
                r#"{"apiVersion":"sanid/v2","kind":"Status"}"#,
                "its version is \"sanid/v2\"",
            ),
            (r#"{"kind":"\u001b[2J"}"#, r"\u{1b}"),
            (
                r#"{"apiVersion":"sanid/v1","kind":"Error","collectedAs":"n1","message":"no sanid"}"#,
                "n1: no sanid",
            ),
            ("sudo: a password is required", "no JSON"),
            (r#"{"apiVersion":"sanid/v1","kind":"Sta"#, "cut off"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn only_a_valid_file_has_a_name() {
        let report = |state: &str| {
            format!(
                r#"{{"apiVersion":"sanid/v1","kind":"Status","onDisk":{{"iqn":{{"path":"/x","state":"{state}","value":"iqn.x"}}}}}}"#
            )
        };
        assert_eq!(
            parse(&report("valid")).unwrap().iqn.as_deref(),
            Some("iqn.x")
        );
        assert_eq!(parse(&report("invalid")).unwrap().iqn, None);
    }

    /// kubernetes#47311: an image with `iface.initiatorname`, before anything has logged in.
    #[test]
    fn names_of_programs_are_compared_and_comments_are_not() {
        let text = r##"{"apiVersion":"sanid/v1","kind":"Status","readers":[
            {"reader":"a","iqn":"iqn.2001-04.com.example:a","hostNqn":null,"hostId":null},
            {"reader":"b","iqn":"# managed by a tool"},
            {"reader":"c","hostNqn":"nqn.2014-08.com.example:a","hostId":"11111111-2222-4333-8444-555555555555"},
            {"reader":"d","hostNqn":"# managed by a tool"}]}"##;
        let report = parse(text).unwrap();
        assert_eq!(report.live_iqns, ["iqn.2001-04.com.example:a"]);
        let nqns = report
            .live_pairs
            .iter()
            .map(|pair| pair.host_nqn.as_deref());
        assert_eq!(
            nqns.collect::<Vec<_>>(),
            [Some("nqn.2014-08.com.example:a")]
        );
    }

    #[test]
    fn fields_of_the_wrong_type_are_not_there() {
        let text = r#"{"apiVersion":"sanid/v1","kind":"Status","host":7,"seed":[{"name":"x"}],"findings":{"code":"x"},"desired":null}"#;
        assert_eq!(parse(text).unwrap(), Report::default());
    }
}
