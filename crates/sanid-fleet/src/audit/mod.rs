//! The reports of many hosts against each other and against an inventory.
//!
//! ```text
//! reports ─► records, on all cores ─► hosts by name, then by what they share ─► checks ─► document
//! ```
//!
//! Some 200 bytes are kept of a host, and 24 for each value that it must not share with another.

mod cause;
mod checks;
mod code;
mod document;
mod duplicates;
mod finding;
mod gather;
mod holders;
mod hosts;
mod listed;
mod logins;
mod named;
mod record;
mod shared;
mod tally;
mod words;

use std::path::{Path, PathBuf};

use sanid_host::findings::Severity;

use crate::input::{Input, InputError};
use checks::Found;
pub use code::Code;
pub use document::{
    AuditReport, CodeCount, FindingReport, HostPlace, HostReport, Summary, Tallies, Tally,
};
use finding::Finding;
use gather::Gathered;
pub use hosts::Hosts;
use listed::Listed;
use logins::Logins;

/// How to audit.
#[derive(Debug, Clone)]
pub struct Options {
    /// List at most this many sets of hosts that share something, findings of each other code, and hosts of a finding;
    /// all are counted.
    pub limit: usize,
    /// The hosts that there should be, with their names.
    pub inventory: Option<PathBuf>,
    /// Stop at the first document that is no report.
    pub strict: bool,
    /// List every host, too.
    pub hosts: bool,
    /// Who is logged in at targets: what those print, or documents of `sanid-fleet sessions`.
    pub sessions: Vec<PathBuf>,
    /// Files with names that arrays, hypervisors or inventories list, in any format that `sanid-fleet duplicates` reads.
    pub names: Vec<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limit: 1000,
            inventory: None,
            strict: false,
            hosts: false,
            sessions: Vec::new(),
            names: Vec::new(),
        }
    }
}

/// An audit that came to no end.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file or a directory cannot be read.
    #[error("{0}")]
    Input(#[from] InputError),
    /// With [`strict`](Options::strict): a document is no report.
    #[error("{0}; without --strict it is counted, and the rest is read")]
    Strict(String),
}

/// Audits the reports in these files and directories; `-` is standard input. `look` sees each input
/// before it is read, for a progress bar.
///
/// # Errors
/// [`AuditError`]. A document that is no report is none, but a finding, unless
/// [`strict`](Options::strict) is set.
///
/// # Examples
/// ```
/// use sanid_fleet::audit::{Options, audit};
///
/// let directory = tempfile::tempdir().unwrap();
/// let path = directory.path().join("reports.ndjson");
/// let report = |host, id| format!(
///     r#"{{"apiVersion":"sanid/v1","kind":"Status","host":"{host}","onDisk":{{"hostId":{{"state":"valid","value":"{id}"}}}}}}"#
/// );
/// let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
/// std::fs::write(&path, [report("a", id), report("b", id)].join("\n")).unwrap();
/// let found = audit(&[path], &Options::default(), |input| input)?;
/// assert_eq!(found.findings[0].code, "duplicate-host-id");
/// # Ok::<(), sanid_fleet::audit::AuditError>(())
/// ```
pub fn audit(
    paths: &[PathBuf],
    options: &Options,
    look: impl Fn(Input) -> Input + Sync + Send,
) -> Result<AuditReport, AuditError> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(crate::reports::files(path)?);
    }
    let sources = Sources {
        logins: logins::read(&options.sessions)?,
        listed: listed::read(&options.names)?,
    };
    let gathered = gather::gather(&files, options, look)?;
    Ok(decide(gathered, &sources, &files, options))
}

/// What is compared with the reports.
struct Sources {
    logins: Logins,
    listed: Listed,
}

