//! `sanid-fleet derive`: inventories in, identities out.
//!
//! Machine-ids come from files or standard input, and are never repeated.

use std::io;
use std::path::PathBuf;

use clap::Args;
use sanid_cli::Progress;

use super::{Exit, Failure, complain};
use crate::derive::{
    BadRow, Counts, Derivation, Duplicate, Format, Options, Place, Rule, Shared, Stop,
};
use crate::input::{Input, InputError};
use crate::inventory::{self, Columns, FORMATS};
use crate::secret;

/// More would scroll away the reason.
const SHOWN: u64 = 20;
/// Places of one duplicate that are shown.
const PLACES: usize = 5;

#[derive(Debug, Args)]
pub(super) struct Derive {
    /// Inventories, also compressed with gzip; - is standard input
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<PathBuf>,
    /// Which column of the inventory is which: host=NAME, machine-id=NAME and so on; in objects a path, with
    /// dots between its names
    #[arg(long, value_name = "COLUMN=NAME")]
    column: Vec<String>,
    /// What the inventories are, instead of telling by their look
    #[arg(long, value_name = "FORMAT", value_parser = clap::builder::PossibleValuesParser::new(FORMATS.iter().map(|format| format.name())))]
    from: Option<String>,
    /// The rule of hosts whose row names none: sanid-v1, talos, nvme-cli-1 or nvme-stas from machine-ids,
    /// nvme-cli-2 from system UUIDs, nvme-cli-3 from system UUIDs or else machine-ids
    #[arg(long, value_name = "SCHEME", default_value = "sanid-v1", value_parser = sanid_cli::SchemeParser, hide_possible_values = true)]
    scheme: String,
    /// What stands before the ':' of the initiator name, where the row has none
    #[arg(
        long,
        value_name = "PREFIX",
        default_value = "iqn.2016-04.com.open-iscsi"
    )]
    iqn_prefix: String,
    /// The initiator name with {id}, {id12} and {hostname} in it, as in the configuration of hosts
    #[arg(long, value_name = "TEMPLATE")]
    iqn_template: Option<String>,
    /// csv and ndjson are what the other commands read, json is one document, table is for people
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// End at the first bad row
    #[arg(long)]
    strict: bool,
    /// How many cores to use; all of them unless given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Of 0.1, where it limited memory; without effect
    #[arg(long, value_name = "MIB", hide = true)]
    memory: Option<u32>,
}

/// What was found, with what was shown of it.
#[derive(Default)]
struct Told {
    /// A fault that rows share, its first place, and how many more have it.
    alike: Vec<(String, Place, u64)>,
    bad: u64,
    duplicates: u64,
}

pub(super) fn run(options: &Derive) -> Result<Exit, Failure> {
    let columns = Columns::parse(&options.column).map_err(|error| Failure::error(&error))?;
    let template = options.iqn_template.as_deref();
    let rule = Rule::parse(&options.scheme, &options.iqn_prefix, template)
        .map_err(|error| Failure::error(&error))?;
    if let Some(scheme) = rule.publishes() {
        complain(&format!(
            "scheme {scheme} puts the machine-id itself into the names; keep this output confidential"
        ));
    }
    let warned = rule.publishes().is_some();
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    let work = Options {
        rule,
        format: options.format,
        strict: options.strict,
        threads: options.threads.map_or_else(cores, usize::from),
    };
    if options.memory.is_some() {
        complain("--memory has no effect: the search for duplicates needs some 50 bytes a row");
    }
    let mut told = Told::default();
    let mut derivation = Derivation::begin(&work, io::stdout())?;
    let mut failed = false;
    for path in &options.files {
        match one(options, path, &columns, &mut derivation, &mut told) {
            Ok(()) => {}
            Err(Ended::Closed) => return Ok(Exit::Fine),
            Err(Ended::Failed(failure)) => return Err(failure),
            Err(Ended::Strict) => {
                complain("stopped there, as --strict asks; what comes before is written");
                return Ok(Exit::Error);
            }
            // The other inventories are none the worse.
            Err(Ended::Unusable(why)) => {
                complain(&why);
                failed = true;
                if options.strict {
                    return Ok(Exit::Error);
                }
            }
        }
    }
    told.rest();
    let counts = match derivation.end(&mut |duplicate| told.duplicate(&duplicate)) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Fine),
        counts => counts?,
    };
    if counts.published > 0 && !warned {
        complain(&format!(
            "{} put the machine-id itself into a name, as scheme talos does; keep this output confidential",
            many(counts.published, "row", "rows")
        ));
    }
    // Where nothing could be read, why not is all that there is to say.
    if !failed || counts.derived + counts.bad > 0 {
        complain(&told.summary(counts));
    }
    Ok(match (failed || counts.bad > 0, told.duplicates) {
        (true, _) => Exit::Error,
        (false, 0) => Exit::Fine,
        (false, _) => Exit::Findings,
    })
}

