//! Rows that stand for one host: the same name, one machine-id, or one name of storage.
//!
//! No key tells a machine-id: it is the public UUID that `sanid-v1` derives.

use std::collections::HashMap;

use sanid_core::{HostId, HostNqn, HostUuid, IqnPrefix, IscsiName};

use super::Place;
use super::identity::{Identity, given};
use crate::alike::{Digest, Finder, Group, Kind, USUAL};
use crate::inventory::{Column, Row};

/// What two rows share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// The name of the host.
    Name,
    /// The machine-id, the system UUID or the Host ID: two hosts would be one to the storage.
    Seed,
    /// The host NQN alone: two hosts would be one to a subsystem.
    HostNqn,
    /// The initiator name alone: two hosts would be one to a target.
    Iqn,
}

/// Rows that stand for one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// What they share.
    pub shared: Shared,
    /// Where they are, in order.
    pub places: Vec<Place>,
}

/// The names of storage that a row gives, whatever else is wrong with it.
pub(super) struct Given {
    pub(super) iqn: Option<IscsiName>,
    pub(super) host_nqn: Option<HostNqn>,
    pub(super) host_id: Option<HostId>,
}

impl Given {
    pub(super) fn of(row: &Row<'_>) -> Self {
        Self {
            iqn: given(row, Column::Iqn).ok().flatten(),
            host_nqn: given(row, Column::HostNqn).ok().flatten(),
            host_id: given(row, Column::HostId).ok().flatten(),
        }
    }
}

/// What the rows that one thread has read must not share.
#[derive(Default)]
pub(super) struct Keys(Finder);

impl Keys {
    /// Of a row of which nothing is fixed.
    pub(super) fn usual(&mut self, line: u64, row: &Row<'_>, uuid: &HostUuid, prefix: &IqnPrefix) {
        self.host(
            line,
            std::str::from_utf8(row.get(Column::Host)).unwrap_or_default(),
        );
        if prefix.as_str() == USUAL {
            return self.0.add_uuid(*uuid.as_bytes(), line);
        }
        let id = Digest::of_bytes(*uuid.as_bytes());
        self.0.add(Kind::HostId, id, line);
        self.0.add(Kind::HostNqn, id, line);
        let iqn = format!("{}:{}", prefix.as_str(), uuid.simple());
        self.0.add(Kind::Iqn, Digest::of_iqn(&iqn), line);
    }

    /// Of any other row.
    pub(super) fn other(&mut self, line: u64, identity: &Identity<'_>) {
        self.host(line, identity.host);
        let id = identity.nvme.host_id.uuid();
        for uuid in identity.seed.into_iter().chain([id]) {
            self.0
                .add(Kind::HostId, Digest::of_bytes(*uuid.as_bytes()), line);
        }
        let nqn = identity.nvme.host_nqn.as_str();
        self.0.add(Kind::HostNqn, Digest::of_nqn(nqn), line);
        self.0
            .add(Kind::Iqn, Digest::of_iqn(identity.iqn.as_str()), line);
    }

    /// Of a row that gives no identity: the names in it may be those of another.
    pub(super) fn bad(&mut self, line: u64, given: &Given) {
        if let Some(id) = &given.host_id {
            self.0
                .add(Kind::HostId, Digest::of_bytes(*id.uuid().as_bytes()), line);
        }
        if let Some(nqn) = &given.host_nqn {
            self.0
                .add(Kind::HostNqn, Digest::of_nqn(nqn.as_str()), line);
        }
        if let Some(iqn) = &given.iqn {
            self.0.add(Kind::Iqn, Digest::of_iqn(iqn.as_str()), line);
        }
    }

    fn host(&mut self, line: u64, name: &str) {
        self.0.add(Kind::Host, Digest::of_host(name), line);
    }

    pub(super) fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    /// Every group of rows that share something, in the order of their first lines. Rows that have one machine-id have
    /// one name, too, and that is not said again.
    pub(super) fn duplicates(mut self, place: impl Fn(u64) -> Place) -> Vec<Duplicate> {
        let mut found: Vec<(Shared, Group)> = Vec::new();
        let names = self.0.shared(Kind::Host);
        found.extend(names.into_iter().map(|group| (Shared::Name, group)));
        let mut of_line: HashMap<u64, Vec<usize>> = HashMap::new();
        for (shared, kind) in [
            (Shared::Seed, Kind::HostId),
            (Shared::HostNqn, Kind::HostNqn),
            (Shared::Iqn, Kind::Iqn),
        ] {
            for group in self.0.shared(kind) {
                let first = group.1.first().and_then(|line| of_line.get(line));
                let known = first.into_iter().flatten().any(|at| {
                    let known = found.get(*at);
                    known.is_some_and(|(_, known)| {
                        group
                            .1
                            .iter()
                            .all(|line| known.1.binary_search(line).is_ok())
                    })
                });
                if known {
                    continue;
                }
                for line in &group.1 {
                    of_line.entry(*line).or_default().push(found.len());
                }
                found.push((shared, group));
            }
        }
        let placed = found.into_iter().map(|(shared, (_, lines))| Duplicate {
            shared,
            places: lines.into_iter().map(&place).collect(),
        });
        placed.collect()
    }
}
