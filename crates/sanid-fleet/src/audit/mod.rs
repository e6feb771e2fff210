//! The reports of many hosts against each other and against an inventory.
//!
//! ```text
//! reports ─► records, on all cores ─► sorted by name, then by what must not be shared ─► checks ─► document
//! ```
//!
//! What is kept of a host is a record of about 80 bytes, and of its keys, as long as the limit allows, 16 bytes
//! each. From then on the keys are two bits each in a table, those that it says may be there again are read
//! from the records, and further records go to a temporary file. So millions of hosts need no more memory than
//! the limit says.

mod cause;
mod checks;
mod code;
mod compare;
mod document;
mod finding;
mod gather;
mod group;
mod hosts;
mod record;
mod repeats;
mod sort;
mod store;
mod tally;
mod words;

use std::io;
use std::path::{Path, PathBuf};

use sanid_host::findings::Severity;

use crate::input::{Input, InputError};
use checks::{CHECKS, Check, Context};
pub use code::Code;
pub use document::{
    AuditReport, CodeCount, FindingReport, HostPlace, HostReport, Summary, Tallies, Tally,
};
use finding::Finding;
use gather::Gathered;
pub use hosts::Hosts;

/// How to audit.
#[derive(Debug, Clone)]
pub struct Options {
    /// So many bytes of memory for records and keys; what is more goes to temporary files.
    pub memory: usize,
    /// List at most so many findings of a code and so many hosts of a finding; all are counted.
    pub limit: usize,
    /// The hosts that there should be, with their names.
    pub inventory: Option<PathBuf>,
    /// Stop at the first document that is no report.
    pub strict: bool,
    /// List every host, too.
    pub hosts: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory: 768 << 20,
            limit: 1000,
            inventory: None,
            strict: false,
            hosts: false,
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
    /// A temporary file cannot be written or read.
    #[error(
        "cannot keep the reports in a temporary file: {0}; TMPDIR names a directory with more room, --memory gives more memory"
    )]
    Spill(#[from] io::Error),
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
    look: impl Fn(Input) -> Input + Sync,
) -> Result<AuditReport, AuditError> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(crate::reports::files(path)?);
    }
    let gathered = gather::gather(&files, options, look)?;
    decide(gathered, &files, options)
}

fn decide(
    gathered: Gathered,
    files: &[PathBuf],
    options: &Options,
) -> Result<AuditReport, AuditError> {
    let Gathered {
        store,
        words,
        mut names,
        mut keys,
        reports,
        inventory,
        unread,
        bad_rows,
    } = gathered;
    rayon::join(|| names.settle(), || keys.settle());
    let context = Context {
        words: &words,
        limit: options.limit,
        inventory: options.inventory.is_some(),
    };
    let mut checks: Vec<Box<dyn Check>> = CHECKS.iter().map(|new| new(&context)).collect();

    // Which reports count is known once those of one name have been looked at.
    let mut superseded = tally::Places::default();
    compare::each_name(&store, names, &mut superseded, |named| {
        for check in &mut checks {
            check.named(&context, named);
        }
    })?;

    let sharing = group::Sharing::new(&store, &words, options.limit);
    compare::each_shared(&store, keys, &superseded, sharing, |shared| {
        for check in &mut checks {
            check.shared(&context, shared);
        }
    })?;

    let mut tallies = tally::Counts::default();
    store.each_head(|place, record| {
        if !record.flags.inventory && !superseded.has(place) {
            tallies.add(record);
            for check in &mut checks {
                check.host(&context, place, record);
            }
        }
        Ok(())
    })?;

    let mut found: Vec<(Code, u64, Vec<Finding>)> = Vec::new();
    for check in checks {
        found.extend(check.findings(&context));
    }
    found.extend(unread.findings(
        Code::NoReport,
        "documents that are no report, and hosts that gave none",
        "What these hosts use is not known.",
        "sanid-fleet collect --ssh HOSTS    asks the hosts again",
    ));
    found.extend(bad_rows.findings(
        Code::InventoryRow,
        "lines of the inventory that are no host",
        "These hosts are missed by nobody.",
        "correct these lines",
    ));
    let summary = Summary {
        files: files.len() as u64,
        reports,
        hosts: tallies.hosts(),
        no_reports: unread.count,
        inventory: context.inventory.then_some(inventory),
    };
    let mut writer = tally::Writer {
        store: &store,
        files,
        inventory: options.inventory.as_deref(),
    };
    let (counts, findings) = ordered(found);
    let reports = findings
        .iter()
        .map(|finding| writer.finding(finding))
        .collect::<io::Result<Vec<FindingReport>>>()?;
    let tallies = tallies.done(&words);
    let hosts = options.hosts.then(|| {
        Hosts::kept(hosts::Kept {
            found: tally::found(&findings),
            store,
            words,
            superseded,
        })
    });
    Ok(AuditReport {
        api_version: sanid_host::API_VERSION.to_owned(),
        kind: "Audit".to_owned(),
        summary,
        tallies,
        counts,
        findings: reports,
        hosts,
    })
}

/// The findings, the worst first, with those of exactly the same hosts made one.
fn ordered(found: Vec<(Code, u64, Vec<Finding>)>) -> (Vec<CodeCount>, Vec<Finding>) {
    let mut counts = Vec::new();
    let mut findings: Vec<Finding> = Vec::new();
    for (code, count, of_code) in found {
        if count > 0 {
            counts.push(CodeCount {
                code: code.as_str().to_owned(),
                findings: count,
                omitted: count - of_code.len() as u64,
            });
        }
        findings.extend(of_code);
    }
    // Those of one set stand together, the one that explains the others first.
    let mut merged: Vec<Finding> = Vec::new();
    let mut places: std::collections::HashMap<u128, usize> = std::collections::HashMap::new();
    for finding in findings {
        let first = places
            .get(&finding.set)
            .copied()
            .filter(|_| finding.set != 0);
        if let Some(first) = first.and_then(|place| merged.get_mut(place)) {
            if !first.also.contains(&finding.code) && first.code != finding.code {
                first.also.push(finding.code);
            }
            first.about.extend(finding.about);
            first.details.extend(finding.details);
        } else {
            places.insert(finding.set, merged.len());
            merged.push(finding);
        }
    }
    for finding in &mut merged {
        let mut seen = std::collections::HashSet::new();
        finding.about.retain(|about| seen.insert(about.clone()));
    }
    merged.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    (counts, merged)
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

    fn findings(
        &self,
        code: Code,
        seen: &str,
        why: &'static str,
        fix: &str,
    ) -> Option<(Code, u64, Vec<Finding>)> {
        (self.count > 0).then(|| {
            let finding = Finding {
                details: self.told.clone(),
                hosts: self.count,
                fix: vec![fix.to_owned()],
                ..Finding::new(code, format!("{seen}: {}", self.count), why)
            };
            (code, 1, vec![finding])
        })
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
