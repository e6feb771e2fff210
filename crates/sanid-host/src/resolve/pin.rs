//! The `[pin]` table of the configuration: an identity fixed by the administrator, or by `sanid adopt`.

use sanid_core::{IscsiName, NvmePair};

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, complete};
use crate::config::Setting;
use crate::facts::Facts;

pub(super) struct Pin;

impl Source for Pin {
    fn kind(&self) -> SourceKind {
        SourceKind::Pin
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        Ok(facts.settings.pin.iqn.as_ref().map(given))
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let pin = &facts.settings.pin;
        complete(
            pin.hostnqn.as_ref().map(given),
            pin.hostid.as_ref().map(given),
        )
    }
}

fn given<T: Clone>(setting: &Setting<T>) -> Given<T> {
    Given {
        value: setting.value.clone(),
        place: setting.origin.to_string(),
    }
}
