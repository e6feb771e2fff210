//! `sanid-fleet duplicates`: who shares a name, in whatever arrays, inventories and hosts print.

use std::collections::BTreeMap;
use std::path::PathBuf;

use sanid_cli::{Page, Progress, Tone};

use super::{Exit, Failure, Format};
use crate::duplicates;
use crate::duplicates::report::DuplicatesReport;
use crate::input::Input;

/// Find hosts that share a storage name, in any table, dump or export
///
/// Takes what arrays, hypervisors, inventories, Ansible, kubectl and other programs print, and lists that people keep: tables,
/// CSV and workbooks, JSON, XML, blocks of text. Names are found by what they look like, and the host around each.
/// No machine-id is needed. Give the files of all arrays at once: one array refuses a name twice, two do not know of
/// each other.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit codes: 0 no name is shared; 1 one is, or may be; 2 error, or there is no name in the files.
Examples:
  sanid-fleet duplicates hosts.csv
  sanid-fleet duplicates array-1.json array-2.txt vcenter.csv
  ansible all -b -m shell -a 'cat /etc/iscsi/initiatorname.iscsi' | sanid-fleet duplicates -")]
pub(super) struct Options {
    /// Files, plain or compressed with gzip; - is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// As text for people, or as JSON for programs
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

impl Options {
    pub(super) fn is_json(&self) -> bool {
        self.format == Format::Json
    }
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let mut sources = BTreeMap::new();
    let progress = Progress::bytes(super::audit::size(&options.files));
    for path in &options.files {
        let input = Input::open(path).map_err(|error| Failure::error(&error))?;
        let input = input.through(|bytes| Box::new(progress.of(bytes)));
        let file = input.whole().map_err(|error| Failure::error(&error))?;
        let source = duplicates::read(&file.name, &file.bytes);
        sources.insert(file.name, source);
    }
    progress.done();
    let report = DuplicatesReport::new(&sources);
    if report.found == 0 {
        let files: Vec<&str> = sources.keys().map(String::as_str).collect();
        let mut message = format!(
            "there is no initiator name, host NQN or Host ID in {}, so nothing was compared",
            files.join(", ")
        );
        for one in &report.not_read {
            message.push_str("\n  ");
            message.push_str(one);
        }
        return Err(Failure::error(&message));
    }
    if options.is_json() {
        super::json(&report)?;
    } else {
        text(&report).print()?;
    }
    Ok(if report.names.is_empty() {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

/// As many hosts of a name, and as many places of a host, as a person reads.
const SHOWN: usize = 10;

fn text(report: &DuplicatesReport) -> Page {
    let mut page = Page::new();
    for one in &report.names {
        let tone = match one.verdict {
            "shared" => Tone::Danger,
            _ => Tone::Warning,
        };
        let heading = format!("{}  {}", page.tone(tone, one.verdict), one.name);
        page.line(heading);
        let mut rows: Vec<[(Tone, String); 2]> = Vec::new();
        let all = one
            .hosts
            .iter()
            .map(|host| ("", host))
            .chain(one.groups.iter().map(|group| ("group ", group)));
        let count = one.hosts.len() + one.groups.len();
        for (what, holder) in all.take(SHOWN) {
            rows.push([
                (Tone::Plain, format!("{what}{}", holder.name)),
                (Tone::Faint, places(&holder.places)),
            ]);
        }
        if count > SHOWN {
            let more = format!("and {} more", count - SHOWN);
            rows.push([(Tone::Plain, more), (Tone::Plain, String::new())]);
        }
        if !one.unnamed.is_empty() {
            rows.push([
                (Tone::Plain, "host not named".to_owned()),
                (Tone::Faint, places(&one.unnamed)),
            ]);
        }
        for address in one.addresses.iter().take(SHOWN) {
            rows.push([
                (Tone::Plain, format!("at {address}")),
                (Tone::Plain, String::new()),
            ]);
        }
        for id in &one.host_ids {
            rows.push([
                (Tone::Plain, format!("Host ID {id}")),
                (Tone::Plain, String::new()),
            ]);
        }
        page.rows(2, &rows);
        page.gap();
    }
    for one in &report.not_read {
        page.line(format!("not read: {one}"));
    }
    let count = |verdict: &str| {
        let names = report.names.iter();
        names.filter(|one| one.verdict == verdict).count()
    };
    page.line(format!(
        "{} name{}: {} shared, {} to ask about, {} of one host",
        report.found,
        if report.found == 1 { "" } else { "s" },
        count("shared"),
        count("ask"),
        report.found - report.names.len()
    ));
    if count("shared") > 0 {
        page.line("Hosts that share a name can write to each other's volumes. Unmount them on one host first, then give it names of its own: sanid reseed, or sanid apply --replace.");
    }
    if count("ask") > 0 {
        page.line(
            "Two addresses, two groups or two places can be one host: find out which hosts they are.",
        );
    }
    page
}

fn places(all: &[String]) -> String {
    let mut shown: Vec<String> = all.iter().take(3).cloned().collect();
    if all.len() > 3 {
        shown.push(format!("and {} more", all.len() - 3));
    }
    shown.join(", ")
}
