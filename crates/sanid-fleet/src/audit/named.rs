//! Hosts by their names: which report of a host counts, which machine has several names, and what an inventory
//! expects.

use std::collections::{HashMap, HashSet};

use super::record::{Fleet, Record};
use crate::alike::{self, Digest, Finder, Kind};

/// What names say of the hosts of a fleet, by their places.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Hosts of different seeds with one name.
    pub(super) shared: Vec<u64>,
    /// How many names they have.
    pub(super) names: u64,
    /// Hosts with more than one report.
    pub(super) twice: Vec<u64>,
    /// The reports of machines with several names, the one that counts first.
    pub(super) machines: Vec<Vec<u64>>,
    /// Rows of the inventory without a report.
    pub(super) missing: Vec<u64>,
    /// Hosts that the inventory does not have.
    pub(super) unexpected: Vec<u64>,
    /// Rows of the inventory, each with the host of its name.
    pub(super) expected: Vec<(u64, u64)>,
}

/// Finds them, and marks the reports that do not count.
pub(super) fn named(fleet: &mut Fleet) -> Named {
    let mut named = Named::default();
    let mut finder = Finder::default();
    for (place, record) in fleet.all() {
        finder.add(Kind::Host, Digest::of_host(&record.host), place);
    }
    let groups = finder.shared(Kind::Host);
    for (_, places) in &groups {
        one_name(fleet, places, &mut named);
    }
    several_names(fleet, &mut named);
    inventory(fleet, groups.into_iter().map(|group| group.1), &mut named);
    named
}

/// Of the reports of one name, the latest of each seed counts. One without a seed is the same host, unless there is
/// more than one that it could be.
fn one_name(fleet: &mut Fleet, places: &[u64], named: &mut Named) {
    let reports: Vec<u64> = places
        .iter()
        .copied()
        .filter(|place| !is_row(fleet, *place))
        .collect();
    let of = |place: u64| fleet.get(place).and_then(|record| record.fingerprint);
    let seeds: HashSet<[u8; 16]> = reports.iter().filter_map(|place| of(*place)).collect();
    let mut hosts: Vec<Vec<u64>> = Vec::new();
    let mut known: HashMap<Option<[u8; 16]>, usize> = HashMap::new();
    for place in reports {
        let seed = of(place).filter(|_| seeds.len() > 1);
        let next = hosts.len();
        match hosts.get_mut(*known.entry(seed).or_insert(next)) {
            Some(places) => places.push(place),
            None => hosts.push(vec![place]),
        }
    }
    let several = hosts.len() > 1;
    let mut twice = None;
    for mut places in hosts {
        let latest = latest(fleet, &places);
        if several {
            named.shared.push(latest);
        }
        if places.len() > 1 {
            twice = twice.or(Some(latest));
            places.retain(|place| *place != latest);
            supersede(fleet, &places);
        }
    }
    named.names += u64::from(several);
    named.twice.extend(twice);
}

fn is_row(fleet: &Fleet, place: u64) -> bool {
    fleet
        .get(place)
        .is_some_and(|record| record.flags.inventory)
}

/// The latest report; of those that do not say when they were made, the last.
fn latest(fleet: &Fleet, places: &[u64]) -> u64 {
    let time = |place: &u64| (fleet.get(*place).map_or(0, |record| record.time), *place);
    places.iter().copied().max_by_key(time).unwrap_or_default()
}

fn supersede(fleet: &mut Fleet, places: &[u64]) {
    for place in places {
        if let Some(record) = fleet.get_mut(*place) {
            record.flags.superseded = true;
        }
    }
}

/// What reports of one seed have in common only where they are of one running machine.
#[derive(PartialEq, Eq, Hash)]
enum Machine {
    Boot([u8; 16]),
    /// Its own name, and the one by which it was reached without the domain.
    Name(String, String),
}

impl Machine {
    fn of(record: &Record) -> Option<Self> {
        if let Some(boot) = record.boot {
            return Some(Self::Boot(boot));
        }
        let reached = alike::host(&record.host);
        let own = record.own().unwrap_or(&reached).to_owned();
        Some(Self::Name(own, alike::label(&reached)?.to_owned()))
    }