/// Why an inventory was not read to its end.
enum Ended {
    /// The reader of the output has seen enough.
    Closed,
    Failed(Failure),
    Unusable(String),
    Strict,
}

fn one(
    options: &Derive,
    path: &std::path::Path,
    columns: &Columns,
    derivation: &mut Derivation<'_, io::Stdout>,
    told: &mut Told,
) -> Result<(), Ended> {
    let input = Input::open(path).map_err(|error| Ended::Unusable(unopened(&error)))?;
    let name = input.name.clone();
    let progress = Progress::bytes(input.size);
    let input = input.through(|bytes| Box::new(progress.of(bytes)));
    let before = (derivation.counts(), told.bad);
    let opened = inventory::open(input, options.from.as_deref(), columns);
    let opened = opened.map_err(|error| Ended::Unusable(error.to_string()))?;
    let done = derivation.inventory(&name, opened, &mut |bad| told.bad_row(&bad));
    progress.done();
    match done {
        Ok(()) if before == (derivation.counts(), told.bad) => Err(Ended::Unusable(format!(
            "{name}: it has a header and no host"
        ))),
        Ok(()) => Ok(()),
        Err(Stop::Strict) => Err(Ended::Strict),
        Err(Stop::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Err(Ended::Closed),
        Err(Stop::Output(error)) => Err(Ended::Failed(error.into())),
        Err(Stop::Unusable(unusable)) => Err(Ended::Unusable(format!(
            "{name}, line {}: {}",
            unusable.line, unusable.why
        ))),
    }
}

/// A word that names no file and could be a machine-id is not repeated.
fn unopened(error: &InputError) -> String {
    if !secret::is_secret(error.name.as_bytes()) {
        return error.to_string();
    }
    format!(
        "cannot read a file whose name is not repeated, since it could be a machine-id: {}; machine-ids come in files and from standard input, since every user of this machine can read a command line",
        error.why
    )
}

impl Told {
    fn bad_row(&mut self, bad: &BadRow) {
        self.bad += 1;
        if bad.alike {
            if let Some((_, _, more)) = self.alike.iter_mut().find(|(why, ..)| *why == bad.why) {
                *more += 1;
                return;
            }
        }
        let shown = self.bad <= SHOWN;
        if shown {
            complain(&format!("{}: {}", at(&bad.place), bad.why));
        }
        if shown && bad.alike {
            self.alike.push((bad.why.clone(), bad.place.clone(), 0));
        }
    }

    /// What was not shown row by row.
    fn rest(&mut self) {
        let alike: u64 = self.alike.iter().map(|(.., more)| more).sum();
        for (_, place, more) in self.alike.iter().filter(|(.., more)| *more > 0) {
            complain(&format!(
                "{} as {}",
                many(*more, "more row is", "more rows are"),
                at(place)
            ));
        }
        let single = self.bad - alike;
        if single > SHOWN {
            complain(&format!("… and {} more bad rows", single - SHOWN));
        }
    }

    fn duplicate(&mut self, duplicate: &Duplicate) {
        self.duplicates += 1;
        if self.duplicates > SHOWN {
            return;
        }
        let places: Vec<_> = duplicate.places.iter().take(PLACES).map(at).collect();
        let more = duplicate.places.len().saturating_sub(PLACES);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let what = match duplicate.shared {
            Shared::Name => "have one host name: is it one host, or two?",
            Shared::Seed => {
                "have one machine-id or Host ID, so storage takes them for one host: give one of them an id of its own (sanid reseed)"
            }
            Shared::HostNqn => {
                "have one host NQN, so a subsystem that admits one of them admits all: correct the host-nqn of one of them"
            }
            Shared::Iqn => {
                "have one initiator name, so a target takes them for one host and gives each the volumes of the other: correct the iqn or iqn-prefix of one of them, or --iqn-template"
            }
        };
        complain(&format!("{}{more} {what}", places.join("; ")));
    }

    fn summary(&self, counts: Counts) -> String {
        let mut summary = format!("{} derived", many(counts.derived, "identity", "identities"));
        if counts.bad > 0 {
            let rows = many(counts.bad, "bad row", "bad rows");
            summary = format!("{summary}, {rows} left out");
        }
        if self.duplicates > 0 {
            let duplicates = many(self.duplicates, "duplicate", "duplicates");
            summary = format!("{summary}, {duplicates}");
        }
        summary
    }
}

fn at(place: &Place) -> String {
    format!("{}, line {}", place.file, place.line)
}

fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}
