//! The checks of an audit, besides those for [duplicates](super::duplicates).

use std::collections::BTreeMap;

use sanid_core::{HostUuid, PortabilityIssue};
use sanid_host::findings::{Code as OwnCode, Severity};

use super::code::Code;
use super::finding::{Finding, hosts};
use super::named::Named;
use super::record::{Fleet, Names, Record};
use super::shared::{Shared, alike};
use super::words::Word;
use crate::alike::{Digest, Finder, Kind};

/// What was found of one code.
pub(super) struct Found {
    pub(super) code: Code,
    /// How many findings, those that are not listed included.
    pub(super) count: u64,
    pub(super) omitted: u64,
    /// Those that are listed.
    pub(super) findings: Vec<Finding>,
}

impl Found {
    pub(super) fn none(code: Code) -> Self {
        Self {
            code,
            count: 0,
            omitted: 0,
            findings: Vec::new(),
        }
    }

    pub(super) fn all(code: Code, findings: Vec<Finding>) -> Self {
        Self {
            count: findings.len() as u64,
            findings,
            ..Self::none(code)
        }
    }

    /// Groups findings by their codes, with at most `limit` of each code, the most severe first.
    pub(super) fn by_code(all: Vec<Finding>, limit: usize) -> Vec<Self> {
        let mut codes: BTreeMap<Code, Vec<Finding>> = BTreeMap::new();
        for finding in all {
            codes.entry(finding.code).or_default().push(finding);
        }
        let found = codes.into_iter().map(|(code, mut findings)| {
            let count = findings.len();
            findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
            findings.truncate(limit);
            Self {
                code,
                count: count as u64,
                omitted: count.saturating_sub(limit) as u64,
                findings,
            }
        });
        found.collect()
    }

    /// One finding about these hosts, where there are any.
    fn one(finding: Finding, places: &[u64], limit: usize) -> Self {
        let code = finding.code;
        let finding = Finding {
            hosts: places.len() as u64,
            named: places.iter().copied().take(limit).collect(),
            ..finding
        };
        Self::all(
            code,
            if places.is_empty() {
                Vec::new()
            } else {
                vec![finding]
            },
        )
    }
}

/// A host's name, fit to be shown.
pub(super) fn name(fleet: &Fleet, place: u64) -> String {
    fleet
        .get(place)
        .map_or_else(String::new, |record| crate::shown(&record.host))
}

/// What hosts say of themselves: `sanid status` compares each with what it should be.
pub(super) fn drift(fleet: &Fleet, limit: usize) -> Found {
    let mut places: BTreeMap<Word, Vec<u64>> = BTreeMap::new();
    for (place, record) in fleet.hosts() {
        for code in record.findings() {
            let places = places.entry(*code).or_default();
            // A host can say the same of each of its names, and is one host.
            if places.last() != Some(&place) {
                places.push(place);
            }
        }
    }
    // As the host itself says it; a code of a later version is a warning.
    let severity = |own: &str| {
        let known = OwnCode::ALL.iter().find(|code| code.as_str() == own);
        known.map_or(Severity::Warning, |code| code.severity())
    };
    let found = places.into_iter().filter_map(|(word, places)| {
        let own = fleet.words.word(word)?;
        let count = places.len() as u64;
        Some(Finding {
            severity: severity(&own),
            about: vec![own.clone()],
            hosts: count,
            named: places.into_iter().take(limit).collect(),
            fix: vec!["sanid status    on the host says what to do".to_owned()],
            ..Finding::new(
                Code::HostFinding,
                format!("{own}, reported by {}", hosts(count)),
                "What each code means is in docs/findings.md.",
            )
        })
    });
    Found::all(Code::HostFinding, found.collect())
}

