//! What storage takes for one name, and which hosts have one: the only place that compares hosts. `derive`, `audit`
//! and inventories use it.

use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;

use rayon::slice::ParallelSliceMut as _;
use sanid_core::{HostNqn, HostUuid, IscsiName};

/// What two hosts must not share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// The name by which people know the host.
    Host,
    /// The machine-id or system UUID.
    Seed,
    /// The NVMe Host ID.
    HostId,
    /// The NVMe host NQN.
    HostNqn,
    /// The iSCSI initiator name.
    Iqn,
}

impl Kind {
    /// Every kind.
    pub(crate) const ALL: [Self; 5] = [
        Self::Host,
        Self::Seed,
        Self::HostId,
        Self::HostNqn,
        Self::Iqn,
    ];
}

/// What the initiator names of most hosts begin with.
pub(crate) const USUAL: &str = "iqn.2016-04.com.open-iscsi";

/// A host name as it is compared: without its case (RFC 4343), without the final dot of a full name, and without the
/// user that a destination of ssh(1) may have.
pub(crate) fn host(name: &str) -> Cow<'_, str> {
    let name = name.trim();
    let name = name.strip_prefix("ssh://").unwrap_or(name);
    let name = name.rsplit_once('@').map_or(name, |(_, name)| name);
    lower(name.strip_suffix('.').unwrap_or(name))
}

/// Whether one of two compared names is the other without its domain.
pub(crate) fn is_short_for(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let domain = long.strip_prefix(short).unwrap_or_default();
    domain.starts_with('.') && label(long) == Some(short)
}

/// The first label of a compared name; an address has none.
pub(crate) fn label(name: &str) -> Option<&str> {
    let label = name.split('.').next().unwrap_or_default();
    let is_name = !name.contains(':') && label.bytes().any(|byte| !byte.is_ascii_digit());
    is_name.then_some(label)
}

/// An initiator name as targets compare it: LIO and others in lower case, the standard after preparation
/// (RFC 7143 section 4.2.7.2).
pub(crate) fn iqn(name: &str) -> Cow<'_, str> {
    if name.is_ascii() {
        return lower(name);
    }
    match IscsiName::parse(name) {
        Ok(name) => Cow::Owned(name.normal_form().as_str().to_owned()),
        Err(_) => Cow::Borrowed(name),
    }
}

fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Borrowed(text)
}

/// A value in 128 bits: equal only for equal values of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Digest([u64; 2]);

impl Digest {
    /// Of a UUID or a fingerprint.
    pub(crate) fn of_bytes(bytes: [u8; 16]) -> Self {
        let bits = u128::from_be_bytes(bytes);
        let [high, low] = [bits >> 64, bits & u128::from(u64::MAX)];
        Self([high, low].map(|half| u64::try_from(half).unwrap_or_default()))
    }

    /// Of a host name.
    pub(crate) fn of_host(name: &str) -> Self {
        Self::of_text(&host(name))
    }

    /// Of a host NQN, which targets compare byte for byte. One that is made of a UUID needs no hash.
    pub(crate) fn of_nqn(nqn: &str) -> Self {
        let digits = nqn.strip_prefix(HostNqn::UUID_PREFIX);
        let uuid = digits.and_then(|digits| HostUuid::parse(digits).ok());
        match uuid.filter(|uuid| Some(uuid.to_string().as_str()) == digits) {
            Some(uuid) => Self::of_bytes(*uuid.as_bytes()),
            None => Self::of_text(nqn),
        }
    }

    /// Of an initiator name. One that follows from a UUID in the usual way needs no hash.
    pub(crate) fn of_iqn(name: &str) -> Self {
        let name = iqn(name);
        let digits = name
            .strip_prefix(USUAL)
            .and_then(|rest| rest.strip_prefix(':'));
        match digits.and_then(HostUuid::parse_simple) {
            Some(uuid) => Self::of_bytes(*uuid.as_bytes()),
            None => Self::of_text(&name),
        }
    }

    /// Nobody can make two texts with one hash, since its keys are random numbers of this run.
    fn of_text(text: &str) -> Self {
        static KEYS: OnceLock<[RandomState; 2]> = OnceLock::new();
        let keys = KEYS.get_or_init(|| [RandomState::new(), RandomState::new()]);
        Self([0, 1].map(|half: usize| {
            keys.get(half)
                .map_or(0, |key| key.hash_one(text.as_bytes()))
        }))
    }
}

/// Which hosts have a value, by their places.
#[derive(Debug, Default)]
pub(crate) struct Finder {
    values: [Vec<Value>; Kind::ALL.len()],
    /// The UUIDs of hosts whose three names follow from one in the usual way, which is nearly all of them: one value in
    /// place of three.
    uuids: Vec<Value>,
}

type Value = (Digest, u64);

/// One value, and the places of the hosts that have it, in order.
pub(crate) type Group = (Digest, Vec<u64>);