fn decide(
    gathered: Gathered,
    sources: &Sources,
    files: &[PathBuf],
    options: &Options,
) -> AuditReport {
    let Gathered {
        mut fleet,
        reports,
        inventory,
        unread,
        bad_rows,
    } = gathered;
    let limit = options.limit;
    let named = named::named(&mut fleet);
    let mut tallies = tally::Counts::default();
    fleet.hosts().for_each(|(_, record)| tallies.add(record));

    let mut found = duplicates::duplicates(&fleet, limit);
    if options.inventory.is_some() {
        found.extend(checks::inventory(&fleet, &named, limit));
    }
    found.extend(checks::same_name(&fleet, &named, limit));
    found.push(checks::names(&fleet, limit));
    found.push(checks::drift(&fleet, limit));
    found.push(checks::schemes(&fleet, limit));
    found.extend(sources.logins.found(&fleet, limit));
    found.extend(sources.listed.found(&fleet, limit));
    found.extend(not_read(&unread, &bad_rows));
    let summary = Summary {
        files: files.len() as u64,
        reports,
        hosts: tallies.hosts(),
        no_reports: unread.count,
        inventory: options.inventory.is_some().then_some(inventory),
        logins: sources.logins.count(),
        listed: sources.listed.count(),
    };
    let (counts, findings) = ordered(found);
    let writer = tally::Writer {
        fleet: &fleet,
        files,
        inventory: options.inventory.as_deref(),
    };
    let reports = findings.iter().map(|finding| writer.finding(finding));
    AuditReport {
        api_version: sanid_host::API_VERSION.to_owned(),
        kind: "Audit".to_owned(),
        summary,
        tallies: tallies.done(&fleet.words),
        counts,
        findings: reports.collect(),
        hosts: options.hosts.then(|| {
            let found = tally::found(&findings);
            Hosts::kept(hosts::Kept { fleet, found })
        }),
    }
}

/// What of the reports and of the inventory was not read.
fn not_read(reports: &Unread, rows: &Unread) -> [Found; 2] {
    [
        reports.found(
            Code::NoReport,
            "documents that are no report, and hosts that gave none",
            "What these hosts use is not known.",
            "sanid-fleet collect --ssh HOSTS    asks the hosts again",
        ),
        rows.found(
            Code::InventoryRow,
            "lines of the inventory that are no host",
            "These hosts are missed by nobody.",
            "correct these lines",
        ),
    ]
}

/// The findings, the worst first, and of equal ones that of the most hosts.
fn ordered(found: Vec<Found>) -> (Vec<CodeCount>, Vec<Finding>) {
    let counts = found.iter().filter(|found| found.count > 0);
    let counts = counts.map(|found| CodeCount {
        code: found.code.as_str().to_owned(),
        findings: found.count,
        omitted: found.omitted,
    });
    let counts = counts.collect();
    let mut findings: Vec<Finding> = found.into_iter().flat_map(|found| found.findings).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse((finding.severity, finding.hosts)));
    (counts, findings)
}

/// Documents or lines that are not what they should be: counted, and the first of them told.
#[derive(Debug, Default)]
struct Unread {
    count: u64,
    told: Vec<String>,
}

impl Unread {
    /// Takes one, or gives it back where nothing may be wrong.
    fn add(&mut self, options: &Options, told: String) -> Result<(), AuditError> {
        if options.strict {
            return Err(AuditError::Strict(told));
        }
        self.count += 1;
        if self.told.len() < options.limit {
            self.told.push(told);
        }
        Ok(())
    }

    fn found(&self, code: Code, seen: &str, why: &'static str, fix: &str) -> Found {
        if self.count == 0 {
            return Found::none(code);
        }
        let finding = Finding {
            details: self.told.clone(),
            hosts: self.count,
            fix: vec![fix.to_owned()],
            ..Finding::new(code, format!("{seen}: {}", self.count), why)
        };
        Found::all(code, vec![finding])
    }
}

impl AuditReport {
    /// Whether anything is to be done.
    pub fn has_findings(&self) -> bool {
        let nothing = Severity::Info.as_str();
        self.findings
            .iter()
            .any(|finding| finding.severity != nothing)
    }
}

fn file_name(files: &[PathBuf], number: u32) -> String {
    let path = usize::try_from(number)
        .ok()
        .and_then(|number| files.get(number));
    match path {
        Some(path) if path == Path::new("-") => "standard input".to_owned(),
        Some(path) => sanid_host::root::printable(path),
        None => "?".to_owned(),
    }
}

/// How a count of hosts reads; for the text of the command.
pub(crate) fn hosts_text(count: u64) -> String {
    finding::hosts(count)
}
