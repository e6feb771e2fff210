//! The hosts, in the page: one column after the other, with every word once.

use std::collections::HashMap;

use serde::Serialize;

use super::escape;
use crate::audit::{AuditReport, HostReport};

/// Words by their numbers.
#[derive(Default)]
struct Words {
    numbers: HashMap<String, usize>,
    words: Vec<String>,
}

impl Words {
    fn number(&mut self, word: &str) -> usize {
        if let Some(number) = self.numbers.get(word) {
            return *number;
        }
        self.words.push(crate::shown(word));
        self.numbers.insert(word.to_owned(), self.words.len() - 1);
        self.words.len() - 1
    }
}

/// A name: what stands before the Host ID, a text, or nothing.
#[derive(Serialize)]
#[serde(untagged)]
enum Name {
    FromId(usize),
    Text(String),
    Nothing,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Columns {
    host: Vec<String>,
    state: Vec<u8>,
    scheme: Vec<usize>,
    iqn_source: Vec<usize>,
    nvme_source: Vec<usize>,
    id: Vec<String>,
    iqn: Vec<Name>,
    nqn: Vec<Name>,
    findings: Vec<usize>,
    /// What the audit found on some of them, by their place.
    audit: HashMap<usize, Vec<u32>>,
}

#[derive(Serialize)]
struct Data<'a> {
    words: &'a [String],
    /// The sets of their own findings.
    sets: &'a [String],
    /// The code of each finding of the audit.
    codes: Vec<&'a str>,
    hosts: &'a Columns,
}

/// What the script of the page draws the table from.
pub(super) fn json(report: &AuditReport) -> String {
    let (mut words, mut sets) = (Words::default(), Words::default());
    let mut columns = Columns::default();
    for host in hosts(report) {
        columns.add(&host, &mut words, &mut sets);
    }
    let data = Data {
        words: &words.words,
        sets: &sets.words,
        codes: report
            .findings
            .iter()
            .map(|one| one.code.as_str())
            .collect(),
        hosts: &columns,
    };
    // Strings and numbers always serialise.
    escape::json(&serde_json::to_string(&data).unwrap_or_default())
}

/// The hosts of the audit; those that the findings name, where it has no list of them.
fn hosts(report: &AuditReport) -> Vec<HostReport> {
    if let Some(hosts) = &report.hosts {
        return hosts.clone();
    }
    let mut places: HashMap<(&str, &str, u64), usize> = HashMap::new();
    let mut hosts: Vec<HostReport> = Vec::new();
    for (number, finding) in (0..).zip(&report.findings) {
        for named in &finding.named {
            let place = (named.host.as_str(), named.file.as_str(), named.line);
            let place = *places.entry(place).or_insert(hosts.len());
            if place == hosts.len() {
                hosts.push(HostReport {
                    host: named.host.clone(),
                    state: finding.severity.replace("info", "fine"),
                    ..HostReport::default()
                });
            }
            if let Some(host) = hosts.get_mut(place) {
                host.audit.push(number);
            }
        }
    }
    hosts
}

impl Columns {
    fn add(&mut self, host: &HostReport, words: &mut Words, sets: &mut Words) {
        let mut word = |text: &Option<String>| words.number(text.as_deref().unwrap_or_default());
        self.scheme.push(word(&host.scheme));
        self.iqn_source.push(word(&host.iqn_source));
        self.nvme_source.push(word(&host.nvme_source));
        let id = host.host_id.clone().unwrap_or_default().replace('-', "");
        let prefix = host
            .iqn
            .as_deref()
            .and_then(|iqn| iqn.strip_suffix(&id)?.strip_suffix(':'));
        self.iqn.push(match (&host.iqn, prefix) {
            (Some(_), Some(prefix)) if id.len() == 32 => Name::FromId(words.number(prefix)),
            (Some(iqn), _) => Name::Text(crate::shown(iqn)),
            (None, _) => Name::Nothing,
        });
        let nqn = host.host_nqn.as_deref();
        let uuid = nqn.and_then(|nqn| nqn.strip_prefix(sanid_core::HostNqn::UUID_PREFIX));
        self.nqn.push(match nqn {
            Some(_) if id.len() == 32 && uuid == host.host_id.as_deref() => Name::FromId(1),
            Some(nqn) => Name::Text(crate::shown(nqn)),
            None => Name::Nothing,
        });
        self.id.push(id);
        self.state.push(match host.state.as_str() {
            "danger" => 2,
            "warning" => 1,
            _ => 0,
        });
        let own: Vec<String> = host
            .findings
            .iter()
            .map(|code| crate::shown(code))
            .collect();
        self.findings.push(sets.number(&own.join(" ")));
        if !host.audit.is_empty() {
            self.audit.insert(self.host.len(), host.audit.clone());
        }
        self.host.push(crate::shown(&host.host));
    }
}
