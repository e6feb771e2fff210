//! The hosts of an audit, one by one: they stay where its records are, or in a temporary file where a document
//! has them, so that a list of millions is written without ever being in memory.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Seek as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use sanid_core::HostUuid;
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tempfile::SpooledTempFile;

use super::document::HostReport;
use super::record::Record;
use super::store::Store;
use super::tally::{Places, state};
use super::words::Words;

/// The hosts of an audit, in the order of their reports.
#[derive(Clone)]
pub struct Hosts(Inner);

#[derive(Clone)]
enum Inner {
    /// Those of a document that was read, one document behind the other.
    Read(Arc<Mutex<SpooledTempFile>>),
    /// Those of an audit that was made here.
    Kept(Arc<Kept>),
}

/// What hosts are made of again, each time that they are asked for.
pub(super) struct Kept {
    pub(super) store: Store,
    pub(super) words: Words,
    pub(super) superseded: Places,
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
    /// What `take` gives, and what reading a temporary file gives.
    pub fn each(&self, mut take: impl FnMut(&HostReport) -> io::Result<()>) -> io::Result<()> {
        match &self.0 {
            Inner::Read(file) => {
                // What holds the lock only reads, so a panic leaves nothing half done.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.rewind()?;
                serde_json::Deserializer::from_reader(io::BufReader::new(&mut *file))
                    .into_iter()
                    .try_for_each(|host| take(&host?))
            }
            Inner::Kept(kept) => kept.store.each(|place, record| {
                if record.flags.inventory || kept.superseded.has(place) {
                    return Ok(());
                }
                take(&kept.host(place, record))
            }),
        }
    }
}

impl Kept {
    fn host(&self, place: u64, record: &Record<'_>) -> HostReport {
        let word = |word| self.words.word(word);
        let findings = record.findings.iter();
        let mut findings: Vec<String> = findings.filter_map(|one| word(*one)).collect();
        findings.dedup();
        let names = &record.names;
        HostReport {
            host: crate::shown(&record.host),
            state: state(record.flags).to_owned(),
            iqn: names.iqn.as_deref().map(crate::shown),
            host_nqn: names.host_nqn.as_deref().map(crate::shown),
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

/// What the hosts of a document have beyond this goes to a temporary file.
const IN_MEMORY: usize = 1 << 20;

impl<'de> Deserialize<'de> for Hosts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Spool)
    }
}

/// Puts each host aside as it comes.
struct Spool;

impl<'de> Visitor<'de> for Spool {
    type Value = Hosts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of hosts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut hosts: A) -> Result<Hosts, A::Error> {
        let failed = |error: &dyn fmt::Display| {
            A::Error::custom(format!(
                "cannot keep its hosts in a temporary file: {error}; TMPDIR names a directory with more room"
            ))
        };
        let mut file = io::BufWriter::new(SpooledTempFile::new(IN_MEMORY));
        while let Some(host) = hosts.next_element::<HostReport>()? {
            serde_json::to_writer(&mut file, &host).map_err(|error| failed(&error))?;
        }
        file.flush().map_err(|error| failed(&error))?;
        let file = file.into_inner().map_err(|error| failed(&error))?;
        Ok(Hosts(Inner::Read(Arc::new(Mutex::new(file)))))
    }
}
