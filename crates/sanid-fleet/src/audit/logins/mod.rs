//! Who is logged in at targets, compared with the reports of the fleet: a machine without sanid is found in this way
//! alone.
//!
//! An address proves less than a name. It can be a host's own since its report was made, and behind a translation of
//! addresses no host has it; so findings report what was seen, and what else looks the same.

mod find;
mod seen;
mod words;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use super::checks::Found;
use super::code::Code;
use super::finding::Finding;
use super::record::Fleet;
use crate::input::{Input, InputError};
use crate::sessions::{self, Login, Output};
use sanid_host::findings::Severity;

/// What was read of targets.
#[derive(Debug, Default)]
pub(super) struct Logins {
    /// In the order of their files.
    files: Vec<OfFile>,
    not_read: Vec<String>,
    not_shown: Vec<String>,
    asked: bool,
}

#[derive(Debug)]
struct OfFile {
    logins: Vec<Login>,
    /// When they were seen, in seconds since 1970.
    time: u64,
}

/// Reads them.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn read(paths: &[PathBuf]) -> Result<Logins, InputError> {
    let mut all = Logins {
        asked: !paths.is_empty(),
        ..Logins::default()
    };
    for path in paths {
        let file = Input::open(path)?.whole()?;
        let Output {
            logins,
            not_read,
            not_shown,
            time,
            ..
        } = sessions::read(&file.name, &file.bytes, 0);
        // A file that a program wrote is as old as its content; a pipe's content is from now.
        let time = time.or(file.modified).unwrap_or_else(SystemTime::now);
        let since = time.duration_since(UNIX_EPOCH);
        all.files.push(OfFile {
            logins,
            time: since.map_or(0, |since| since.as_secs()),
        });
        all.not_read.extend(not_read);
        all.not_shown.extend(not_shown);
    }
    Ok(all)
}

impl Logins {
    /// The number of logins; `None` without `--sessions`.
    pub(super) fn count(&self) -> Option<u64> {
        let count = self.files.iter().map(|file| file.logins.len() as u64);
        self.asked.then(|| count.sum())
    }

    /// What they show beside the reports.
    pub(super) fn found(&self, fleet: &Fleet, limit: usize) -> Vec<Found> {
        if !self.asked {
            return Vec::new();
        }
        let mut findings = find::findings(fleet, &self.files);
        findings.extend(self.incomplete(limit));
        Found::by_code(findings, limit)
    }

    fn incomplete(&self, limit: usize) -> Option<Finding> {
        let all: Vec<String> = self
            .not_read
            .iter()
            .chain(&self.not_shown)
            .cloned()
            .collect();
        if all.is_empty() {
            return None;
        }
        Some(Finding {
            severity: if self.not_read.is_empty() {
                Severity::Info
            } else {
                Severity::Warning
            },
            details: all.into_iter().take(limit).collect(),
            fix: vec![
                "read the target in a second way: docs/two-logins.md lists what each one shows"
                    .to_owned(),
            ],
            ..Finding::new(
                Code::SessionsIncomplete,
                "the output of a target was not read, or does not show every login".to_owned(),
                "A machine that is not shown there is not found here.",
            )
        })
    }
}
