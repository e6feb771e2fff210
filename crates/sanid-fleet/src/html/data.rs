//! The hosts, in the page: one column after the other, with every word once.
//!
//! They come one after the other, and there can be more than memory holds: each column is put aside until all
//! have come.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Seek as _, Write};

use serde::Serialize;
use tempfile::SpooledTempFile;

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

/// The columns, as the script of the page names them.
const COLUMNS: [&str; 9] = [
    "host",
    "state",
    "scheme",
    "iqnSource",
    "nvmeSource",
    "id",
    "iqn",
    "nqn",
    "findings",
];
/// What a column has beyond this goes to a temporary file.
const IN_MEMORY: usize = 1 << 20;
/// More different words than this are not looked for again.
const MOST_WORDS: usize = 4096;

struct Columns {
    texts: [SpooledTempFile; COLUMNS.len()],
    hosts: usize,
    words: Words,
    /// The sets of their own findings.
    sets: Words,
    /// What the audit found on some of them, by their place.
    audit: BTreeMap<usize, Vec<u32>>,
}

/// Writes what the script of the page draws the table from.
pub(super) fn write(report: &AuditReport, out: &mut dyn Write) -> io::Result<()> {
    let mut columns = Columns {
        texts: COLUMNS.map(|_| SpooledTempFile::new(IN_MEMORY)),
        hosts: 0,
        words: Words::default(),
        sets: Words::default(),
        audit: BTreeMap::new(),
    };
    match &report.hosts {
        Some(hosts) => hosts.each(|host| columns.add(host))?,
        None => named(report)
            .iter()
            .try_for_each(|host| columns.add(host))?,
    }
    let codes = report.findings.iter().map(|one| one.code.as_str());
    let codes: Vec<&str> = codes.collect();
    out.write_all(b"{\"words\":")?;
    piece(&columns.words.words, out)?;
    out.write_all(b",\"sets\":")?;
    piece(&columns.sets.words, out)?;
    out.write_all(b",\"codes\":")?;
    piece(&codes, out)?;
    out.write_all(b",\"hosts\":{")?;
    for (name, text) in COLUMNS.iter().zip(&mut columns.texts) {
        write!(out, "\"{name}\":[")?;
        text.rewind()?;
        io::copy(text, out)?;
        out.write_all(b"],")?;
    }
    out.write_all(b"\"audit\":")?;
    piece(&columns.audit, out)?;
    out.write_all(b"}}")
}

/// A value that is fit for a script element.
fn piece(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(escape::json(&serde_json::to_string(value)?).as_bytes())
}

/// The hosts that the findings name, for an audit that has no list of them.
fn named(report: &AuditReport) -> Vec<HostReport> {
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
    fn add(&mut self, host: &HostReport) -> io::Result<()> {
        let words = &mut self.words;
        let mut word = |text: &Option<String>| words.number(text.as_deref().unwrap_or_default());
        let scheme = word(&host.scheme);
        let iqn_source = word(&host.iqn_source);
        let nvme_source = word(&host.nvme_source);
        let id = host.host_id.clone().unwrap_or_default().replace('-', "");
        let prefix = host
            .iqn
            .as_deref()
            .and_then(|iqn| iqn.strip_suffix(&id)?.strip_suffix(':'))
            .filter(|prefix| words.words.len() < MOST_WORDS || words.numbers.contains_key(*prefix));
        let iqn = match (&host.iqn, prefix) {
            (Some(_), Some(prefix)) if id.len() == 32 => Name::FromId(words.number(prefix)),
            (Some(iqn), _) => Name::Text(crate::shown(iqn)),
            (None, _) => Name::Nothing,
        };
        let nqn = host.host_nqn.as_deref();
        let uuid = nqn.and_then(|nqn| nqn.strip_prefix(sanid_core::HostNqn::UUID_PREFIX));
        let nqn = match nqn {
            Some(_) if id.len() == 32 && uuid == host.host_id.as_deref() => Name::FromId(1),
            Some(nqn) => Name::Text(crate::shown(nqn)),
            None => Name::Nothing,
        };
        let state = match host.state.as_str() {
            "danger" => 2,
            "warning" => 1,
            _ => 0,
        };
        let own = host.findings.iter().map(|code| crate::shown(code));
        let own: Vec<String> = own.collect();
        let findings = self.sets.number(&own.join(" "));
        if !host.audit.is_empty() {
            self.audit.insert(self.hosts, host.audit.clone());
        }
        let between: &[u8] = if self.hosts == 0 { b"" } else { b"," };
        let name = crate::shown(&host.host);
        let values: [&dyn Value; COLUMNS.len()] = [
            &name,
            &state,
            &scheme,
            &iqn_source,
            &nvme_source,
            &id,
            &iqn,
            &nqn,
            &findings,
        ];
        for (text, value) in self.texts.iter_mut().zip(values) {
            text.write_all(between)?;
            value.write(text)?;
        }
        self.hosts += 1;
        Ok(())
    }
}

/// What stands in a column.
trait Value {
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

impl<T: Serialize> Value for T {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        piece(self, out)
    }
}
