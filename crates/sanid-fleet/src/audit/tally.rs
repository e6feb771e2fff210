//! Hosts counted and named: what stands in the document beside the findings.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use sanid_core::HostUuid;

use super::document::{FindingReport, HostPlace, HostReport, Tallies, Tally};
use super::file_name;
use super::finding::Finding;
use super::record::{ALIGN, Flags, Record};
use super::store::Store;
use super::words::{Word, Words};

/// A set of places in the store: one bit for each.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<u64>);

impl Places {
    fn bit(place: u64) -> (usize, u64) {
        let number = place / ALIGN as u64;
        (
            usize::try_from(number / 64).unwrap_or(usize::MAX),
            1 << (number % 64),
        )
    }

    pub(super) fn add(&mut self, place: u64) {
        let (word, bit) = Self::bit(place);
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        if let Some(bits) = self.0.get_mut(word) {
            *bits |= bit;
        }
    }

    pub(super) fn has(&self, place: u64) -> bool {
        let (word, bit) = Self::bit(place);
        self.0.get(word).is_some_and(|bits| bits & bit != 0)
    }
}

/// The worst that a host says of itself.
fn state(flags: Flags) -> &'static str {
    match flags {
        Flags { danger: true, .. } => "danger",
        Flags { warning: true, .. } => "warning",
        _ => "fine",
    }
}

/// Hosts by what they say.
#[derive(Default)]
pub(super) struct Counts {
    state: HashMap<&'static str, u64>,
    words: [HashMap<Word, u64>; 5],
}

impl Counts {
    pub(super) fn add(&mut self, record: &Record<'_>) {
        *self.state.entry(state(record.flags)).or_default() += 1;
        let words = [
            record.iqn_source,
            record.nvme_source,
            record.scheme,
            record.seed_state,
            record.hardware,
        ];
        for (counts, word) in self.words.iter_mut().zip(words) {
            *counts.entry(word).or_default() += 1;
        }
    }

    pub(super) fn hosts(&self) -> u64 {
        self.state.values().sum()
    }

    pub(super) fn done(self, words: &Words) -> Tallies {
        let order = ["fine", "warning", "danger"].into_iter();
        let state = order.filter_map(|word| Some((word.to_owned(), *self.state.get(word)?)));
        let state = state.map(|(word, hosts)| Tally { word, hosts }).collect();
        let [iqn_source, nvme_source, scheme, seed, hardware] = self.words.map(|counts| {
            let counts = counts.into_iter().map(|(word, hosts)| Tally {
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
    pub(super) store: &'a Store,
    pub(super) words: &'a Words,
    pub(super) files: &'a [PathBuf],
    pub(super) inventory: Option<&'a Path>,
}

impl Writer<'_> {
    pub(super) fn finding(&mut self, finding: &Finding) -> io::Result<FindingReport> {
        let mut named = Vec::with_capacity(finding.named.len());
        let mut buffer = Vec::new();
        for place in &finding.named {
            let record = self.store.get(*place, &mut buffer)?;
            let file = match self.inventory.filter(|_| record.flags.inventory) {
                Some(path) => sanid_host::root::printable(path),
                None => file_name(self.files, record.file),
            };
            named.push(HostPlace {
                host: crate::shown(&record.host),
                file,
                line: record.line,
            });
        }
        let code = |code: &super::Code| code.as_str().to_owned();
        Ok(FindingReport {
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
            details: finding.details.clone(),
            hosts: finding.hosts,
            named,
        })
    }

    /// Every host that counts.
    pub(super) fn hosts(
        &self,
        findings: &[Finding],
        superseded: &Places,
    ) -> io::Result<Vec<HostReport>> {
        let mut found: HashMap<u64, Vec<u32>> = HashMap::new();
        for (number, finding) in (0..).zip(findings) {
            for place in &finding.named {
                found.entry(*place).or_default().push(number);
            }
        }
        let word = |word| self.words.word(word);
        let mut hosts = Vec::new();
        self.store.each(|place, record| {
            if record.flags.inventory || superseded.has(place) {
                return Ok(());
            }
            let mut own: Vec<String> = record
                .findings
                .iter()
                .filter_map(|one| word(*one))
                .collect();
            own.dedup();
            let names = &record.names;
            hosts.push(HostReport {
                host: crate::shown(&record.host),
                state: state(record.flags).to_owned(),
                iqn: names.iqn.as_deref().map(crate::shown),
                host_nqn: names.host_nqn.as_deref().map(crate::shown),
                host_id: names.host_id.map(|id| HostUuid::from_bytes(id).to_string()),
                scheme: word(record.scheme),
                iqn_source: word(record.iqn_source),
                nvme_source: word(record.nvme_source),
                findings: own,
                audit: found.remove(&place).unwrap_or_default(),
            });
            Ok(())
        })?;
        Ok(hosts)
    }
}
