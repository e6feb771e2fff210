//! What hosts share, summed up as their records go by, in memory that does not grow with their number.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io;

use sanid_core::HostUuid;

use super::record::{self, Kind, Names, Record, comparable_iqn};
use super::store::Store;
use super::words::{Word, Words};

/// More different values than this are counted as so many or more, and not kept.
const FEW: usize = 16;

/// One value that more than one host has.
#[derive(Debug, Clone)]
pub(crate) struct Shared {
    pub(crate) kind: Kind,
    /// The value, as the first of them writes it.
    pub(crate) value: String,
    /// How many hosts.
    pub(crate) hosts: u64,
    /// The places of the first of them.
    pub(crate) named: Vec<u64>,
    /// The same for the same hosts, whatever they share.
    pub(crate) set: u128,
    pub(crate) fingerprints: Few<[u8; 16]>,
    pub(crate) without_fingerprint: u64,
    /// The other half of the pair, where the value is one half.
    pub(crate) partners: Few<String>,
    pub(crate) sources: Vec<(String, u64)>,
    pub(crate) schemes: Vec<(String, u64)>,
    pub(crate) seeds: Vec<(String, u64)>,
    /// On how many of them what is on disk is not the desired one.
    pub(crate) differs: u64,
    pub(crate) denylisted: bool,
}

impl Shared {
    /// Where the first of the hosts stands.
    pub(crate) fn first(&self) -> u64 {
        self.named.first().copied().unwrap_or_default()
    }
}

/// The first of many values, and whether there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Few<T> {
    kept: Vec<T>,
    more: bool,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            more: false,
        }
    }
}

impl<T: PartialEq> Few<T> {
    fn add(&mut self, value: T) {
        if self.kept.contains(&value) {
            return;
        }
        if self.kept.len() < FEW {
            self.kept.push(value);
        } else {
            self.more = true;
        }
    }

    /// How many different ones; of many, that there are many.
    pub(crate) fn distinct(&self) -> usize {
        self.kept.len() + usize::from(self.more)
    }

    /// The first of them.
    pub(crate) fn kept(&self) -> &[T] {
        &self.kept
    }
}

/// What goes by, of one value.
struct Gathering {
    shared: Shared,
    sources: HashMap<Word, u64>,
    schemes: HashMap<Word, u64>,
    seeds: HashMap<Word, u64>,
}

/// Sums up the hosts of one key after the other. Different values can have one key: they are told apart here.
/// The hosts that have a value, at most `limit` of them, are named.
pub(crate) struct Sharing<'a> {
    store: &'a Store,
    words: &'a Words,
    limit: usize,
    key: u64,
    /// A host that is alone so far is not read.
    first: Option<u64>,
    last: Option<u64>,
    gathered: Vec<Gathering>,
    places: HashMap<(Kind, String), usize>,
    buffer: Vec<u8>,
}

impl<'a> Sharing<'a> {
    pub(crate) fn new(store: &'a Store, words: &'a Words, limit: usize) -> Self {
        Self {
            store,
            words,
            limit,
            key: 0,
            first: None,
            last: None,
            gathered: Vec::new(),
            places: HashMap::new(),
            buffer: Vec::new(),
        }
    }

    /// Takes the next host in the order of keys and places; `done` gets what those of the key before share.
    pub(crate) fn add(
        &mut self,
        key: u64,
        place: u64,
        done: impl FnMut(&Shared),
    ) -> io::Result<()> {
        if key != self.key {
            self.finish(done);
            self.key = key;
        }
        // What a host has twice it shares with nobody.
        if self.last == Some(place) {
            return Ok(());
        }
        match (self.last.replace(place), self.first.take()) {
            (None, _) => self.first = Some(place),
            (Some(_), Some(first)) => {
                self.read(first)?;
                self.read(place)?;
            }
            (Some(_), None) => self.read(place)?,
        }
        Ok(())
    }

    fn read(&mut self, place: u64) -> io::Result<()> {
        let record = self.store.get(place, &mut self.buffer)?;
        each_value(&record, self.key, |kind, value, names| {
            let next = self.gathered.len();
            let number = *self.places.entry((kind, value.to_owned())).or_insert(next);
            if number == next {
                self.gathered.push(Gathering::new(kind, &record, names));
            }
            if let Some(gathering) = self.gathered.get_mut(number) {
                gathering.add(place, &record, names, self.limit);
            }
        });
        Ok(())
    }

    /// The last key has no more hosts.
    pub(crate) fn finish(&mut self, mut done: impl FnMut(&Shared)) {
        for gathering in self.gathered.drain(..) {
            if gathering.shared.hosts > 1 {
                done(&gathering.done(self.words));
            }
        }
        self.places.clear();
        (self.first, self.last) = (None, None);
    }
}

