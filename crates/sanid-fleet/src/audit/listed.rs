//! Compares the reports of the fleet with the names that arrays, hypervisors and inventories list for hosts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use sanid_host::findings::Severity;

use super::checks::{Found, name};
use super::code::Code;
use super::finding::Finding;
use super::holders::Holders;
use super::record::Fleet;
use crate::alike;
use crate::duplicates::{self, Fact, Judged, Kind, Verdict, Who};
use crate::input::{Input, InputError};
use crate::shown;

/// A finding has at most this many lines per name.
const MOST: usize = 10;

const DIFF: &str =
    "sanid-fleet diff --to FORMAT --against NOW HOSTS    shows what to change at the target";

/// The names in the files, and what could not be read.
#[derive(Debug, Default)]
pub(super) struct Listed {
    facts: Vec<Fact>,
    not_read: Vec<String>,
    asked: bool,
}

/// Reads files of any format that `sanid-fleet duplicates` reads.
///
/// # Errors
/// [`InputError`] where a file cannot be read.
pub(super) fn read(paths: &[PathBuf]) -> Result<Listed, InputError> {
    let mut all = Listed {
        asked: !paths.is_empty(),
        ..Listed::default()
    };
    for path in paths {
        let file = Input::open(path)?.whole()?;
        let source = duplicates::read(&file.name, &file.bytes);
        let not_read = source.unread.iter();
        all.not_read
            .extend(not_read.map(|why| format!("{}: {why}", file.name)));
        if source.facts.is_empty() {
            let why = format!("{}: contains no name of a host", file.name);
            all.not_read.push(why);
        }
        all.facts.extend(source.facts.into_iter().map(|fact| Fact {
            file: file.name.clone(),
            ..fact
        }));
    }
    Ok(all)
}

impl Listed {
    /// The number of different names; `None` without `--names`.
    pub(super) fn count(&self) -> Option<u64> {
        let keys = self.facts.iter().map(key);
        let count = keys.collect::<BTreeSet<_>>().len() as u64;
        self.asked.then_some(count)
    }

    /// The findings: of the lists alone, and of the lists beside the reports.
    pub(super) fn found(&self, fleet: &Fleet, limit: usize) -> Vec<Found> {
        // Without lists nothing of the fleet is indexed.
        if !self.asked {
            return Vec::new();
        }
        let known = Known::new(fleet, &self.facts);
        let judged = duplicates::judge(&self.facts).into_iter();
        let mut all: Vec<Finding> = judged.filter_map(|one| known.judged(&one)).collect();
        let mut unknown: BTreeMap<(Kind, String), &Fact> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for fact in &self.facts {
            if !seen.insert((key(fact), &fact.who)) {
                continue;
            }
            match known.compare(fact) {
                Comparison::Same => {}
                Comparison::Unknown => {
                    unknown.entry(key(fact)).or_insert(fact);
                }
                Comparison::Different { called, holders } => {
                    all.push(differs(fleet, fact, &called, holders));
                }
            }
        }
        all.extend(not_reported(unknown.into_values(), limit));
        all.extend(self.incomplete(limit));
        Found::by_code(all, limit)
    }

    fn incomplete(&self, limit: usize) -> Option<Finding> {
        (!self.not_read.is_empty()).then(|| Finding {
            details: self.not_read.iter().take(limit).cloned().collect(),
            fix: vec!["export the file again, complete or in a different format".to_owned()],
            ..Finding::new(
                Code::ListsIncomplete,
                "parts of the lists could not be read".to_owned(),
                "Names in those parts are not compared.",
            )
        })
    }
}

fn key(fact: &Fact) -> (Kind, String) {
    (fact.kind, duplicates::key(fact.kind, &fact.name))
}

/// What the fleet reports about the listed names and hosts.
struct Known<'f> {
    fleet: &'f Fleet,
    holders: Holders,
    /// Hosts by their reported name, and by its first label.
    hosts: HashMap<String, Vec<u64>>,
}

/// A listed name beside the reports.
enum Comparison<'k> {
    /// The listed host reports it; or some host does, where the list has no host that the fleet knows.
    Same,
    /// No host reports it.
    Unknown,
    /// The listed host reports a different name.
    Different {
        called: Vec<u64>,
        holders: &'k [u64],
    },
}

impl<'f> Known<'f> {
    fn new(fleet: &'f Fleet, facts: &[Fact]) -> Self {
        let names = facts.iter().map(|fact| (fact.kind, fact.name.as_str()));
        let mut hosts: HashMap<String, Vec<u64>> = HashMap::new();
        for (place, record) in fleet.hosts() {
            let host = alike::host(&record.host);
            if let Some(label) = alike::label(&host).filter(|label| *label != host) {
                hosts.entry(label.to_owned()).or_default().push(place);
            }
            hosts.entry(host.into_owned()).or_default().push(place);
        }
        Self {
            fleet,
            holders: Holders::new(fleet, names),
            hosts,
        }
    }

