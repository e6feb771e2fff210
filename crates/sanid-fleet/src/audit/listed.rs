//! The names that arrays, hypervisors and inventories have of hosts, compared with the reports of the fleet.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use sanid_core::HostUuid;
use sanid_host::findings::Severity;

use super::checks::{Found, name};
use super::code::Code;
use super::finding::Finding;
use super::record::Fleet;
use crate::alike::{self, Digest};
use crate::duplicates::{self, Fact, Judged, Kind, Verdict, Who};
use crate::input::{Input, InputError};
use crate::shown;

/// A larger file is no list of hosts.
const LIMIT: u64 = 1 << 30;
/// More lines about one name are counted only.
const MOST: usize = 10;

/// What was read of them.
#[derive(Debug, Default)]
pub(super) struct Listed {
    facts: Vec<Fact>,
    not_read: Vec<String>,
    asked: bool,
}

/// Reads files of any shape that `sanid-fleet duplicates` reads.
///
/// # Errors
/// A file that cannot be read.
pub(super) fn read(paths: &[PathBuf]) -> Result<Listed, InputError> {
    let mut all = Listed {
        asked: !paths.is_empty(),
        ..Listed::default()
    };
    for path in paths {
        let input = Input::open(path)?;
        let name = input.name.clone();
        let bytes = input.whole(LIMIT).map_err(|why| InputError {
            name: name.clone(),
            why,
        })?;
        let source = duplicates::read(&name, &bytes);
        let told = source.unread.iter().map(|why| format!("{name}: {why}"));
        all.not_read.extend(told);
        if source.facts.is_empty() {
            all.not_read.push(format!("{name}: there is no name in it"));
        }
        all.facts.extend(source.facts.into_iter().map(|fact| Fact {
            file: name.clone(),
            ..fact
        }));
    }
    Ok(all)
}

impl Listed {
    /// How many names there are; `None` where nobody asked.
    pub(super) fn count(&self) -> Option<u64> {
        let keys = self.facts.iter().map(key);
        let count = keys.collect::<BTreeSet<_>>().len() as u64;
        self.asked.then_some(count)
    }

    /// What they show beside the reports.
    pub(super) fn found(&self, fleet: &Fleet, limit: usize) -> Vec<Found> {
        if !self.asked {
            return Vec::new();
        }
        let known = Known::new(fleet, &self.facts);
        let mut all: Vec<Finding> = Vec::new();
        for judged in duplicates::judge(&self.facts) {
            all.extend(known.judged(&judged));
        }
        let mut unknown: BTreeMap<(Kind, String), &Fact> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for fact in &self.facts {
            if !seen.insert((key(fact), &fact.who)) {
                continue;
            }
            match known.place(fact) {
                Placed::Own => {}
                Placed::Unknown => {
                    unknown.entry(key(fact)).or_insert(fact);
                }
                Placed::Other { called, holders } => {
                    all.push(differs(fleet, fact, &called, holders));
                }
            }
        }
        all.extend(nobody(unknown.into_values(), limit));
        all.extend(self.incomplete(limit));
        grouped(all, limit)
    }

    fn incomplete(&self, limit: usize) -> Option<Finding> {
        (!self.not_read.is_empty()).then(|| Finding {
            details: self.not_read.iter().take(limit).cloned().collect(),
            fix: vec!["print it whole, or in a different format".to_owned()],
            ..Finding::new(
                Code::ListsIncomplete,
                "parts of what arrays and lists have were not read".to_owned(),
                "A name that stands there is not compared.",
            )
        })
    }
}

/// By their codes, of each not more than so many.
fn grouped(all: Vec<Finding>, limit: usize) -> Vec<Found> {
    let mut by_code: BTreeMap<Code, Vec<Finding>> = BTreeMap::new();
    for finding in all {
        by_code.entry(finding.code).or_default().push(finding);
    }
    let found = by_code.into_iter().map(|(code, mut findings)| {
        let count = findings.len();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings.truncate(limit);
        Found {
            code,
            count: count as u64,
            omitted: count.saturating_sub(limit) as u64,
            findings,
        }
    });
    found.collect()
}

