//! The configured scheme, applied to the seed.

use std::fmt::Write as _;

use sanid_core::{Derived, IscsiName, MachineId, MachineIdError, NvmePair, Takes};

use super::error::{NoSeed, ResolveError};
use super::source::{DERIVED, Given, Source, parse_nqn};
use crate::config::seed::MACHINE_ID;
use crate::facts::{Facts, MachineIdState};
use crate::observed::Observed;

pub(super) struct Scheme;

impl Source for Scheme {
    fn name(&self) -> &'static str {
        DERIVED
    }

    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError> {
        let derived = derive(facts)?;
        let Some(template) = &facts.settings.iqn_template else {
            let place = place(facts, derived.iqn_by);
            return Ok(Some(Given {
                value: derived.iqn.into(),
                place,
            }));
        };
        let hostname = match &facts.hostname {
            Observed::Saw(hostname) => hostname.as_deref(),
            Observed::NotLooked => None,
            Observed::Failed(_) if !template.value.needs_hostname() => None,
            Observed::Failed(why) => {
                return Err(ResolveError::Cannot {
                    place: format!("iqn-template at {}", template.origin),
                    why: why.clone(),
                });
            }
        };
        match template.value.render(&derived.host_uuid, hostname) {
            Ok(iqn) => Ok(Some(Given {
                value: iqn.into(),
                place: format!(
                    "template at {} from {}",
                    template.origin,
                    seed(facts).map_or("", |seed| seed.place)
                ),
            })),
            Err(error) => Err(ResolveError::Cannot {
                place: format!("iqn-template at {}", template.origin),
                why: error.to_string(),
            }),
        }
    }

    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError> {
        let derived = derive(facts)?;
        let place = place(facts, derived.host_nqn_by);
        Ok(Some(Given {
            value: derived.nvme,
            place,
        }))
    }
}

fn derive(facts: &Facts) -> Result<Derived, ResolveError> {
    let seed = seed(facts).map_err(ResolveError::NoSeed)?;
    let settings = &facts.settings;
    let scheme = settings.scheme.value;
    let mut derived = scheme.derive(seed.id, &settings.iqn_prefix.value);
    // A host NQN is compared byte for byte, and these stand for what another program prints.
    let verbatim = matches!(scheme.takes(), Takes::SystemUuid | Takes::NvmeTool);
    if seed.capitals && verbatim {
        let digits = derived.host_uuid.to_string().to_ascii_uppercase();
        let text = format!("nqn.2014-08.org.nvmexpress:uuid:{digits}");
        derived.nvme.host_nqn = parse_nqn(&text, || seed.place.to_owned())?;
    }
    Ok(derived)
}

fn place(facts: &Facts, by: &'static str) -> String {
    let configured = facts.settings.scheme.value.name();
    let mut place = format!("scheme {by} from ");
    // Whoever calls has derived from it.
    place += seed(facts).map_or("", |seed| seed.place);
    if by != configured {
        let _ = write!(place, ", since {configured} has none");
    }
    place
}

/// The seed that counts.
pub(crate) struct Seed<'a> {
    /// The bits.
    pub(crate) id: &'a MachineId,
    /// Its name, as in `seed = ["machine-id"]`.
    pub(crate) name: &'static str,
    /// Where it is, in words.
    place: &'a str,
    capitals: bool,
}

/// The first of the seeds asked for that may be used.
///
/// # Errors
/// [`NoSeed`] where none may.
pub(crate) fn seed(facts: &Facts) -> Result<Seed<'_>, NoSeed> {
    let names = facts.settings.seeds();
    let mut reasons = Vec::new();
    for name in names {
        if *name == MACHINE_ID {
            match machine_id(facts) {
                Ok(id) => {
                    return Ok(Seed {
                        id,
                        name,
                        place: "the machine-id",
                        capitals: false,
                    });
                }
                Err(reason) if names.len() == 1 => return Err(reason),
                Err(_) if facts.other_seeds.machine_id_to_come && names.last() != Some(name) => {
                    return Err(NoSeed::ToCome);
                }
                Err(_) => reasons.push(format!("the machine-id is {}", facts.machine_id.word())),
            }
        }
        let seen = facts
            .other_seeds
            .seen
            .iter()
            .find(|seen| seen.name == *name);
        match seen.map(|seen| &seen.found) {
            Some(Ok(found)) => {
                return Ok(Seed {
                    id: &found.id,
                    name,
                    place: &found.place,
                    capitals: found.capitals,
                });
            }
            Some(Err(error)) => reasons.push(format!("{}: {}", error.place, error.why)),
            None => {}
        }
    }
    Err(NoSeed::Other(reasons.join("; ")))
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
