//! The hosts of an audit, one by one: each is made again from its record when it is written, so that a list of all
//! needs no more memory than the audit.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::Arc;

use sanid_core::HostUuid;
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::document::HostReport;
use super::record::{Fleet, Record};
use super::tally::state;

/// The hosts of an audit, in the order of their reports.
#[derive(Clone)]
pub struct Hosts(Inner);

#[derive(Clone)]
enum Inner {
    /// Those of a document that was read.
    Read(Arc<Vec<HostReport>>),
    /// Those of an audit that was made here.
    Kept(Arc<Kept>),
}

/// What hosts are made of again, each time that they are asked for.
pub(super) struct Kept {
    pub(super) fleet: Fleet,
    /// The findings that name a host, by its place.
    pub(super) found: HashMap<u64, Vec<u32>>,
}

impl Hosts {
    pub(super) fn kept(kept: Kept) -> Self {
        Self(Inner::Kept(Arc::new(kept)))
    }

    /// Hands on every host.
    ///
    /// # Errors
    /// What `take` returns.
    pub fn each(&self, mut take: impl FnMut(&HostReport) -> io::Result<()>) -> io::Result<()> {
        match &self.0 {
            Inner::Read(hosts) => hosts.iter().try_for_each(take),
            Inner::Kept(kept) => {
                let mut hosts = kept.fleet.hosts();
                hosts.try_for_each(|(place, record)| take(&kept.host(place, record)))
            }
        }
    }
}

impl Kept {
    fn host(&self, place: u64, record: &Record) -> HostReport {
        let word = |word| self.fleet.words.word(word);
        let findings = record.findings().iter();
        let mut findings: Vec<String> = findings.filter_map(|one| word(*one)).collect();
        findings.dedup();
        let names = &record.names;
        HostReport {
            host: crate::shown(&record.host),
            state: state(record.flags).to_owned(),
            iqn: names.iqn().as_deref().map(crate::shown),
            host_nqn: names.host_nqn().as_deref().map(crate::shown),
            host_id: names.host_id.map(|id| HostUuid::from_bytes(id).to_string()),
            scheme: word(record.scheme),
            iqn_source: word(record.iqn_source),
            nvme_source: word(record.nvme_source),
            findings,
            audit: self.found.get(&place).cloned().unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts").finish_non_exhaustive()
    }
}

/// Two audits have the same hosts where they say the same of them.
impl PartialEq for Hosts {
    fn eq(&self, other: &Self) -> bool {
        let all = |hosts: &Self| {
            let mut all = Vec::new();
            let read = hosts.each(|host| {
                all.push(host.clone());
                Ok(())
            });
            read.is_ok().then_some(all)
        };
        match (&self.0, &other.0) {
            (Inner::Read(one), Inner::Read(other)) if Arc::ptr_eq(one, other) => true,
            (Inner::Kept(one), Inner::Kept(other)) if Arc::ptr_eq(one, other) => true,
            _ => all(self).is_some_and(|hosts| Some(hosts) == all(other)),
        }
    }
}

impl Eq for Hosts {}

impl Serialize for Hosts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        let mut failed = None;
        let done = self.each(|host| {
            list.serialize_element(host).map_err(|error| {
                failed = Some(error);
                io::Error::other("it cannot be written")
            })
        });
        match (failed, done) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hosts = Vec::deserialize(deserializer)?;
        Ok(Self(Inner::Read(Arc::new(hosts))))
    }
}
