//! Boot firmware: the initiator name of the iBFT, the pair of the NBFT.
//!
//! The connection that the host boots from was made with these names, and the kernel refuses a second one
//! to the same array with half of another pair. So they are taken as they are, a Host ID in the byte order
//! of SMBIOS included.

use sanid_core::{HostId, HostNqn, HostUuid, IscsiName, NvmePair};

use super::error::ResolveError;
use super::source::{Given, Show, Source, SourceKind, complete, invalid, parse_iqn};
use crate::config::Firmware as Use;
use crate::facts::{Facts, FirmwareTable, TableContent};
use crate::parse::nbft;
use crate::part::Part;

pub(crate) struct Firmware;

/// The way out of everything that is wrong with a table.
const GO_ON: &str = "firmware = \"ignore\" in the configuration goes on without it";

impl Source for Firmware {
    fn kind(&self) -> SourceKind {
        SourceKind::Firmware
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let words = gather("iBFT", &facts.firmware.ibft, |name, place| {
            parse_iqn(name, place).map(|given| {
                Some(Word {
                    given,
                    primary: false,
                })
            })
        })?;
        settle(Part::Iqn, words)
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let words = gather("NBFT", &facts.firmware.nbft, |host, place| {
            Ok(pair(host, place)?.map(|given| Word {
                given,
                primary: host.is_primary(),
            }))
        })?;
        settle(Part::Nvme, words)
    }

    fn silence(&self, facts: &Facts, part: Part) -> Option<String> {
        let setting = &facts.settings.firmware;
        if setting.value == Use::Ignore {
            return Some(format!(
                "not read: firmware = \"ignore\" at {}",
                setting.origin
            ));
        }
        let error = match part {
            Part::Iqn => self.iqn(facts).err(),
            Part::Nvme => self.nvme(facts).err(),
        };
        error.map(|error| error.to_string())
    }
}

/// What one table gives.
struct Word<T> {
    given: Given<T>,
    /// Whether the table was selected to name the host, where several could.
    primary: bool,
}

/// What every table gives; one that cannot be read or understood is an error.
fn gather<T, U>(
    what: &str,
    tables: &[FirmwareTable<T>],
    word: impl Fn(&T, String) -> Result<Option<Word<U>>, ResolveError>,
) -> Result<Vec<Word<U>>, ResolveError> {
    let mut words = Vec::new();
    for table in tables {
        let place = format!("{what} at {}", table.path);
        match &table.content {
            TableContent::Nothing => {}
            TableContent::Identity(identity) => {
                words.extend(word(identity, place).map_err(with_way_out)?);
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
    Ok(words)
}

fn pair(host: &nbft::Host, place: String) -> Result<Option<Given<NvmePair>>, ResolveError> {
    let given = |text: &str, what, error| invalid(place.clone(), text, what, &error);
    let nqn = match host.host_nqn.as_deref() {
        None => None,
        Some(text) => Some(HostNqn::in_use(text).map_err(|error| given(text, "host NQN", error))?),
    };
    let id = match host.host_id().map(HostUuid::from_bytes) {
        None => None,
        Some(uuid) => Some(
            HostId::from_uuid(uuid).map_err(|error| given(&uuid.to_string(), "Host ID", error))?,
        ),
    };
    complete(
        nqn.map(|value| Given {
            value,
            place: place.clone(),
        }),
        id.map(|value| Given { value, place }),
    )
}

/// One word out of several: they agree, or a table was selected.
fn settle<T: PartialEq + Show>(
    part: Part,
    words: Vec<Word<T>>,
) -> Result<Option<Given<T>>, ResolveError> {
    let selected = words.iter().any(|word| word.primary);
    let mut words = words
        .into_iter()
        .filter(|word| word.primary || !selected)
        .map(|word| word.given);
    let Some(first) = words.next() else {
        return Ok(None);
    };
    match words.find(|other| other.value != first.value) {
        None => Ok(Some(first)),
        Some(other) => Err(ResolveError::Undecided(format!(
            "{} gives {}, {} gives {}, and {} is marked as the primary one; pin the {} in the configuration, or {GO_ON}",
            first.place,
            first.value.show(),
            other.place,
            other.value.show(),
            if selected { "each" } else { "neither" },
            part.words(),
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
