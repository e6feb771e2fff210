//! `sanid-fleet audit` = read reports, compare, print what is wrong.

use std::fmt::Write as _;
use std::path::PathBuf;

use sanid_cli::Progress;

use super::{Exit, Failure, Format};
use crate::audit::{self, AuditReport, Code, FindingReport, hosts_text};
use crate::input::Input;

/// Find hosts that share an identity, and what else is wrong across a fleet
///
/// Reads what sanid status --format json printed on many hosts, compares the hosts with each other and
/// with an inventory, and groups what they share by its likely cause. docs/fleet-findings.md describes every
/// finding.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 nothing worse than info; 1 findings; 2 error, or with --strict a document that is no report.
Examples:
  sanid-fleet collect --ssh hosts.txt > reports.ndjson; sanid-fleet audit reports.ndjson
  sanid-fleet audit --inventory identities.csv reports/
  sanid-fleet audit --sessions sessions.json --names array.json --names vcenter.csv reports/
  kubectl get nsi -o json | sanid-fleet audit - reports.ndjson
  zcat reports-*.ndjson.gz | sanid-fleet audit --format json")]
pub(super) struct AuditOptions {
    /// Files of reports, or directories of them; - is standard input
    ///
    /// A file is one report, reports behind each other, or one to a line, or the nodes of a cluster as kubectl get
    /// nodestorageidentities -o json prints them, plain or compressed with gzip.
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
    /// As text for people, or as JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// With --format json: list every host, too, as sanid-fleet report uses it
    #[arg(long)]
    hosts: bool,
}

/// What `audit` and `report` have in common.
#[derive(Debug, clap::Args)]
pub(super) struct How {
    /// Hosts that there should be: a list as sanid-fleet derive or kubectl writes it
    #[arg(long, value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Logins at a target: its own output, or sanid-fleet sessions --format json; repeatable
    ///
    /// Finds machines without sanid: names that no host reports, logins from addresses that the host does not have, and
    /// hosts that use a different name than they report.
    #[arg(long, value_name = "FILE")]
    sessions: Vec<PathBuf>,
    /// Names that arrays, hypervisors or inventories list: any file that sanid-fleet duplicates reads; repeatable
    ///
    /// Finds names listed for several hosts, hosts listed with a different name than they report, and names that no host
    /// reports.
    #[arg(long, value_name = "FILE")]
    names: Vec<PathBuf>,
    /// Stop at the first document that is no report
    #[arg(long)]
    strict: bool,
    /// List at most N sets of hosts that share something, N findings of each other code and N hosts of a finding;
    /// totals count all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Of 0.1, where it limited memory; without effect
    #[arg(long, value_name = "MIB", hide = true)]
    memory: Option<u32>,
}

/// So many findings of a code, and so many hosts of a finding, are read by a person.
const LIMIT_TEXT: u32 = 10;
const LIMIT_JSON: u32 = 1000;

impl How {
    /// The audit of these files.
    pub(super) fn audit(
        &self,
        files: &[PathBuf],
        limit: u32,
        hosts: bool,
    ) -> Result<AuditReport, Failure> {
        let number = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let options = audit::Options {
            limit: number(self.limit.unwrap_or(limit)),
            inventory: self.inventory.clone(),
            strict: self.strict,
            hosts,
            sessions: self.sessions.clone(),
            names: self.names.clone(),
        };
        let is_input = |path: &PathBuf| path.as_os_str() == "-";
        if self
            .sessions
            .iter()
            .chain(&self.names)
            .chain(files)
            .filter(|path| is_input(path))
            .count()
            > 1
        {
            return Err(Failure::error(
                &"standard input can be read once: name files for all but one",
            ));
        }
        if self.memory.is_some() {
            super::complain("--memory has no effect: an audit needs some 300 bytes a host");
        }
        let progress = Progress::bytes(size(files));
        let look = |input: Input| input.through(|bytes| Box::new(progress.of(bytes)));
        let report = audit::audit(files, &options, look);
        progress.done();
        let report = report.map_err(|error| Failure::error(&error))?;
        // With an inventory its hosts are missing, which is a finding.
        if report.summary.reports == 0 && !report.has_findings() {
            return Err(Failure::error(&format!(
                "there is no report in {}, so nothing was compared\n\
                 Ways out:\n  \
                 sanid-fleet collect --ssh HOSTS > REPORTS  asks the hosts\n  \
                 sanid status --format json                 on a host makes its report",
                names(files)
            )));
        }
        Ok(report)
    }
}

/// Files as a message names them.
fn names(files: &[PathBuf]) -> String {
    let names = files.iter().map(|path| match path.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => sanid_host::root::printable(path),
    });
    names.collect::<Vec<_>>().join(", ")
}

/// How many bytes there are to read, where that is known.
pub(super) fn size(files: &[PathBuf]) -> Option<u64> {
    let sizes = files.iter().map(|path| {
        let metadata = std::fs::metadata(path).ok();
        metadata
            .filter(std::fs::Metadata::is_file)
            .map(|file| file.len())
    });
    sizes.sum()
}

