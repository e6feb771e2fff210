//! What is noted of a plan in the ownership record.

use super::draft::Draft;
use crate::config::seed::MACHINE_ID;
use crate::file::IdentityFile;
use crate::part::{Names, Part, files};
use crate::record::{Confirmed, Origin, Record, Recorded};
use crate::resolve::SourceKind;

impl Draft<'_> {
    /// What the record must say after the plan: for each part that holds the desired value, its origin.
    pub(super) fn record(&self) -> Record {
        let old = self.facts.record.record();
        let mut record = Record::new();
        for part in Part::ALL {
            record.parts[part] = match self.held(part) {
                Some(names) => Some(Recorded {
                    names,
                    origin: self.origin(self.wanted.origin(part).ok().map(|(source, _)| source)),
                }),
                None => old.and_then(|old| old.parts[part].clone()),
            };
        }
        record.unique = old.map_or_else(Vec::new, |old| self.still_confirmed(&old.unique));
        record
    }

    /// The desired names of a part that the files have after the plan.
    fn held(&self, part: Part) -> Option<Names> {
        let after = &self.plan.after;
        let is_held = |file: &IdentityFile| {
            let wanted = self.wanted.value(*file);
            wanted.is_some() && after.of(*file) == wanted.as_deref()
        };
        let is_whole = files(part).iter().all(is_held);
        is_whole.then(|| Names::of_part(part, |file| self.wanted.value(file)))
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

    fn origin(&self, source: Option<SourceKind>) -> Origin {
        let derived = source == Some(SourceKind::Derived);
        Origin {
            source: source.map_or("", SourceKind::as_str).to_owned(),
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
