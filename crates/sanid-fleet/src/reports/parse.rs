//! One report, as far as a fleet is concerned.

use std::borrow::Cow;

use sanid_core::{HostNqn, IscsiName};

use super::lenient::{Expected, lenient, objects};

/// The names by which one host is known, and where they come from. Everything borrows from the text.
///
/// Only what compares hosts is read; what else a report says is stepped over, and so is what a later
/// version adds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report<'a> {
    /// The name by which it was reached, where `sanid-fleet collect` asked for it.
    pub collected_as: Option<Cow<'a, str>>,
    /// When it was made, as RFC 3339.
    pub time: Option<Cow<'a, str>>,
    /// The boot that it was made in: equal in two reports only if they are of one running machine.
    pub boot: Option<Cow<'a, str>>,
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
    /// Names that programs take from records of their own, each with its record.
    pub given: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The pairs of the kernel's controllers, and of programs that do not take the files'.
    pub live_pairs: Vec<Pair<'a>>,
    /// The verdict about its hardware.
    pub hardware: Option<Cow<'a, str>>,
    /// The addresses of its interfaces; none where it does not say.
    pub addresses: Vec<Cow<'a, str>>,
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
    /// An object in a list of Kubernetes is not one of sanid's agent.
    #[error("{0}")]
    Node(String),
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

impl From<serde_json::Error> for ScanFault {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() {
            return Self("it is cut off".to_owned());
        }
        // The line is that of the document, and the caller has the line of the file.
        let text = error.to_string();
        let why = text.split(" at line ").next().unwrap_or_default();
        Self(format!("it is no JSON: {why}, at byte {}", error.column()))
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
    let document: Document<'_> = serde_json::from_str(text).map_err(ScanFault::from)?;
    document.checked()
}

type Text<'a> = Option<Cow<'a, str>>;

objects! {
    Document {
        api_version: Text<'a>,
        kind: Text<'a>,
        message: Text<'a>,
        collected_as: Text<'a>,
        collected_at: Text<'a>,
        time: Text<'a>,
        boot: Text<'a>,
        host: Text<'a>,
        addresses: Vec<Text<'a>>,
        desired: Desired<'a>,
        seed: Seed<'a>,
        on_disk: OnDisk<'a>,
        live: Live<'a>,
        readers: Vec<Used<'a>>,
        hardware: Hardware<'a>,
        findings: Vec<Found<'a>>,
    }
    Desired {
        iqn: Text<'a>,
        host_nqn: Text<'a>,
        host_id: Text<'a>,
        scheme: Text<'a>,
        provenance: Provenance<'a>,
    }
    Provenance { iqn: Source<'a>, nvme: Source<'a>, }
    Source { source: Text<'a>, }
    Seed { name: Text<'a>, state: Text<'a>, fingerprint: Text<'a>, }
    OnDisk { iqn: File<'a>, host_nqn: File<'a>, host_id: File<'a>, }
    File { state: Text<'a>, value: Text<'a>, }
    Live { iscsi: Vec<Used<'a>>, iscsi_hosts: Vec<Used<'a>>, nvme: Vec<Used<'a>>, }
    Used { from: Text<'a>, iqn: Text<'a>, host_nqn: Text<'a>, host_id: Text<'a>, }
    Hardware { verdict: Text<'a>, }
    Found { code: Text<'a>, severity: Text<'a>, }
}

impl<'a> File<'a> {
    /// The value of a file that is valid; others hold no name that anything uses.
    fn valid(self) -> Text<'a> {
        self.value
            .filter(|_| self.state.as_deref() == Some("valid"))
    }
}

impl<'a> Document<'a> {
    /// The report, where it is one.
    fn checked(self) -> Result<Report<'a>, NoReport> {
        let told = |word: &Text<'_>| match word.as_deref() {
            Some(word) => format!("\"{}\"", crate::shown(word)),
            None => "not given".to_owned(),
        };
        let kind = self.kind.as_deref();
        if !matches!(kind, Some("Status" | "Error")) {
            return Err(NoReport::Kind(told(&self.kind)));
        }
        if self.api_version.as_deref() != Some("sanid/v1") {
            return Err(NoReport::Version(told(&self.api_version)));
        }
        if kind == Some("Error") {
            let host = self.collected_as.as_deref().unwrap_or("a host");
            return Err(NoReport::NoAnswer {
                host: crate::shown(host),
                message: crate::shown(self.message.as_deref().unwrap_or("no answer")),
            });
        }
        Ok(self.report())
    }

    fn report(self) -> Report<'a> {
        let mut report = Report {
            collected_as: self.collected_as,
            time: self.collected_at.or(self.time),
            boot: self.boot,
            host: self.host,
            seed: self.seed.name,
            seed_state: self.seed.state,
            fingerprint: self.seed.fingerprint,
            scheme: self.desired.scheme,
            iqn_source: self.desired.provenance.iqn.source,
            nvme_source: self.desired.provenance.nvme.source,
            desired_iqn: self.desired.iqn,
            desired_pair: Pair {
                host_nqn: self.desired.host_nqn,
                host_id: self.desired.host_id,
            },
            iqn: self.on_disk.iqn.valid(),
            pair: Pair {
                host_nqn: self.on_disk.host_nqn.valid(),
                host_id: self.on_disk.host_id.valid(),
            },
            hardware: self.hardware.verdict,
            addresses: self.addresses.into_iter().flatten().collect(),
            ..Report::default()
        };
        let live = self.live.iscsi.into_iter().chain(self.live.iscsi_hosts);
        report.live_iqns.extend(live.filter_map(|one| one.iqn));
        let pairs = self.live.nvme.into_iter().map(Used::pair);
        report.live_pairs.extend(pairs.map(|(_, pair)| pair));
        for reader in self.readers {
            // A value that is not a name is not compared: a comment that a program takes for one is the same on
            // every host.
            let from = reader.from.clone();
            let (iqn, mut pair) = reader.pair();
            if let Some(iqn) = iqn.filter(|iqn| IscsiName::in_use(iqn).is_ok()) {
                report.given.extend(from.map(|from| (iqn.clone(), from)));
                report.live_iqns.push(iqn);
            }
            pair.host_nqn = pair.host_nqn.filter(|nqn| HostNqn::in_use(nqn).is_ok());
            if pair != Pair::default() {
                report.live_pairs.push(pair);
            }
        }
        let findings = self.findings.into_iter();
        report.findings = findings
            .filter_map(|one| Some((one.code?, one.severity.unwrap_or_default())))
            .collect();
        report
    }
}

impl<'a> Used<'a> {
    fn pair(self) -> (Text<'a>, Pair<'a>) {
        let pair = Pair {
            host_nqn: self.host_nqn,
            host_id: self.host_id,
        };
        (self.iqn, pair)
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