/// Every value of a host with this key, as it is compared, each once.
fn each_value(record: &Record<'_>, key: u64, mut take: impl FnMut(Kind, &str, Option<&Names<'_>>)) {
    let mut seen: Vec<(Kind, String)> = Vec::new();
    let mut once = |kind, value: String, names: Option<&Names<'_>>| {
        let value = (kind, value);
        if !seen.contains(&value) {
            take(kind, &value.1, names);
            seen.push(value);
        }
    };
    if let Some(fingerprint) = &record.fingerprint {
        if record::seed_key(fingerprint) == key {
            let value = HostUuid::from_bytes(*fingerprint).simple().to_string();
            once(Kind::Seed, value, None);
        }
    }
    for names in record.all_names() {
        if let Some(id) = &names.host_id {
            if record::uuid_key(id) == key {
                let value = HostUuid::from_bytes(*id).to_string();
                once(Kind::HostId, value, Some(names));
            }
        }
        if let Some(nqn) = names.host_nqn.as_deref() {
            if record::nqn_key(nqn) == key {
                once(Kind::HostNqn, nqn.to_owned(), Some(names));
            }
        }
        if let Some(iqn) = names.iqn.as_deref() {
            if record::iqn_key(iqn) == key {
                once(Kind::Iqn, comparable_iqn(iqn).into_owned(), Some(names));
            }
        }
    }
}

impl Gathering {
    fn new(kind: Kind, record: &Record<'_>, names: Option<&Names<'_>>) -> Self {
        let id = names.and_then(|names| names.host_id);
        let value = match kind {
            Kind::Seed => record
                .fingerprint
                .map(|one| HostUuid::from_bytes(one).simple().to_string()),
            Kind::HostId => id.map(|id| HostUuid::from_bytes(id).to_string()),
            Kind::HostNqn => names
                .and_then(|names| names.host_nqn.as_deref())
                .map(str::to_owned),
            Kind::Iqn => names
                .and_then(|names| names.iqn.as_deref())
                .map(str::to_owned),
        };
        let uuid = match kind {
            Kind::Seed => None,
            Kind::HostId => id.map(HostUuid::from_bytes),
            Kind::HostNqn => value
                .as_deref()
                .and_then(|nqn| nqn.rsplit_once(':'))
                .and_then(|(_, digits)| HostUuid::parse(digits).ok()),
            Kind::Iqn => value
                .as_deref()
                .and_then(|iqn| iqn.rsplit_once(':'))
                .and_then(|(_, digits)| HostUuid::parse_simple(digits)),
        };
        Self {
            shared: Shared {
                kind,
                value: crate::shown(&value.unwrap_or_default()),
                hosts: 0,
                named: Vec::new(),
                set: 0,
                fingerprints: Few::default(),
                without_fingerprint: 0,
                partners: Few::default(),
                sources: Vec::new(),
                schemes: Vec::new(),
                seeds: Vec::new(),
                differs: 0,
                denylisted: uuid.is_some_and(|uuid| uuid.is_denylisted()),
            },
            sources: HashMap::new(),
            schemes: HashMap::new(),
            seeds: HashMap::new(),
        }
    }

    fn add(&mut self, place: u64, record: &Record<'_>, names: Option<&Names<'_>>, limit: usize) {
        let shared = &mut self.shared;
        shared.hosts += 1;
        if shared.named.len() < limit {
            shared.named.push(place);
        }
        shared.set = shared.set.wrapping_add(mark(place));
        match record.fingerprint {
            Some(fingerprint) => shared.fingerprints.add(fingerprint),
            None => shared.without_fingerprint += 1,
        }
        let (source, differs) = match shared.kind {
            Kind::Iqn => (record.iqn_source, record.flags.iqn_differs),
            _ => (record.nvme_source, record.flags.pair_differs),
        };
        shared.differs += u64::from(differs);
        let partner = names.and_then(|names| match shared.kind {
            Kind::HostNqn => names.host_id.map(|id| HostUuid::from_bytes(id).to_string()),
            Kind::HostId => names.host_nqn.as_deref().map(crate::shown),
            _ => None,
        });
        if let Some(partner) = partner {
            shared.partners.add(partner);
        }
        *self.sources.entry(source).or_default() += 1;
        *self.schemes.entry(record.scheme).or_default() += 1;
        *self.seeds.entry(record.seed).or_default() += 1;
    }

    fn done(self, words: &Words) -> Shared {
        let counts = |counts: HashMap<Word, u64>| {
            let counts = counts.into_iter();
            let mut counts: Vec<(String, u64)> = counts
                .filter_map(|(word, count)| Some((words.word(word)?, count)))
                .collect();
            counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
            counts
        };
        Shared {
            sources: counts(self.sources),
            schemes: counts(self.schemes),
            seeds: counts(self.seeds),
            ..self.shared
        }
    }
}

/// A number that stands for a host in the sum of a set.
fn mark(place: u64) -> u128 {
    let half = |label: u8| {
        let mut hasher = DefaultHasher::new();
        (label, place).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
