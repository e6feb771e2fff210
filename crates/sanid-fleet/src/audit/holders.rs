//! Which hosts of the fleet report a name that a target, an array or a list has.

use std::collections::HashMap;

use sanid_core::HostUuid;

use super::record::Fleet;
use crate::alike::{self, Digest};
use crate::duplicates::Kind;

/// The hosts that report each of some names.
pub(super) struct Holders(HashMap<(alike::Kind, Digest), Vec<u64>>);

impl Holders {
    /// Looks for these names in the reports.
    pub(super) fn new<'n>(fleet: &Fleet, names: impl Iterator<Item = (Kind, &'n str)>) -> Self {
        let keys = names.filter_map(|(kind, name)| key(kind, name));
        let mut holders: HashMap<_, Vec<u64>> = keys.map(|key| (key, Vec::new())).collect();
        for (place, record) in fleet.hosts() {
            record.values(|kind, value, _| {
                if let Some(places) = holders.get_mut(&(kind, value)) {
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                }
            });
        }
        Self(holders)
    }

    /// The hosts that report this name.
    pub(super) fn of(&self, kind: Kind, name: &str) -> &[u64] {
        let places = key(kind, name).and_then(|key| self.0.get(&key));
        places.map_or(&[], Vec::as_slice)
    }
}

fn key(kind: Kind, name: &str) -> Option<(alike::Kind, Digest)> {
    Some(match kind {
        Kind::Iscsi => (alike::Kind::Iqn, Digest::of_iqn(name)),
        Kind::Nqn => (alike::Kind::HostNqn, Digest::of_nqn(name)),
        Kind::HostId => {
            let id = HostUuid::parse(name).ok()?;
            (alike::Kind::HostId, Digest::of_bytes(*id.as_bytes()))
        }
    })
}
