//! What is noted of a plan in the ownership record.

use super::draft::Draft;
use crate::config::seed::MACHINE_ID;
use crate::file::IdentityFile;
use crate::part::{Part, files};
use crate::record::{Confirmed, Origin, Record, RecordedIqn, RecordedPair};
use crate::resolve::DERIVED;

impl Draft<'_> {
    /// What the record must say after the plan: for each part that holds the desired value, its origin.
    pub(super) fn record(&self) -> Record {
        let old = self.facts.record.record();
        let mut record = Record::new();
        let holds = |file: IdentityFile| {
            let wanted = self.wanted.value(file)?;
            (self.plan.after.of(file) == Some(wanted.as_str())).then_some(wanted)
        };
        let source = |part| self.wanted.origin(part).map_or("", |(source, _)| source);
        record.iqn = match holds(IdentityFile::InitiatorName) {
            Some(iqn) => Some(RecordedIqn {
                iqn,
                origin: self.origin(source(Part::Iqn)),
            }),
            None => old.and_then(|old| old.iqn.clone()),
        };
        record.nvme = match (holds(IdentityFile::HostNqn), holds(IdentityFile::HostId)) {
            (Some(host_nqn), Some(host_id)) => Some(RecordedPair {
                host_nqn,
                host_id,
                origin: self.origin(source(Part::Nvme)),
            }),
            _ => old.and_then(|old| old.nvme.clone()),
        };
        record.unique = old.map_or_else(Vec::new, |old| self.still_confirmed(&old.unique));
        record
    }

    /// What was confirmed of names that the host has, or is to have.
    fn still_confirmed(&self, confirmed: &[Confirmed]) -> Vec<Confirmed> {
        let is_had = |one: &&Confirmed| {
            let part = Part::ALL.into_iter().find(|part| part.key() == one.part);
            // A kind of name that a later version knows is that version's to judge.
            part.is_none_or(|part| {
                let pairs = files(part).iter().zip(&one.names);
                let mut pairs = pairs.map(|(file, name)| (*file, name));
                pairs.all(|(file, name)| {
                    self.plan.after.of(file) == Some(name.as_str())
                        || self.wanted.value(file).as_ref() == Some(name)
                })
            })
        };
        confirmed.iter().filter(is_had).cloned().collect()
    }

    fn origin(&self, source: &str) -> Origin {
        let derived = source == DERIVED;
        Origin {
            source: source.to_owned(),
            scheme: derived.then(|| self.wanted.scheme.to_owned()),
            seed: self
                .wanted
                .seed
                .as_ref()
                .filter(|_| derived)
                .map(ToString::to_string),
            seed_name: self
                .wanted
                .seed_name
                .filter(|name| derived && *name != MACHINE_ID)
                .map(str::to_owned),
        }
    }
}