    /// The hosts with this name, or with the short or the full form of it.
    fn called(&self, name: &str) -> Vec<u64> {
        let name = alike::host(name);
        if let Some(places) = self.hosts.get(&*name) {
            return places.clone();
        }
        let short = alike::label(&name).and_then(|label| self.hosts.get(label));
        let is_short = |place: &u64| {
            let host = self.fleet.get(*place).map(|record| &record.host);
            host.is_some_and(|host| alike::is_short_for(&alike::host(host), &name))
        };
        let places = short.into_iter().flatten().copied();
        places.filter(is_short).collect()
    }

    fn compare(&self, fact: &Fact) -> Comparison<'_> {
        let holders = self.holders.of(fact.kind, &fact.name);
        let called = match &fact.who {
            Who::Host(host) => self.called(host),
            Who::Group(_) | Who::Address(_) | Who::Nobody => Vec::new(),
        };
        match (called.is_empty(), holders.is_empty()) {
            (true, true) => Comparison::Unknown,
            // Arrays have their own names for hosts.
            (true, false) => Comparison::Same,
            (false, _) if called.iter().any(|place| holders.contains(place)) => Comparison::Same,
            (false, _) => Comparison::Different { called, holders },
        }
    }

    /// A name that the lists give to several hosts, or may.
    fn judged(&self, one: &Judged) -> Option<Finding> {
        let label = one.kind.label();
        let (code, seen, why, fix) = match one.verdict {
            Verdict::Apart => return None,
            Verdict::Shared => (
                Code::ListedShared,
                format!("several hosts are listed with one {label}"),
                "Hosts that share a name can write to each other's volumes.",
                "sanid reseed, or sanid apply --replace    on all hosts but one, after unmounting their volumes",
            ),
            Verdict::Ask => (
                Code::ListedUnclear,
                format!(
                    "one {label} is listed several times, and the lists do not show whether for one host"
                ),
                "Two addresses, two groups or two lines can be one host, or two hosts that share a name.",
                "sanid-fleet audit --sessions FILE REPORTS    shows who is logged in with the name",
            ),
        };
        let holder = |one: &duplicates::Holder| {
            let places: Vec<&str> = one.places.iter().take(3).map(String::as_str).collect();
            format!("{} ({})", one.name, places.join(", "))
        };
        let hosts = one.hosts.iter().chain(&one.groups).map(holder);
        let unnamed = one
            .unnamed
            .iter()
            .map(|place| format!("host not listed ({place})"));
        let addresses = one.addresses.iter().map(|address| format!("at {address}"));
        let ids = one.host_ids.iter().map(|id| format!("with Host ID {id}"));
        let details = [
            hosts.take(MOST).collect::<Vec<_>>(),
            unnamed.take(MOST).collect(),
            addresses.take(MOST).collect(),
            ids.take(MOST).collect(),
        ];
        let places = self.holders.of(one.kind, &one.name);
        Some(Finding {
            about: vec![shown(&one.name)],
            details: details.concat().iter().map(|line| shown(line)).collect(),
            fix: vec![fix.to_owned()],
            hosts: (one.hosts.len() + one.groups.len()).max(places.len()) as u64,
            named: places.iter().copied().take(MOST).collect(),
            ..Finding::new(code, seen, why)
        })
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

/// A host that is listed with a name that it does not report.
fn differs(fleet: &Fleet, fact: &Fact, called: &[u64], holders: &[u64]) -> Finding {
    let names = |places: &[u64]| {
        let names = places.iter().take(MOST).map(|place| name(fleet, *place));
        names.collect::<Vec<_>>().join(", ")
    };
    let (host, label) = (names(called), fact.kind.label());
    let (severity, seen, why) = if holders.is_empty() {
        (
            Severity::Warning,
            format!("{host} is listed with a different {label} than it reports"),
            "An array with this entry denies the host, and allows any machine that uses the listed name.",
        )
    } else {
        (
            Severity::Danger,
            format!("{host} is listed with the {label} of {}", names(holders)),
            "An array with this entry gives one host the volumes of the other.",
        )
    };
    Finding {
        severity,
        about: vec![shown(&fact.name)],
        details: vec![line(fact)],
        fix: vec![DIFF.to_owned()],
        hosts: (called.len() + holders.len()) as u64,
        named: called.iter().chain(holders).copied().take(MOST).collect(),
        ..Finding::new(Code::ListedDiffers, seen, why)
    }
}

/// Listed names that no host reports.
fn not_reported<'a>(
    facts: impl ExactSizeIterator<Item = &'a Fact>,
    limit: usize,
) -> Option<Finding> {
    let count = facts.len() as u64;
    (count > 0).then(|| Finding {
        details: facts.take(limit).map(line).collect(),
        hosts: count,
        fix: vec![
            "sanid-fleet collect --ssh HOSTS >> REPORTS    asks the hosts that have no report".to_owned(),
            "remove the entries that no host uses".to_owned(),
        ],
        ..Finding::new(
            Code::ListedUnknown,
            format!("listed names that no host reports: {count}"),
            "They belong to machines without a report, or to none; a machine that uses such a name is allowed.",
        )
    })
}
