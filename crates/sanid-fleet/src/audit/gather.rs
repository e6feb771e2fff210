//! `reports ─► records and keys`: the only part that sees every byte.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use super::record::Record;
use super::repeats::Repeats;
use super::sort::{Entry, Sorter};
use super::store::Store;
use super::words::{Known, Words};
use super::{AuditError, Options, Unread, file_name};
use crate::hosts;
use crate::input::Input;
use crate::reports::{Event, NoReport, Part, parse, pipe};

/// What is known of all hosts.
pub(super) struct Gathered {
    pub(super) store: Store,
    pub(super) words: Words,
    pub(super) names: NameKeys,
    /// By what they must not share.
    pub(super) keys: Repeats,
    pub(super) reports: u64,
    /// Hosts of the inventory.
    pub(super) inventory: u64,
    pub(super) unread: Unread,
    pub(super) bad_rows: Unread,
}

/// Hosts by their names.
pub(super) enum NameKeys {
    /// With an inventory a name that stands alone says something, too.
    All(Sorter),
    Repeated(Repeats),
}

impl NameKeys {
    /// Nothing is added any more.
    pub(super) fn settle(&mut self) {
        if let Self::Repeated(repeats) = self {
            repeats.settle();
        }
    }

    fn push(&mut self, entry: Entry) -> io::Result<()> {
        match self {
            Self::All(sorter) => sorter.push(entry),
            Self::Repeated(repeats) => {
                repeats.push(entry);
                Ok(())
            }
        }
    }
}

/// What a worker makes of a part.
#[derive(Default)]
struct Made {
    records: Vec<u8>,
    /// Keys, with the place in `records`.
    names: Vec<Entry>,
    keys: Vec<Entry>,
    reports: u64,
    file: u32,
    bad: Vec<(u64, Option<String>, String)>,
}

impl Made {
    fn of(part: &Part, files: &[PathBuf], words: &Words) -> Self {
        let mut made = Self {
            file: part.file,
            ..Self::default()
        };
        let mut words = Known::new(words);
        part.each(|line, text| match text.map(parse) {
            Ok(Ok(report)) => {
                let mut record = Record::new(&report, &mut words);
                record.file = part.file;
                record.line = line;
                let name = report.collected_as.as_ref().or(report.host.as_ref());
                let name = match name.filter(|name| !name.trim().is_empty()) {
                    Some(name) => Cow::Borrowed(name.trim()),
                    None => Cow::Owned(unnamed(files, part.file, line)),
                };
                made.add(&record.called(name));
            }
            Ok(Err(NoReport::NoAnswer { host, message })) => {
                made.bad.push((line, Some(host), message));
            }
            Ok(Err(error)) => made.bad.push((line, None, error.to_string())),
            Err(why) => made.bad.push((line, None, why.to_owned())),
        });
        made
    }

    fn add(&mut self, record: &Record<'_>) {
        let begin = self.records.len();
        let place = begin as u64;
        record.write(&mut self.records);
        self.names.push((record.name_key(), place));
        if record.flags.inventory {
            return;
        }
        let written = self.records.get(begin..).unwrap_or_default();
        let mut key = |key| self.keys.push((key, place));
        Record::stored_keys(written, &mut key);
        self.reports += 1;
    }
}

/// A report without a name is called by its file, and by its line where it may be one of many.
fn unnamed(files: &[PathBuf], file: u32, line: u64) -> String {
    let name = file_name(files, file);
    if line > 1 {
        format!("{name}:{line}")
    } else {
        name
    }
}

/// Reads the inventory and all reports.
pub(super) fn gather(
    files: &[PathBuf],
    options: &Options,
    look: impl Fn(Input) -> Input + Sync,
) -> Result<Gathered, AuditError> {
    // A host has some 80 bytes in the store, and one key by its name for two by what it must not share.
    let share = options.memory / 16;
    let mut gathered = Gathered {
        store: Store::new(share * 11),
        words: Words::default(),
        names: if options.inventory.is_some() {
            NameKeys::All(Sorter::new(share * 2))
        } else {
            NameKeys::Repeated(Repeats::new(share * 2))
        },
        keys: Repeats::new(share * 3),
        reports: 0,
        inventory: 0,
        unread: Unread::default(),
        bad_rows: Unread::default(),
    };
    if let Some(path) = &options.inventory {
        gathered.inventory(path, options)?;
    }
    let words = std::mem::take(&mut gathered.words);
    pipe(
        files,
        look,
        |part| Made::of(part, files, &words),
        |event| match event {
            Event::Done(made) => gathered.take(made, files, options),
            Event::Failed { file, line, why } => {
                let name = file_name(files, file);
                let told = if line == 0 {
                    format!("{name}: {why}")
                } else {
                    format!("{name}, after line {line}: {why}")
                };
                gathered.unread.add(options, told)
            }
        },
    )?;
    gathered.words = words;
    gathered.store.complete()?;
    Ok(gathered)
}

impl Gathered {
    fn take(&mut self, made: Made, files: &[PathBuf], options: &Options) -> Result<(), AuditError> {
        let file = made.file;
        for (line, host, why) in made.bad {
            let name = file_name(files, file);
            let told = match host {
                Some(host) => format!("{host}: {why}"),
                None => format!("{name}, line {line}: {why}"),
            };
            self.unread.add(options, told)?;
        }
        self.reports += made.reports;
        self.keep(&made.records, &made.names, &made.keys)?;
        Ok(())
    }

    fn keep(&mut self, records: &[u8], names: &[Entry], keys: &[Entry]) -> io::Result<()> {
        let begin = self.store.end();
        self.store.push(records)?;
        for (key, place) in names {
            self.names.push((*key, begin + place))?;
        }
        for (key, place) in keys {
            self.keys.push((*key, begin + place));
        }
        Ok(())
    }

    fn inventory(&mut self, path: &Path, options: &Options) -> Result<(), AuditError> {
        let input = Input::open(path)?;
        let mut made = Made::default();
        for (line, row) in (2..).zip(hosts::read(input)) {
            match row {
                Ok(host) => {
                    made.add(&Record::expected(&host, line));
                    self.inventory += 1;
                }
                Err(error) => self.bad_rows.add(options, error.to_string())?,
            }
            if made.records.len() > 1 << 20 {
                self.keep(&made.records, &made.names, &[])?;
                made = Made::default();
            }
        }
        self.keep(&made.records, &made.names, &[])?;
        Ok(())
    }
}
