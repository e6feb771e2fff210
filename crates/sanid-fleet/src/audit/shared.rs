//! What hosts share, summed up over those that have it.

use std::collections::{HashMap, HashSet};

use sanid_core::HostUuid;

use super::record::{Fleet, Names, Record};
use super::words::Word;
use crate::alike::{Digest, Finder, Kind};

/// More different values than this are counted as this many and more.
const FEW: usize = 16;

/// The kinds that a host must not share, the one that explains the others first.
pub(crate) const KINDS: [Kind; 4] = [Kind::Seed, Kind::HostId, Kind::HostNqn, Kind::Iqn];

/// Hosts, and everything that exactly they share.
pub(crate) struct Alike {
    pub(crate) places: Vec<u64>,
    pub(crate) values: Vec<(Kind, Digest)>,
}

/// The sets of hosts that share something, the largest first. `of` are the records to compare.
pub(crate) fn alike<'a>(records: impl Iterator<Item = (u64, &'a Record)>) -> Vec<Alike> {
    let mut finder = Finder::default();
    for (place, record) in records {
        record.values_for(&mut finder, place);
    }
    let mut sets: Vec<Alike> = Vec::new();
    let mut known: HashMap<Vec<u64>, usize> = HashMap::new();
    for kind in KINDS {
        for (value, places) in finder.shared(kind) {
            let next = sets.len();
            let at = *known.entry(places).or_insert_with_key(|places| {
                sets.push(Alike {
                    places: places.clone(),
                    values: Vec::new(),
                });
                next
            });
            if let Some(set) = sets.get_mut(at) {
                set.values.push((kind, value));
            }
        }
    }
    sets.sort_by_key(|set| {
        (
            std::cmp::Reverse(set.places.len()),
            // What explains the others first, in whatever order the hosts have answered.
            set.values.first().map(|value| value.0),
            set.places.first().copied(),
        )
    });
    sets
}

/// One value that more than one host has.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) kind: Kind,
    /// The value, as the first of them writes it.
    pub(crate) value: String,
    /// How many hosts.
    pub(crate) hosts: u64,
    /// Hosts of one seed among hosts of several.
    pub(crate) clones: Vec<Vec<u64>>,
    /// How many seeds the hosts have.
    pub(crate) seeds: usize,
    pub(crate) without_seed: u64,
    /// The words of a host of each seed, with how many say so.
    pub(crate) sources: Vec<(String, u64)>,
    pub(crate) schemes: Vec<(String, u64)>,
    pub(crate) kinds_of_seed: Vec<(String, u64)>,
    /// How many of them: one host of each seed, and those without.
    pub(crate) different: u64,
    /// On how many of those what is on disk is not the desired one.
    pub(crate) differs: u64,
    pub(crate) denylisted: bool,
    /// The records of programs that give the name, each once.
    pub(crate) givers: Vec<String>,
    /// On how many of them a program's own record gives the name.
    pub(crate) given: u64,
    /// Hosts of one seed call themselves by one name, and no report says of which boot it is.
    pub(crate) one_machine: bool,
}

impl Shared {
    pub(crate) fn new(fleet: &Fleet, kind: Kind, (digest, places): (Digest, &[u64])) -> Self {
        let mut value = None;
        let mut known: HashMap<[u8; 16], usize> = HashMap::new();
        let mut seeds: Vec<Vec<u64>> = Vec::new();
        let mut different: Vec<(u64, &Record)> = Vec::new();
        for (place, record) in places
            .iter()
            .filter_map(|place| Some((*place, fleet.get(*place)?)))
        {
            if value.is_none() {
                record.values(|found, one, names| {
                    if (found, one) == (kind, digest) {
                        value = value.take().or_else(|| text(kind, record, names));
                    }
                });
            }
            let Some(seed) = record.fingerprint else {
                different.push((place, record));
                continue;
            };
            let next = seeds.len();
            let at = *known.entry(seed).or_insert(next);
            if let Some(hosts) = seeds.get_mut(at) {
                hosts.push(place);
            } else {
                seeds.push(vec![place]);
                different.push((place, record));
            }
        }
        let value = value.unwrap_or_default();
        let counted = |word: &dyn Fn(&Record) -> Word| counted(fleet, &different, word);
        let of_iqn = kind == Kind::Iqn;
        let differs = |record: &Record| {
            if of_iqn {
                record.flags.iqn_differs
            } else {
                record.flags.pair_differs
            }
        };
        let givers: Vec<&str> = different
            .iter()
            .filter_map(|(_, record)| record.giver(&value))
            .collect();
        let number = |of: &dyn Fn(&Record) -> bool| {
            different.iter().filter(|(_, one)| of(one)).count() as u64
        };
        Self {
            hosts: places.len() as u64,
            without_seed: number(&|record| record.fingerprint.is_none()),
            sources: counted(&|record| {
                if of_iqn {
                    record.iqn_source
                } else {
                    record.nvme_source
                }
            }),
            schemes: counted(&|record| record.scheme),
            kinds_of_seed: counted(&|record| record.seed),
            different: different.len() as u64,
            differs: number(&differs),
            denylisted: uuid(kind, &value).is_some_and(|uuid| uuid.is_denylisted()),
            given: givers.len() as u64,
            givers: once(givers),
            one_machine: seeds.len() == 1 && maybe_one_machine(fleet, places),
            seeds: seeds.len(),
            clones: seeds.into_iter().filter(|hosts| hosts.len() > 1).collect(),
            value: crate::shown(&value),
            kind,
        }
    }
}

