//! The configured scheme, applied to the seed.

use std::fmt::Write as _;

use sanid_core::{MachineId, MachineIdError, Seed, Takes};

use super::error::{NoSeed, ResolveError};
use super::source::{Given, Source, SourceKind};
use crate::config::seed::MACHINE_ID;
use crate::facts::{Facts, MachineIdState};
use crate::part::{Names, Part};

pub(super) struct Scheme;

impl Source for Scheme {
    fn kind(&self) -> SourceKind {
        SourceKind::Derived
    }

    fn give(&self, facts: &Facts, part: Part) -> Result<Option<Given>, ResolveError> {
        let chosen = seed(facts).map_err(ResolveError::NoSeed)?;
        let settings = &facts.settings;
        let scheme = settings.scheme.value;
        let derived = scheme.derive(chosen.seed, &settings.iqn_prefix.value);
        if let Some(given) = part.kind().by_setting(facts, &derived, chosen.place)? {
            return Ok(Some(given));
        }
        let by = part.kind().derived_by(&derived);
        let mut place = format!("scheme {by} from {}", chosen.place);
        if by != scheme.name() {
            let _ = write!(place, ", since {} has none", scheme.name());
        }
        let names = Names::of_part(part, |file| Some(file.value(&derived)));
        Ok(Some(Given { names, place }))
    }
}

/// The seed that the names are derived from.
pub(crate) struct Chosen<'a> {
    pub(crate) seed: &'a Seed,
    /// Its name, as in `seed = ["machine-id"]`.
    pub(crate) name: &'static str,
    /// Where it was found, for messages.
    place: &'a str,
}

/// The first of the seeds asked for that may be used.
///
/// # Errors
/// [`NoSeed`] where none may.
pub(crate) fn seed(facts: &Facts) -> Result<Chosen<'_>, NoSeed> {
    let names = facts.settings.seeds();
    let takes = facts.settings.scheme.value.takes();
    let mut reasons = Vec::new();
    for name in names {
        if *name == MACHINE_ID {
            let reason = match machine_id(facts) {
                Ok(seed) => {
                    return Ok(Chosen {
                        seed,
                        name,
                        place: "the machine-id",
                    });
                }
                Err(reason) => reason,
            };
            // No other seed takes its place, or it may be the seed at the next boot.
            if takes != Takes::Any || names.len() == 1 || matches!(reason, NoSeed::Unreadable(_)) {
                return Err(reason);
            }
            if facts.other_seeds.machine_id_to_come && names.last() != Some(name) {
                return Err(NoSeed::ToCome);
            }
            reasons.push(format!("the machine-id is {}", facts.machine_id.word()));
        }
        let mut seen = facts.other_seeds.seen.iter();
        match seen.find(|seen| seen.name == *name).map(|seen| &seen.found) {
            Some(Ok(found)) => {
                return Ok(Chosen {
                    seed: &found.seed,
                    name,
                    place: &found.place,
                });
            }
            Some(Err(error)) => {
                reasons.push(format!("{}: {}", error.place, error.why));
                if error.lack.ends_search(takes) {
                    break;
                }
            }
            None => {}
        }
    }
    Err(NoSeed::Other(reasons.join("; ")))
}

/// The seed to name where none may be used, and its state in one word.
pub(crate) fn lacking(facts: &Facts) -> (&'static str, &'static str) {
    let takes = facts.settings.scheme.value.takes();
    let name = facts.settings.seeds().first().copied();
    let lack = name.map(|name| facts.other_seeds.lack(name));
    match (name, lack) {
        (Some(name), Some(lack))
            if name != MACHINE_ID
                && (takes != Takes::SystemUuidOrMachineId || lack.ends_search(takes)) =>
        {
            (name, lack.word())
        }
        _ => (MACHINE_ID, facts.machine_id.word()),
    }
}

fn machine_id(facts: &Facts) -> Result<&MachineId, NoSeed> {
    match &facts.machine_id {
        MachineIdState::Stable(id) => Ok(id),
        MachineIdState::Missing => Err(NoSeed::Missing),
        MachineIdState::Unset(MachineIdError::Zero) => Err(NoSeed::Zero),
        MachineIdState::Unset(_) => Err(NoSeed::Unset),
        MachineIdState::Invalid(error) => Err(NoSeed::Invalid(*error)),
        MachineIdState::Transient => Err(NoSeed::Transient),
        MachineIdState::Denylisted => Err(NoSeed::Denylisted),
        MachineIdState::Unreadable(error) => Err(NoSeed::Unreadable(error.clone())),
    }
}
