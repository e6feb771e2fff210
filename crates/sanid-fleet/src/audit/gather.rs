//! Reports and an inventory to records.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::iter::{ParallelBridge as _, ParallelIterator as _};

use super::record::{Fleet, Record};
use super::words::{Known, Words};
use super::{AuditError, Options, Unread, file_name};
use crate::hosts;
use crate::input::Input;
use crate::reports::{self, NoReport, Part, Report, parts};

/// What was read.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) fleet: Fleet,
    pub(super) reports: u64,
    /// Hosts of the inventory.
    pub(super) inventory: u64,
    pub(super) unread: Unread,
    pub(super) bad_rows: Unread,
}

/// What a part of a file holds: records, and what is wrong with the other documents.
type Made = (Vec<Record>, Vec<String>);

fn made(part: &Part, files: &[PathBuf], words: &Words, with_addresses: bool) -> Made {
    let (mut records, mut bad) = (Vec::new(), Vec::new());
    let mut words = Known::new(words);
    let file = || file_name(files, part.file);
    let mut add = |report: &Report<'_>, line: u64| {
        let name = report.collected_as.as_ref().or(report.host.as_ref());
        let name = name.map(|name| name.trim()).filter(|name| !name.is_empty());
        let mut record = Record::new(report, &mut words);
        if with_addresses {
            record.keep_addresses(report);
        }
        record.host = name.map_or_else(|| unnamed(&file(), line).into(), Into::into);
        record.file = part.file;
        record.line = u32::try_from(line).unwrap_or(u32::MAX);
        records.push(record);
    };
    part.each(|line, text| match text {
        Ok(text) => reports::each(text, |below, report| {
            let line = line + below - 1;
            match report {
                Ok(report) => add(&report, line),
                Err(NoReport::NoAnswer { host, message }) => bad.push(format!("{host}: {message}")),
                Err(error) => bad.push(format!("{}, line {line}: {error}", file())),
            }
        }),
        Err(why) => bad.push(format!("{}, line {line}: {why}", file())),
    });
    match &part.failed {
        Some((0, why)) => bad.push(format!("{}: {why}", file())),
        Some((line, why)) => bad.push(format!("{}, after line {line}: {why}", file())),
        None => {}
    }
    records.shrink_to_fit();
    (records, bad)
}

/// A report without a name is called by its file, and by its line where it may be one of many.
fn unnamed(file: &str, line: u64) -> String {
    if line > 1 {
        format!("{file}:{line}")
    } else {
        file.to_owned()
    }
}

/// Reads the inventory and all reports.
pub(super) fn gather(
    files: &[PathBuf],
    options: &Options,
    look: impl Fn(Input) -> Input + Sync + Send,
) -> Result<Gathered, AuditError> {
    let mut gathered = Gathered::default();
    if let Some(path) = &options.inventory {
        gathered.inventory(path, options)?;
    }
    let words = &gathered.fleet.words;
    let stop = AtomicBool::new(false);
    let parts = (0_u64..).zip(parts(files, &look));
    let parts = parts.take_while(|_| !stop.load(Ordering::Relaxed));
    let mut all: Vec<(u64, Made)> = parts
        .par_bridge()
        .map(|(number, part)| {
            let made = made(&part, files, words, !options.sessions.is_empty());
            if options.strict && !made.1.is_empty() {
                stop.store(true, Ordering::Relaxed);
            }
            (number, made)
        })
        .collect();
    all.sort_unstable_by_key(|(number, _)| *number);
    for (_, (records, bad)) in all {
        for told in bad {
            gathered.unread.add(options, told)?;
        }
        gathered.reports += records.len() as u64;
        gathered.fleet.push(records);
    }
    Ok(gathered)
}

impl Gathered {
    fn inventory(&mut self, path: &Path, options: &Options) -> Result<(), AuditError> {
        let input = Input::open(path)?;
        let mut rows = Vec::new();
        for row in hosts::read_with_lines(input) {
            match row {
                Ok((line, host)) => {
                    rows.push(Record::expected(&host, line));
                    self.inventory += 1;
                }
                Err(error) => self.bad_rows.add(options, error.to_string())?,
            }
        }
        self.fleet.push(rows);
        Ok(())
    }
}