fn key(fact: &Fact) -> (Kind, String) {
    (fact.kind, duplicates::key(fact.kind, &fact.name))
}

fn value((kind, name): &(Kind, String)) -> Option<(alike::Kind, Digest)> {
    Some(match kind {
        Kind::Iscsi => (alike::Kind::Iqn, Digest::of_iqn(name)),
        Kind::Nqn => (alike::Kind::HostNqn, Digest::of_nqn(name)),
        Kind::HostId => {
            let id = HostUuid::parse(name).ok()?;
            (alike::Kind::HostId, Digest::of_bytes(*id.as_bytes()))
        }
    })
}

/// What the fleet reports of these names.
struct Known<'f> {
    fleet: &'f Fleet,
    holders: HashMap<(alike::Kind, Digest), Vec<u64>>,
    called: HashMap<String, Vec<u64>>,
}

/// Whose a name is that stands in a list.
enum Placed<'k> {
    /// That of the host beside it, or of some host where none is named.
    Own,
    /// Nobody's.
    Unknown,
    /// The host beside it reports a different one.
    Other {
        called: Vec<u64>,
        holders: &'k [u64],
    },
}

impl<'f> Known<'f> {
    fn new(fleet: &'f Fleet, facts: &[Fact]) -> Self {
        let keys = facts.iter().filter_map(|fact| value(&key(fact)));
        let mut holders: HashMap<_, Vec<u64>> = keys.map(|key| (key, Vec::new())).collect();
        let mut called: HashMap<String, Vec<u64>> = HashMap::new();
        for (place, record) in fleet.hosts() {
            let host = alike::host(&record.host);
            if let Some(label) = alike::label(&host).filter(|label| *label != host) {
                called.entry(label.to_owned()).or_default().push(place);
            }
            called.entry(host.into_owned()).or_default().push(place);
            record.values(|kind, digest, _| {
                if let Some(places) = holders.get_mut(&(kind, digest)) {
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                }
            });
        }
        Self {
            fleet,
            holders,
            called,
        }
    }

    fn holders(&self, key: &(Kind, String)) -> &[u64] {
        let value = value(key).and_then(|value| self.holders.get(&value));
        value.map_or(&[], Vec::as_slice)
    }

    /// The hosts that report this host name, or of which it is the short or the full one.
    fn called(&self, name: &str) -> Vec<u64> {
        let name = alike::host(name);
        if let Some(places) = self.called.get(&*name) {
            return places.clone();
        }
        let short = alike::label(&name).and_then(|label| self.called.get(label));
        let is_it = |place: &u64| {
            let host = self.fleet.get(*place).map(|record| &record.host);
            host.is_some_and(|host| alike::is_short_for(&alike::host(host), &name))
        };
        let places = short.into_iter().flatten().copied();
        places.filter(is_it).collect()
    }

