//! The `[pin]` table of the configuration: an identity fixed by the administrator, or by `sanid adopt`.

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, named};
use crate::facts::Facts;
use crate::part::Part;

pub(super) struct Pin;

impl Source for Pin {
    fn kind(&self) -> SourceKind {
        SourceKind::Pin
    }

    fn give(&self, facts: &Facts, part: Part) -> Result<Option<Given>, ResolveError> {
        named(part, |file| {
            let pin = facts.settings.pin.names.get(&file)?;
            Some((pin.value.clone(), pin.origin.to_string()))
        })
    }
}
