//! `sanid-fleet import`: what a target admits, as a list.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::json;

use super::scope;
use super::{Exit, Failure, complain};
use crate::targets::{Entry, Format, Kind, TargetError};

/// Write what a storage target admits as a list
///
/// Each entry of its access lists is a row, with the object that it gives access to. With --inventory only the
/// entries that belong to no host of that list, and the exit code 1 when there are some: wildcards,
/// addresses and objects that let anyone in belong to nobody.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The format
    #[arg(long, value_name = "FORMAT", value_parser = scope::formats())]
    from: &'static Format,
    /// What the target has now, as its own tool says it; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Hosts that there should be: a list as sanid-fleet derive or kubectl writes it
    #[arg(long, alias = "hosts", value_name = "FILE")]
    inventory: Vec<PathBuf>,
    /// How to write the list
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    /// Rows with a header
    Csv,
    /// One object to a line
    Ndjson,
}

pub(super) fn run(options: &Options) -> Result<Exit, Failure> {
    let format = options.from;
    let text = scope::text(&options.file)?;
    let present = scope::present(format, &options.file, &text)?;
    scope::included(&present);
    let all = present.entries.len();
    if options.inventory.is_empty() {
        let entries: Vec<&Entry> = present.entries.iter().collect();
        scope::write(|out| write(&entries, options.format, out))?;
        complain(&format!(
            "{all} entries in {} objects",
            present.objects.len()
        ));
        return Ok(Exit::Fine);
    }
    let list = scope::read(&options.inventory)?;
    let mut known = HashSet::new();
    for host in &list.hosts {
        let [iqn, nqn] = host.names();
        for name in [iqn, nqn].into_iter().flatten() {
            known.insert(format.key(&format.spelling(name)).into_owned());
        }
    }
    let strangers: Vec<&Entry> = present
        .entries
        .iter()
        .filter(|entry| entry.kind != Kind::Name || !known.contains(&*format.key(&entry.name)))
        .collect();
    scope::write(|out| write(&strangers, options.format, out))?;
    complain(&format!(
        "{} of {all} entries belong to no host of the {} that are known",
        strangers.len(),
        list.hosts.len()
    ));
    Ok(if strangers.is_empty() && list.bad == 0 {
        Exit::Fine
    } else {
        Exit::Findings
    })
}

/// Rows of a list of hosts, with columns more.
fn write(entries: &[&Entry], output: Output, out: &mut dyn Write) -> Result<(), TargetError> {
    if output == Output::Ndjson {
        for entry in entries {
            let [iqn, nqn] = names(entry);
            let row = json!({
                "host": host(entry), "iqn": iqn, "hostNqn": nqn,
                "object": entry.object, "kind": kind(entry), "entry": entry.name,
            });
            writeln!(out, "{row}")?;
        }
        return Ok(());
    }
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(["host", "iqn", "host_nqn", "object", "kind", "entry"])
        .map_err(std::io::Error::from)?;
    for entry in entries {
        let [iqn, nqn] = names(entry).map(Option::unwrap_or_default);
        let row = [
            host(entry),
            iqn,
            nqn,
            &entry.object,
            kind(entry),
            &entry.name,
        ];
        csv.write_record(row).map_err(std::io::Error::from)?;
    }
    csv.flush()?;
    Ok(())
}

fn host(entry: &Entry) -> &str {
    entry.label.as_deref().unwrap_or(&entry.name)
}

/// The initiator name or the host NQN.
fn names(entry: &Entry) -> [Option<&str>; 2] {
    let name = (entry.kind == Kind::Name).then_some(entry.name.as_str());
    if entry.name.starts_with("nqn.") {
        [None, name]
    } else {
        [name, None]
    }
}

fn kind(entry: &Entry) -> &'static str {
    match entry.kind {
        Kind::Name => "name",
        Kind::Pattern => "pattern",
        Kind::Anyone => "anyone",
    }
}