/// Names that some program refuses or misreads.
pub(super) fn names(fleet: &Fleet, limit: usize) -> Found {
    let issues = PortabilityIssue::ALL
        .iter()
        .map(|issue| (*issue, Vec::new()));
    let mut places: Vec<(PortabilityIssue, Vec<u64>)> = issues.collect();
    for (place, record) in fleet.hosts().filter(|(_, record)| record.issues != 0) {
        for (number, (_, places)) in places.iter_mut().enumerate() {
            if record.issues >> number & 1 == 1 {
                places.push(place);
            }
        }
    }
    let found = places.into_iter().filter(|(_, places)| !places.is_empty());
    let found = found.map(|(issue, places)| {
        let count = places.len() as u64;
        Finding {
            about: vec![issue.code().to_owned()],
            hosts: count,
            named: places.into_iter().take(limit).collect(),
            fix: vec!["sanid apply --replace    once the arrays know the new names".to_owned()],
            ..Finding::new(
                Code::NameNotPortable,
                format!(
                    "{} with a name that some programs refuse or misread",
                    hosts(count)
                ),
                issue.explanation(),
            )
        }
    });
    Found::all(Code::NameNotPortable, found.collect())
}

/// Schemes, of which a fleet should have one.
pub(super) fn schemes(fleet: &Fleet, limit: usize) -> Found {
    let mut places: BTreeMap<Word, Vec<u64>> = BTreeMap::new();
    for (place, record) in fleet.hosts().filter(|(_, record)| record.scheme != 0) {
        places.entry(record.scheme).or_default().push(place);
    }
    let mut schemes: Vec<(Word, Vec<u64>)> = places.into_iter().collect();
    if schemes.len() < 2 {
        return Found::none(Code::SchemesMixed);
    }
    schemes.sort_by_key(|(_, places)| std::cmp::Reverse(places.len()));
    let details = schemes.iter().filter_map(|(word, places)| {
        Some(format!(
            "{}: {}",
            fleet.words.word(*word)?,
            hosts(places.len() as u64)
        ))
    });
    let finding = Finding {
        details: details.collect(),
        fix: vec![
            "nothing, where it is meant; else scheme = \"sanid-v1\", then sanid apply --replace once the arrays know the new names".to_owned(),
        ],
        ..Finding::new(
            Code::SchemesMixed,
            format!("hosts derive their names by {} schemes", schemes.len()),
            "What is computed for the arrays by one scheme is not what the other hosts use.",
        )
    };
    // The hosts of the commonest one are not those to look at.
    let others: Vec<u64> = schemes
        .into_iter()
        .skip(1)
        .flat_map(|(_, places)| places)
        .collect();
    Found::one(finding, &others, limit)
}

/// Reports of one name: of one host more than once, or of different hosts; and one machine under several names.
pub(super) fn same_name(fleet: &Fleet, named: &Named, limit: usize) -> [Found; 3] {
    let shared = Finding {
        fix: vec![
            "sanid-fleet collect --ssh HOSTS    names each host by its address".to_owned(),
            "where one host got a new machine-id between two reports: audit the later one alone"
                .to_owned(),
        ],
        ..Finding::new(
            Code::HostNameShared,
            format!(
                "hosts with different seeds have one name ({} such)",
                named.names
            ),
            "What is found on one of them cannot be told from what is found on another.",
        )
    };
    let twice = Finding {
        fix: vec![
            "nothing, where they are reports of one host; different machines of one name and one seed are clones: collect them under names of their own".to_owned(),
        ],
        ..Finding::new(
            Code::ReportedTwice,
            "hosts are reported more than once; the last report counts".to_owned(),
            "Reports are taken for those of one host by its name and its seed.",
        )
    };
    let details = named.machines.iter().take(limit).map(|machine| {
        let all = machine.iter().map(|place| name(fleet, *place));
        all.collect::<Vec<_>>().join(" ")
    });
    let machines = Finding {
        details: details.collect(),
        fix: vec!["list each machine once in what sanid-fleet collect --ssh reads".to_owned()],
        ..Finding::new(
            Code::MachineWithSeveralNames,
            "machines are reported under several names; each counts once".to_owned(),
            "Reports of one boot, or of one seed whose names differ in the domain alone, are taken for those of one machine.",
        )
    };
    let first: Vec<u64> = named
        .machines
        .iter()
        .filter_map(|machine| machine.first().copied())
        .collect();
    [
        Found::one(machines, &first, limit),
        Found::one(shared, &named.shared, limit),
        Found::one(twice, &named.twice, limit),
    ]
}