/// The other halves of the pairs that these hosts use with one half; at most [`FEW`], and whether there are more.
pub(crate) fn partners(
    fleet: &Fleet,
    kind: Kind,
    (digest, places): (Digest, &[u64]),
) -> (Vec<String>, bool) {
    let mut partners: Vec<String> = Vec::new();
    let mut more = false;
    for record in places.iter().filter_map(|place| fleet.get(*place)) {
        let mut seen = false;
        record.values(|found, one, names| {
            if (found, one) != (kind, digest) || std::mem::replace(&mut seen, true) {
                return;
            }
            let partner = names.and_then(|names| match kind {
                Kind::HostNqn => names.host_id.map(|id| HostUuid::from_bytes(id).to_string()),
                Kind::HostId => names.host_nqn().map(|nqn| crate::shown(&nqn)),
                _ => None,
            });
            match partner {
                Some(partner) if partners.contains(&partner) => {}
                Some(partner) if partners.len() < FEW => partners.push(partner),
                Some(_) => more = true,
                None => {}
            }
        });
    }
    (partners, more)
}

fn text(kind: Kind, record: &Record, names: Option<&Names>) -> Option<String> {
    match kind {
        Kind::Host => Some(record.host.to_string()),
        Kind::Seed => record
            .fingerprint
            .map(|one| HostUuid::from_bytes(one).simple().to_string()),
        Kind::HostId => names?
            .host_id
            .map(|id| HostUuid::from_bytes(id).to_string()),
        Kind::HostNqn => names?.host_nqn().map(Into::into),
        Kind::Iqn => names?.iqn().map(Into::into),
    }
}

/// The UUID in a name.
fn uuid(kind: Kind, value: &str) -> Option<HostUuid> {
    let digits = value.rsplit_once(':').map(|(_, digits)| digits);
    match kind {
        Kind::Host | Kind::Seed => None,
        Kind::HostId => HostUuid::parse(value).ok(),
        Kind::HostNqn => HostUuid::parse(digits?).ok(),
        Kind::Iqn => HostUuid::parse_simple(digits?),
    }
}

fn counted(
    fleet: &Fleet,
    hosts: &[(u64, &Record)],
    word: &dyn Fn(&Record) -> Word,
) -> Vec<(String, u64)> {
    let mut counts: HashMap<Word, u64> = HashMap::new();
    for (_, record) in hosts {
        *counts.entry(word(record)).or_default() += 1;
    }
    let counts = counts.into_iter();
    let mut counts: Vec<(String, u64)> = counts
        .filter_map(|(word, count)| Some((fleet.words.word(word)?, count)))
        .collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts
}

fn once(texts: Vec<&str>) -> Vec<String> {
    let mut seen = HashSet::new();
    let texts = texts.into_iter().filter(|text| seen.insert(*text));
    texts.take(FEW).map(crate::shown).collect()
}

/// Reports that may be of one machine: one name of its own, reached by different ones, without a boot.
fn maybe_one_machine(fleet: &Fleet, places: &[u64]) -> bool {
    let records: Vec<&Record> = places
        .iter()
        .filter_map(|place| fleet.get(*place))
        .collect();
    let own = |record: &&Record| record.own().map(str::to_owned);
    let first = records.first().and_then(own);
    first.is_some()
        && records
            .iter()
            .all(|record| own(record) == first && record.boot.is_none())
}