    fn place(&self, fact: &Fact) -> Placed<'_> {
        let holders = self.holders(&key(fact));
        let Who::Host(host) = &fact.who else {
            return if holders.is_empty() {
                Placed::Unknown
            } else {
                Placed::Own
            };
        };
        let called = self.called(host);
        match (called.is_empty(), holders.is_empty()) {
            (true, true) => Placed::Unknown,
            // Arrays have names of their own for hosts.
            (true, false) => Placed::Own,
            (false, _) if called.iter().any(|place| holders.contains(place)) => Placed::Own,
            (false, _) => Placed::Other { called, holders },
        }
    }

    /// What the lists say alone.
    fn judged(&self, one: &Judged) -> Option<Finding> {
        let code = match one.verdict {
            Verdict::Apart => return None,
            Verdict::Ask => Code::ListedUnclear,
            Verdict::Shared => Code::ListedShared,
        };
        let holders = one.hosts.iter().chain(&one.groups);
        let line = |one: &duplicates::Holder| {
            let places: Vec<&str> = one.places.iter().take(3).map(String::as_str).collect();
            shown(&format!("{} ({})", one.name, places.join(", ")))
        };
        let mut details: Vec<String> = holders.take(MOST).map(line).collect();
        let unnamed = one.unnamed.iter().take(MOST);
        details.extend(unnamed.map(|place| shown(&format!("no host is named ({place})"))));
        details.extend(
            one.addresses
                .iter()
                .take(MOST)
                .map(|one| format!("at {one}")),
        );
        details.extend(
            one.host_ids
                .iter()
                .take(MOST)
                .map(|id| format!("with Host ID {id}")),
        );
        let places = self.holders(&(one.kind, one.name.clone()));
        let (seen, why, fix) = match code {
            Code::ListedShared => (
                format!(
                    "one {} is that of several hosts in what arrays and lists have",
                    what(one.kind)
                ),
                "Hosts that share a name can write to each other's volumes.",
                "sanid reseed, or sanid apply --replace    on all but one, after their volumes are unmounted",
            ),
            _ => (
                format!(
                    "one {} stands in several places of what arrays and lists have",
                    what(one.kind)
                ),
                "Two addresses, two groups or two places can be one host.",
                "find out which hosts they are: sanid-fleet audit --sessions tells who is logged in",
            ),
        };
        Some(Finding {
            about: vec![shown(&one.name)],
            details,
            fix: vec![fix.to_owned()],
            hosts: (one.hosts.len() + one.groups.len()).max(places.len()) as u64,
            named: places.iter().copied().take(MOST).collect(),
            ..Finding::new(code, seen, why)
        })
    }
}

fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Iscsi => "initiator name",
        Kind::Nqn => "host NQN",
        Kind::HostId => "Host ID",
    }
}

/// `NAME (host db-01, FILE:LINE)`.
fn line(fact: &Fact) -> String {
    let who = match &fact.who {
        Who::Host(host) => format!("host {host}, "),
        Who::Group(group) => format!("group {group}, "),
        Who::Address(address) => format!("at {address}, "),
        Who::Nobody => String::new(),
    };
    let place = match fact.line {
        0 => fact.file.clone(),
        line => format!("{}:{line}", fact.file),
    };
    shown(&format!("{} ({who}{place})", fact.name))
}

/// A host beside a name that it does not report.
fn differs(fleet: &Fleet, fact: &Fact, called: &[u64], holders: &[u64]) -> Finding {
    let names = |places: &[u64]| {
        let names = places.iter().take(MOST).map(|place| name(fleet, *place));
        names.collect::<Vec<_>>().join(", ")
    };
    let what = what(fact.kind);
    let (severity, seen, why) = if holders.is_empty() {
        (
            Severity::Warning,
            format!(
                "{} is listed with a {what} that it does not report",
                names(called)
            ),
            "An array that admits by it keeps this host out, and lets in whoever takes the old name.",
        )
    } else {
        (
            Severity::Danger,
            format!(
                "{} is listed with the {what} of {}",
                names(called),
                names(holders)
            ),
            "An array that goes by the list gives one host the volumes of the other.",
        )
    };
    Finding {
        severity,
        about: vec![shown(&fact.name)],
        details: vec![line(fact)],
        fix: vec![
            "sanid-fleet diff --to FORMAT --against NOW HOSTS    shows what to change there"
                .to_owned(),
        ],
        hosts: (called.len() + holders.len()) as u64,
        named: called.iter().chain(holders).copied().take(MOST).collect(),
        ..Finding::new(Code::ListedDiffers, seen, why)
    }
}

/// Names that no host reports.
fn nobody<'a>(facts: impl ExactSizeIterator<Item = &'a Fact>, limit: usize) -> Option<Finding> {
    let count = facts.len() as u64;
    let details: Vec<String> = facts.take(limit).map(line).collect();
    (count > 0).then(|| Finding {
        details,
        hosts: count,
        fix: vec![
            "sanid-fleet collect --ssh HOSTS >> REPORTS    asks hosts that gave no report".to_owned(),
            "take out what is nobody's".to_owned(),
        ],
        ..Finding::new(
            Code::ListedUnknown,
            format!("names in what arrays and lists have that no host reports: {count}"),
            "They are of machines without a report, or of nobody: whoever takes such a name gets in.",
        )
    })
}