/// The hosts that there should be, and the names that they should have.
pub(super) fn inventory(fleet: &Fleet, named: &Named, limit: usize) -> Vec<Found> {
    let mut others = Found::none(Code::IdentityUnexpected);
    for (row, place) in &named.expected {
        let (Some(row), Some(host)) = (fleet.get(*row), fleet.get(*place)) else {
            continue;
        };
        let details = differences(&row.names, &host.names);
        if details.is_empty() {
            continue;
        }
        others.count += 1;
        if others.findings.len() < limit {
            others.findings.push(unexpected(*place, host, details));
        } else {
            others.omitted += 1;
        }
    }
    let missing = Finding {
        fix: vec!["sanid-fleet collect --ssh HOSTS >> REPORTS    asks them again".to_owned()],
        ..Finding::new(
            Code::HostMissing,
            format!(
                "hosts of the inventory without a report: {}",
                named.missing.len()
            ),
            "Nobody knows what names they use.",
        )
    };
    let unexpected = Finding {
        fix: vec!["add them to the inventory, or find out what they are".to_owned()],
        ..Finding::new(
            Code::HostUnexpected,
            format!(
                "hosts that report and are not in the inventory: {}",
                named.unexpected.len()
            ),
            "Arrays that admit what the inventory says do not admit them.",
        )
    };
    vec![
        others,
        inventory_duplicates(fleet, limit),
        Found::one(missing, &named.missing, limit),
        Found::one(unexpected, &named.unexpected, limit),
    ]
}

/// Rows of the inventory that are one host to storage, or that have one host name.
fn inventory_duplicates(fleet: &Fleet, limit: usize) -> Found {
    let mut finder = Finder::default();
    for (place, record) in fleet.rows() {
        finder.add(Kind::Host, Digest::of_host(&record.host), place);
    }
    let names = finder
        .shared(Kind::Host)
        .into_iter()
        .map(|(digest, places)| (places, vec![(Kind::Host, digest)]));
    let sets = alike(fleet.rows())
        .into_iter()
        .map(|set| (set.places, set.values));
    let mut found = Found::none(Code::InventoryDuplicate);
    for (places, values) in sets.chain(names) {
        found.count += 1;
        if found.findings.len() >= limit {
            found.omitted += 1;
            continue;
        }
        let about = values
            .iter()
            .map(|(kind, digest)| Shared::new(fleet, *kind, (*digest, &places)).value);
        let about: Vec<String> = about.collect();
        found.findings.push(Finding {
            details: about.clone(),
            about,
            hosts: places.len() as u64,
            named: places.iter().copied().take(limit).collect(),
            fix: vec!["correct the inventory, and what was made of it: sanid-fleet derive finds such rows".to_owned()],
            ..Finding::new(
                Code::InventoryDuplicate,
                format!("{} rows of the inventory have one name", places.len()),
                "An array that allows one of these hosts allows all of them, or takes them for one.",
            )
        });
    }
    found
}

fn unexpected(place: u64, host: &Record, details: Vec<String>) -> Finding {
    let name = crate::shown(&host.host);
    Finding {
        fix: vec![
            format!("sanid apply --replace    on {name}, where the inventory is right"),
            "correct the inventory, and what was made of it, where the host is right".to_owned(),
        ],
        details,
        hosts: 1,
        named: vec![place],
        ..Finding::new(
            Code::IdentityUnexpected,
            format!("{name} uses other names than the inventory says"),
            "Arrays that admit what the inventory says do not admit this host, or admit another in its place.",
        )
    }
}

/// What the inventory says and the host has otherwise. A name that the inventory does not have is not compared.
fn differences(expected: &Names, found: &Names) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = |what: &str, expected: &str, found: Option<&str>| {
        let found = found.map_or("nothing".to_owned(), crate::shown);
        lines.push(format!(
            "{what}: expected {}, found {found}",
            crate::shown(expected)
        ));
    };
    let id = |id: [u8; 16]| HostUuid::from_bytes(id).to_string();
    if let Some(iqn) = expected.iqn() {
        let found = found.iqn();
        if found.as_deref().map(crate::alike::iqn) != Some(crate::alike::iqn(&iqn)) {
            line("initiator name", &iqn, found.as_deref());
        }
    }
    if let Some(nqn) = expected.host_nqn() {
        let found = found.host_nqn();
        if found.as_ref() != Some(&nqn) {
            line("host NQN", &nqn, found.as_deref());
        }
    }
    if let Some(expected) = expected.host_id {
        if found.host_id != Some(expected) {
            line("Host ID", &id(expected), found.host_id.map(id).as_deref());
        }
    }
    lines
}