impl Finder {
    pub(crate) fn add(&mut self, kind: Kind, value: Digest, place: u64) {
        if let Some(values) = self.values.get_mut(kind as usize) {
            values.push((value, place));
        }
    }

    /// Adds the Host ID, the host NQN and the initiator name that follow from a UUID, the last with [`USUAL`].
    pub(crate) fn add_uuid(&mut self, uuid: [u8; 16], place: u64) {
        self.uuids.push((Digest::of_bytes(uuid), place));
    }

    /// Moves all values of another finder into this one.
    pub(crate) fn append(&mut self, other: &mut Self) {
        let uuids = std::iter::once((&mut self.uuids, &mut other.uuids));
        for (to, from) in self.values.iter_mut().zip(&mut other.values).chain(uuids) {
            if to.is_empty() {
                std::mem::swap(to, from);
            }
            to.append(from);
            *from = Vec::new();
        }
    }

    /// The values that several hosts have, ordered by the first host of each. A host that has a value twice counts
    /// once.
    pub(crate) fn shared(&mut self, kind: Kind) -> Vec<Group> {
        let values = self.values.get_mut(kind as usize);
        let mut values = values.map(std::mem::take).unwrap_or_default();
        if !matches!(kind, Kind::Host | Kind::Seed) {
            if !self.uuids.is_sorted() {
                self.uuids.par_sort_unstable();
            }
            let known: HashSet<Digest> = values.iter().map(|value| value.0).collect();
            for same in self.uuids.chunk_by(|a, b| a.0 == b.0) {
                if same.len() > 1 || same.first().is_some_and(|one| known.contains(&one.0)) {
                    values.extend(same);
                }
            }
        }
        values.par_sort_unstable();
        values.dedup();
        let several = values.chunk_by(|a, b| a.0 == b.0);
        let mut groups: Vec<Group> = several
            .filter(|group| group.len() > 1)
            .filter_map(|group| Some((group.first()?.0, group.iter().map(|one| one.1).collect())))
            .collect();
        groups.sort_by_key(|(_, places)| places.first().copied());
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_storage_takes_for_one_are_equal() {
        let uuid = HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b").unwrap();
        for (a, b) in [
            (
                "iqn.2016-04.com.open-iscsi:AB",
                "iqn.2016-04.com.open-iscsi:ab",
            ),
            ("iqn.2017-11.dev.TÄLOS:x", "iqn.2017-11.dev.tälos:x"),
        ] {
            assert_eq!(Digest::of_iqn(a), Digest::of_iqn(b), "{a}");
        }
        assert_eq!(
            Digest::of_host("DB-01.Example.com."),
            Digest::of_host("db-01.example.com")
        );
        // NQNs are compared byte for byte.
        for nqn in [
            "nqn.2014-08.com.example:a".to_owned(),
            HostNqn::from_uuid(&uuid).as_str().to_owned(),
        ] {
            let other = nqn.to_uppercase().replacen(
                "NQN.2014-08.ORG.NVMEXPRESS:UUID:",
                HostNqn::UUID_PREFIX,
                1,
            );
            assert_ne!(Digest::of_nqn(&nqn), Digest::of_nqn(&other), "{nqn}");
        }
    }

    #[test]
    fn finds_the_places_of_each_value_in_order() {
        let (mut all, mut other) = (Finder::default(), Finder::default());
        for place in 0..300_000_u64 {
            let value = if place % 100_000 == 7 { 7 } else { place };
            let digest = Digest::of_bytes(u128::from(value).to_be_bytes());
            let finder = if place % 3 == 0 { &mut all } else { &mut other };
            finder.add(Kind::Seed, digest, place);
            finder.add(Kind::Seed, digest, place);
        }
        all.append(&mut other);
        let groups = all.shared(Kind::Seed);
        let places: Vec<Vec<u64>> = groups.into_iter().map(|group| group.1).collect();
        assert_eq!(places, [[7, 100_007, 200_007]]);
        assert_eq!(all.shared(Kind::Iqn), []);
    }

    #[test]
    fn compares_names_of_one_uuid_with_names_that_are_given() {
        let uuid = HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b").unwrap();
        let iqn = format!("{USUAL}:{}", uuid.simple());
        let mut finder = Finder::default();
        finder.add_uuid(*uuid.as_bytes(), 1);
        finder.add_uuid([7; 16], 2);
        finder.add(
            Kind::Iqn,
            Digest::of_iqn(&iqn.to_uppercase().replacen("IQN", "iqn", 1)),
            3,
        );
        finder.add_uuid([7; 16], 4);
        let mut places = |kind| {
            finder
                .shared(kind)
                .into_iter()
                .map(|group| group.1)
                .collect::<Vec<_>>()
        };
        assert_eq!(places(Kind::Iqn), [[1, 3], [2, 4]]);
        assert_eq!(places(Kind::HostId), [[2, 4]]);
    }
}
