//! What is noted of a plan in the ownership record.

use super::draft::Draft;
use crate::config::seed::MACHINE_ID;
use crate::record::{Origin, Record, RecordedIqn, RecordedPair};
use crate::resolve::DERIVED;

impl Draft<'_> {
    /// What the record must say after the plan: for each part that holds the desired value, its origin.
    pub(super) fn record(&self) -> Record {
        let identity = self.wanted.identity();
        let old = self.facts.record.record();
        let mut record = Record::new();
        let iqn = identity.iqn.to_string();
        if self.plan.after.iqn.as_deref() == Some(&iqn) {
            let origin = self.origin(self.wanted.iqn.source);
            record.iqn = Some(RecordedIqn { iqn, origin });
        } else {
            record.iqn = old.and_then(|old| old.iqn.clone());
        }
        let (host_nqn, host_id) = (
            identity.nvme.host_nqn.to_string(),
            identity.nvme.host_id.to_string(),
        );
        if self.plan.after.host_nqn.as_deref() == Some(&host_nqn)
            && self.plan.after.host_id.as_deref() == Some(&host_id)
        {
            let origin = self.origin(self.wanted.nvme.source);
            record.nvme = Some(RecordedPair {
                host_nqn,
                host_id,
                origin,
            });
        } else {
            record.nvme = old.and_then(|old| old.nvme.clone());
        }
        record
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
