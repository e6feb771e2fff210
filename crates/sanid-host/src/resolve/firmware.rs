//! Boot firmware: tables with the names of a part, such as the initiator name of the iBFT.
//!
//! The connection that the host boots from was made with these names, and the kernel refuses a second one
//! to the same array with half of another pair. So they are taken as they are, a Host ID in the byte order
//! of SMBIOS included.

use super::error::ResolveError;
use super::source::{Given, Source, SourceKind, named};
use crate::config::Firmware as Use;
use crate::facts::{Facts, FirmwareTable, TableContent};
use crate::part::{Names, Part};

pub(crate) struct Firmware;

/// The way out of everything that is wrong with a table.
const GO_ON: &str = "firmware = \"ignore\" in the configuration goes on without it";

impl Source for Firmware {
    fn kind(&self) -> SourceKind {
        SourceKind::Firmware
    }

    fn give(&self, facts: &Facts, part: Part) -> Result<Option<Given>, ResolveError> {
        settle(part, part.kind().firmware(facts)?)
    }

    fn silence(&self, facts: &Facts, part: Part) -> Option<String> {
        let setting = &facts.settings.firmware;
        if setting.value == Use::Ignore {
            return Some(format!(
                "not read: firmware = \"ignore\" at {}",
                setting.origin
            ));
        }
        self.give(facts, part).err().map(|error| error.to_string())
    }
}

/// What one table gives.
pub(crate) struct Table {
    given: Given,
    /// Whether the table was selected to name the host, where several could.
    primary: bool,
}

/// What every table of a part gives; one that cannot be read or understood is an error. `texts` are the names in a
/// table, and whether it is the selected one.
pub(crate) fn gather<T>(
    part: Part,
    what: &str,
    tables: &[FirmwareTable<T>],
    texts: impl Fn(&T) -> (Names, bool),
) -> Result<Vec<Table>, ResolveError> {
    let mut all = Vec::new();
    for table in tables {
        let place = format!("{what} at {}", table.path);
        match &table.content {
            TableContent::Nothing => {}
            TableContent::Identity(identity) => {
                let (texts, primary) = texts(identity);
                let text = |file| Some((texts.of(file)?.to_owned(), place.clone()));
                let given = named(part, text).map_err(with_way_out)?;
                all.extend(given.map(|given| Table { given, primary }));
            }
            TableContent::Malformed(error) => {
                return Err(ResolveError::Cannot {
                    place,
                    why: format!("the table {error}; {GO_ON}"),
                });
            }
            TableContent::Unreadable(error) => {
                let why =
                    format!("whether the firmware names this host is not known: {error}; {GO_ON}");
                return Err(ResolveError::Undecided(why));
            }
        }
    }
    Ok(all)
}

/// One answer out of several: they agree, or a table was selected.
fn settle(part: Part, tables: Vec<Table>) -> Result<Option<Given>, ResolveError> {
    let selected = tables.iter().any(|table| table.primary);
    let mut given = tables
        .into_iter()
        .filter(|table| table.primary || !selected)
        .map(|table| table.given);
    let Some(first) = given.next() else {
        return Ok(None);
    };
    match given.find(|other| other.names != first.names) {
        None => Ok(Some(first)),
        Some(other) => Err(ResolveError::Undecided(format!(
            "{first}, {other}, and {} is marked as the primary one; pin the {} in the configuration, or {GO_ON}",
            if selected { "each" } else { "neither" },
            part.label(),
        ))),
    }
}

/// What is wrong with a name in firmware can seldom be corrected there.
fn with_way_out(error: ResolveError) -> ResolveError {
    match error {
        ResolveError::Invalid {
            place,
            text,
            what,
            why,
        } => ResolveError::Invalid {
            place,
            text,
            what,
            why: format!("{why}; {GO_ON}"),
        },
        ResolveError::HalfPair { place, nqn } => ResolveError::Cannot {
            place,
            why: format!(
                "it gives the host NQN {nqn} alone, and no Host ID follows from it, since it contains no UUID; {GO_ON}"
            ),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests;
