//! Hosts counted and named: what stands in the document beside the findings.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use sanid_host::report::FixReport;

use super::document::{FindingReport, HostPlace, Tallies, Tally};
use super::file_name;
use super::finding::Finding;
use super::record::{Flags, Fleet, Record};
use super::words::{Word, Words};

/// What a host can say of itself, the worst last.
const STATES: [&str; 3] = ["fine", "warning", "danger"];

/// The worst that a host says of itself.
pub(super) fn state(flags: Flags) -> &'static str {
    let [fine, warning, danger] = STATES;
    match flags {
        Flags { danger: true, .. } => danger,
        Flags { warning: true, .. } => warning,
        _ => fine,
    }
}

/// How many hosts have each word.
type OfWords = [u64; 1 << Word::BITS];

/// Hosts by what they say.
pub(super) struct Counts {
    states: [u64; STATES.len()],
    words: [OfWords; 5],
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            states: [0; STATES.len()],
            words: [[0; 1 << Word::BITS]; 5],
        }
    }
}

impl Counts {
    pub(super) fn add(&mut self, record: &Record) {
        let state = state(record.flags);
        for (count, word) in self.states.iter_mut().zip(STATES) {
            *count += u64::from(word == state);
        }
        let words = [
            record.iqn_source,
            record.nvme_source,
            record.scheme,
            record.seed_state,
            record.hardware,
        ];
        for (counts, word) in self.words.iter_mut().zip(words) {
            if let Some(count) = counts.get_mut(usize::from(word)) {
                *count += 1;
            }
        }
    }

    pub(super) fn hosts(&self) -> u64 {
        self.states.iter().sum()
    }

    pub(super) fn done(self, words: &Words) -> Tallies {
        let tally = |(word, hosts): (String, u64)| (hosts > 0).then_some(Tally { word, hosts });
        let states = STATES.map(str::to_owned).into_iter().zip(self.states);
        let state = states.filter_map(tally).collect();
        let [iqn_source, nvme_source, scheme, seed, hardware] = self.words.map(|counts| {
            let counts = (0..=Word::MAX).zip(counts).filter(|(_, hosts)| *hosts > 0);
            let counts = counts.map(|(word, hosts)| Tally {
                word: words.word(word).unwrap_or_else(|| "none".to_owned()),
                hosts,
            });
            let mut counts: Vec<Tally> = counts.collect();
            counts.sort_by(|a, b| b.hosts.cmp(&a.hosts).then_with(|| a.word.cmp(&b.word)));
            counts
        });
        let hardware = hardware.into_iter().filter(|tally| tally.word != "none");
        Tallies {
            state,
            iqn_source,
            nvme_source,
            scheme,
            seed,
            hardware: hardware.collect(),
        }
    }
}

/// Gives the hosts their names.
pub(super) struct Writer<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) files: &'a [PathBuf],
    pub(super) inventory: Option<&'a Path>,
}

impl Writer<'_> {
    fn place(&self, record: &Record) -> HostPlace {
        let file = match self.inventory.filter(|_| record.flags.inventory) {
            Some(path) => sanid_host::root::printable(path),
            None => file_name(self.files, record.file),
        };
        HostPlace {
            host: crate::shown(&record.host),
            file,
            line: record.line.into(),
        }
    }

    pub(super) fn finding(&self, finding: &Finding) -> FindingReport {
        let named = finding
            .named
            .iter()
            .filter_map(|place| self.fleet.get(*place));
        let named = named.map(|record| self.place(record)).collect();
        let code = |code: &super::Code| code.as_str().to_owned();
        FindingReport {
            code: code(&finding.code),
            also: finding.also.iter().map(code).collect(),
            severity: finding.severity.as_str().to_owned(),
            cause: finding.cause.map(|cause| cause.as_str().to_owned()),
            about: finding.about.clone(),
            seen: match finding.cause {
                Some(cause) => format!("{}. {}", finding.seen, cause.seen()),
                None => finding.seen.clone(),
            },
            why: finding.why.to_owned(),
            fix: finding.fix.clone(),
            fixes: FixReport::all(&finding.fix),
            details: finding.details.clone(),
            hosts: finding.hosts,
            named,
        }
    }
}

/// The findings that name a host, by its place.
pub(super) fn found(findings: &[Finding]) -> HashMap<u64, Vec<u32>> {
    let mut found: HashMap<u64, Vec<u32>> = HashMap::new();
    for (number, finding) in (0..).zip(findings) {
        for place in &finding.named {
            found.entry(*place).or_default().push(number);
        }
    }
    found
}