    /// Names are those of one machine where at most one of them has a domain, and the machine has one of its own.
    fn is_one(&self, fleet: &Fleet, places: &[u64]) -> bool {
        let records = || places.iter().filter_map(|place| fleet.get(*place));
        let names: HashSet<_> = records().map(|record| alike::host(&record.host)).collect();
        let full = names.iter().filter(|name| name.contains('.')).count();
        matches!(self, Self::Boot(_))
            || (full < 2 && records().any(|record| record.own().is_some()))
    }
}

/// Reports of one running machine under several names: of one boot; or, where they do not say of which boot they are, of
/// one seed and one name of its own, reached by names that differ in the domain only.
fn several_names(fleet: &mut Fleet, named: &mut Named) {
    let mut finder = Finder::default();
    for (place, record) in fleet.hosts() {
        if let Some(seed) = record.fingerprint {
            finder.add(Kind::Seed, Digest::of_bytes(seed), place);
        }
    }
    for (_, places) in finder.shared(Kind::Seed) {
        let mut machines: HashMap<Machine, Vec<u64>> = HashMap::new();
        for place in places {
            if let Some(machine) = fleet.get(place).and_then(Machine::of) {
                machines.entry(machine).or_default().push(place);
            }
        }
        for (machine, mut places) in machines {
            if places.len() > 1 && machine.is_one(fleet, &places) {
                let latest = latest(fleet, &places);
                places.retain(|place| *place != latest);
                supersede(fleet, &places);
                places.insert(0, latest);
                named.machines.push(places);
            }
        }
    }
    named.machines.sort();
}

fn inventory(fleet: &Fleet, groups: impl Iterator<Item = Vec<u64>>, named: &mut Named) {
    if fleet.rows().next().is_none() {
        return;
    }
    // What a report says under one of the names of a machine is what the machine says.
    let machines = named.machines.iter().flat_map(|machine| {
        let counts = machine.first().copied().unwrap_or_default();
        machine.iter().map(move |place| (*place, counts))
    });
    let machines: HashMap<u64, u64> = machines.collect();
    let mut found: HashSet<u64> = HashSet::new();
    let mut met: HashSet<u64> = HashSet::new();
    for group in groups {
        let (rows, reports): (Vec<u64>, Vec<u64>) =
            group.into_iter().partition(|place| is_row(fleet, *place));
        let Some(row) = rows.last() else {
            continue;
        };
        for place in reports {
            let counts = machines.get(&place).copied().unwrap_or(place);
            let is_superseded = fleet
                .get(counts)
                .is_some_and(|record| record.flags.superseded);
            if !is_superseded && found.insert(counts) {
                named.expected.push((*row, counts));
            }
            met.extend(&rows);
        }
        // Rows of one name expect one host, and are a finding of their own.
        met.extend(rows.iter().filter(|one| *one != row));
    }
    let rows = fleet.rows();
    named.missing = rows
        .map(|(place, _)| place)
        .filter(|place| !met.contains(place))
        .collect();
    let hosts = fleet.hosts().map(|(place, _)| place);
    named.unexpected = hosts.filter(|place| !found.contains(place)).collect();
    short_names(fleet, named);
    named.expected.sort_by_key(|(_, place)| *place);
}

/// A host that one side calls by its full name and the other without the domain, where nothing else has that name.
fn short_names(fleet: &Fleet, named: &mut Named) {
    let name = |place: &u64| fleet.get(*place).map(|record| alike::host(&record.host));
    let mut labels: HashMap<String, (Vec<u64>, Vec<u64>)> = HashMap::new();
    for (places, is_report) in [(&named.missing, false), (&named.unexpected, true)] {
        for place in places {
            if let Some(label) = name(place).as_deref().and_then(alike::label) {
                let (rows, hosts) = labels.entry(label.to_owned()).or_default();
                if is_report { hosts } else { rows }.push(*place);
            }
        }
    }
    for (rows, hosts) in labels.into_values() {
        let ([row], [host]) = (rows.as_slice(), hosts.as_slice()) else {
            continue;
        };
        if let (Some(a), Some(b)) = (name(row), name(host)) {
            if alike::is_short_for(&a, &b) {
                named.expected.push((*row, *host));
            }
        }
    }
    let known: HashSet<u64> = named
        .expected
        .iter()
        .flat_map(|(row, host)| [*row, *host])
        .collect();
    named.missing.retain(|place| !known.contains(place));
    named.unexpected.retain(|place| !known.contains(place));
}