pub(super) fn run(options: &AuditOptions) -> Result<Exit, Failure> {
    let json = options.format == Format::Json;
    let limit = if json { LIMIT_JSON } else { LIMIT_TEXT };
    let report = options
        .how
        .audit(&options.files, limit, json && options.hosts)?;
    if json {
        super::json(&report)?;
    } else {
        sanid_cli::print_wrapped(&text(&report))?;
    }
    Ok(if report.has_findings() {
        Exit::Findings
    } else {
        Exit::Fine
    })
}

impl AuditOptions {
    /// Whether a failure is printed as JSON, too.
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

fn text(report: &AuditReport) -> String {
    let mut out = String::new();
    let _ = summary(&mut out, report);
    let own = Code::HostFinding.as_str();
    for (number, finding) in report.findings.iter().enumerate() {
        let alike =
            |other: &&FindingReport| other.code == own && other.severity == finding.severity;
        let _ = if finding.code != own {
            show(&mut out, finding)
        } else if report
            .findings
            .iter()
            .take(number)
            .any(|before| alike(&before))
        {
            Ok(())
        } else {
            let alike: Vec<&FindingReport> = report.findings.iter().filter(alike).collect();
            show_own(&mut out, finding, &alike)
        };
    }
    let _ = omitted(&mut out, report);
    out
}

fn summary(out: &mut String, report: &AuditReport) -> std::fmt::Result {
    let summary = &report.summary;
    write!(out, "{}", hosts_text(summary.hosts))?;
    if let Some(inventory) = summary.inventory {
        write!(out, ", {inventory} in the inventory")?;
    }
    if let Some(logins) = summary.logins {
        write!(
            out,
            ", {logins} login{}",
            if logins == 1 { "" } else { "s" }
        )?;
    }
    if let Some(listed) = summary.listed {
        let plural = if listed == 1 { "" } else { "s" };
        write!(out, ", {listed} listed name{plural}")?;
    }
    if summary.reports != summary.hosts {
        write!(out, ", {} reports", summary.reports)?;
    }
    out.push('\n');
    let tallies = &report.tallies;
    for (name, counts) in [
        ("state", &tallies.state),
        ("scheme", &tallies.scheme),
        ("initiator name from", &tallies.iqn_source),
        ("NVMe pair from", &tallies.nvme_source),
    ] {
        let counts = counts
            .iter()
            .map(|one| format!("{} {}", one.word, one.hosts));
        let counts: Vec<String> = counts.collect();
        if !counts.is_empty() {
            writeln!(out, "  {name:<19}  {}", counts.join(", "))?;
        }
    }
    if report.findings.is_empty() {
        writeln!(out, "\nno findings")?;
    }
    Ok(())
}

fn show(out: &mut String, finding: &FindingReport) -> std::fmt::Result {
    write!(out, "\n{}  {}", finding.severity, finding.code)?;
    for code in &finding.also {
        write!(out, ", {code}")?;
    }
    if let Some(cause) = &finding.cause {
        write!(out, "  ({cause})")?;
    }
    out.push('\n');
    writeln!(out, "  {}", finding.seen)?;
    if finding.cause.is_some() {
        for about in &finding.about {
            writeln!(out, "    {about}")?;
        }
    }
    for detail in finding.details.iter().take(20) {
        writeln!(out, "    {detail}")?;
    }
    if finding.details.len() > 20 {
        writeln!(out, "    and {} more", finding.details.len() - 20)?;
    }
    if !finding.named.is_empty() {
        writeln!(out, "  on {}", named(finding))?;
    }
    writeln!(out, "  {}", finding.why)?;
    fix(out, finding)
}

/// What hosts say of themselves, one line for each of their codes.
fn show_own(out: &mut String, first: &FindingReport, alike: &[&FindingReport]) -> std::fmt::Result {
    writeln!(out, "\n{}  {}", first.severity, first.code)?;
    writeln!(out, "  hosts report of themselves (docs/findings.md):")?;
    let about = |finding: &FindingReport| finding.about.join(" ");
    let width = |texts: &mut dyn Iterator<Item = String>| texts.map(|text| text.len()).max();
    let codes = width(&mut alike.iter().copied().map(about)).unwrap_or_default();
    let counts = width(&mut alike.iter().map(|one| one.hosts.to_string())).unwrap_or_default();
    for finding in alike {
        let (code, count) = (about(finding), finding.hosts);
        writeln!(
            out,
            "    {code:<codes$}  {count:>counts$}  {}",
            named(finding)
        )?;
    }
    fix(out, first)
}

fn named(finding: &FindingReport) -> String {
    let names: Vec<&str> = finding.named.iter().map(|one| one.host.as_str()).collect();
    let names = names.join(" ");
    match finding.hosts.saturating_sub(finding.named.len() as u64) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}

fn fix(out: &mut String, finding: &FindingReport) -> std::fmt::Result {
    for fix in &finding.fix {
        writeln!(out, "  → {fix}")?;
    }
    Ok(())
}

fn omitted(out: &mut String, report: &AuditReport) -> std::fmt::Result {
    let omitted = report.counts.iter().filter(|count| count.omitted > 0);
    let omitted = omitted.map(|count| format!("{} of {}", count.omitted, count.code));
    let omitted: Vec<String> = omitted.collect();
    if !omitted.is_empty() {
        writeln!(out, "\nnot listed: {}", omitted.join(", "))?;
        writeln!(
            out,
            "  → --limit N lists more; --format json lists {LIMIT_JSON} of each"
        )?;
    }
    Ok(())
}
