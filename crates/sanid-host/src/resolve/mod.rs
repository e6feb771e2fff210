//! `Facts ─► Resolution`: what the identity is, and why.
//!
//! Each [`Source`] is asked for an initiator name and for an NVMe pair, in the order of [`SOURCES`];
//! the first that has one wins. The two halves of the pair come from one source: the host NQN of one
//! place with the Host ID of another is the mismatch that Linux refuses. What a source says is
//! validated before it is weighed, and an invalid word is an error that names its source: skipping it
//! would give the host an identity that nobody asked for.

mod cmdline;
mod credential;
pub(crate) mod derived;
pub(crate) mod firmware;
mod pin;

use sanid_core::{HostId, HostNqn, Identity, IscsiName, NvmePair, SeedFingerprint};

use crate::facts::Facts;
pub use derived::NoSeed;

/// The sources, highest first. A new one is one file and one line here.
pub static SOURCES: &[&dyn Source] = &[
    &cmdline::CommandLine,
    &credential::Credential,
    &pin::Pin,
    &firmware::Firmware,
    &derived::Scheme,
];

/// The name of the source that computes, in reports and in the record.
pub const DERIVED: &str = "derived";

/// A place that an identity can come from.
pub trait Source: Sync {
    /// Its name in reports: API.
    fn name(&self) -> &'static str;
    /// The initiator name it gives, if it gives one.
    ///
    /// # Errors
    /// [`ResolveError`] when what it gives cannot be used.
    fn iqn(&self, facts: &Facts) -> Result<Option<Given<IscsiName>>, ResolveError>;
    /// The NVMe pair it gives, if it gives one or a half from which the other follows.
    ///
    /// # Errors
    /// [`ResolveError`] when what it gives cannot be used.
    fn nvme(&self, facts: &Facts) -> Result<Option<Given<NvmePair>>, ResolveError>;
    /// Why it has no word on a part, where somebody could expect one.
    fn silence(&self, _facts: &Facts, _part: Part) -> Option<String> {
        None
    }
}

/// A value with the exact place it was found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// The place, such as `rd.iscsi.initiator= on the kernel command line`.
    pub place: String,
}

/// A part of the identity that is resolved and written as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The iSCSI initiator name.
    Iqn,
    /// The host NQN and the Host ID.
    Nvme,
}

impl Part {
    /// The part in the field's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Iqn => "initiator name",
            Self::Nvme => "NVMe pair",
        }
    }

    /// The part in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Iqn => "iqn",
            Self::Nvme => "nvme",
        }
    }
}

/// Why there is no identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// A source gives something that is no name of its kind.
    #[error("{place} gives {text:?}, which is no valid {what}: {why}; correct it or take it away")]
    Invalid {
        /// The place.
        place: String,
        /// What was given, escaped.
        text: String,
        /// The kind of name.
        what: &'static str,
        /// The rule it breaks.
        why: String,
    },
    /// A source gives one half of the pair, and the other half does not follow from it.
    #[error(
        "{place} gives the host NQN {nqn} alone, and no Host ID follows from it, since it holds no UUID; give the Host ID in the same place"
    )]
    HalfPair {
        /// The place.
        place: String,
        /// The host NQN.
        nqn: String,
    },
    /// A source cannot give a name for this host.
    #[error("{place}: {why}")]
    Cannot {
        /// The place.
        place: String,
        /// The reason, with what to do.
        why: String,
    },
    /// What a source says cannot be told: it may not be read, or it contradicts itself. No error where a
    /// higher source has a word.
    #[error("{0}")]
    Undecided(String),
    /// Nothing fixes the identity, and there is nothing to derive it from.
    #[error(transparent)]
    NoSeed(NoSeed),
}

/// One source's word on one part, for `show --explain`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The part.
    pub part: Part,
    /// The source's name.
    pub source: &'static str,
    /// The place, where the source has a word at all; else why it has none, where that needs saying.
    pub place: Option<String>,
    /// The value, where the source has a word at all.
    pub value: Option<String>,
    /// Whether it is the one.
    pub verdict: Verdict,
}

/// What became of a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the identity.
    Chosen,
    /// A higher source, named here, has a word.
    Outranked(&'static str),
    /// The source says nothing of this part.
    Silent,
}

/// A resolved part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved<T> {
    /// The value.
    pub value: T,
    /// The name of its source.
    pub source: &'static str,
    /// The place in that source.
    pub place: String,
}

/// What a host's identity is, with the reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The initiator name.
    pub iqn: Resolved<IscsiName>,
    /// The NVMe pair.
    pub nvme: Resolved<NvmePair>,
    /// Every source's word on every part, in order.
    pub candidates: Vec<Candidate>,
    /// The configured scheme's name.
    pub scheme: &'static str,
    /// The keyed fingerprint of the seed, where there is a usable one.
    pub seed: Option<SeedFingerprint>,
    /// Its name, as in `seed = ["machine-id"]`.
    pub seed_name: Option<&'static str>,
}

impl Resolution {
    /// The three names alone.
    pub fn identity(&self) -> Identity {
        Identity {
            iqn: self.iqn.value.clone(),
            nvme: self.nvme.value.clone(),
        }
    }

    /// Whether the configured scheme, which publishes its seed, made any part of this identity.
    pub fn publishes_seed(&self, facts: &Facts) -> bool {
        let derived = self.iqn.source == DERIVED || self.nvme.source == DERIVED;
        derived && facts.settings.scheme.value.publishes_seed()
    }
}

/// Resolves the identity.
///
/// Every source is asked, also those below the winner: an invalid word anywhere is an error, and
/// `show --explain` can say what lost. Where no answer is needed, the scheme may have no seed, and firmware
/// may be unreadable or contradict itself.
///
/// # Errors
/// [`ResolveError`]; [`ResolveError::NoSeed`] only when no higher source covers a part.
pub fn resolve(facts: &Facts) -> Result<Resolution, ResolveError> {
    let mut candidates = Vec::new();
    let iqn = choose(
        facts,
        Part::Iqn,
        |source| source.iqn(facts),
        &mut candidates,
    )?;
    let nvme = choose(
        facts,
        Part::Nvme,
        |source| source.nvme(facts),
        &mut candidates,
    )?;
    let seed = derived::seed(facts);
    let seed = seed.as_ref().ok();
    Ok(Resolution {
        iqn,
        nvme,
        candidates,
        scheme: facts.settings.scheme.value.name(),
        seed: seed.map(|seed| seed.id.fingerprint()),
        seed_name: seed.map(|seed| seed.name),
    })
}

fn choose<T: Clone + Show>(
    facts: &Facts,
    part: Part,
    ask: impl Fn(&dyn Source) -> Result<Option<Given<T>>, ResolveError>,
    candidates: &mut Vec<Candidate>,
) -> Result<Resolved<T>, ResolveError> {
    let mut winner: Option<Resolved<T>> = None;
    let mut no_seed = None;
    for source in SOURCES {
        let given = match ask(*source) {
            Err(ResolveError::NoSeed(error)) => {
                no_seed = Some(error);
                None
            }
            Err(ResolveError::Undecided(_)) if winner.is_some() => None,
            answer => answer?,
        };
        let verdict = match (&given, &winner) {
            (None, _) => Verdict::Silent,
            (Some(_), None) => Verdict::Chosen,
            (Some(_), Some(winner)) => Verdict::Outranked(winner.source),
        };
        candidates.push(Candidate {
            part,
            source: source.name(),
            place: given.as_ref().map_or_else(
                || source.silence(facts, part),
                |given| Some(given.place.clone()),
            ),
            value: given.as_ref().map(|given| given.value.show()),
            verdict,
        });
        if let (Some(given), None) = (given, &winner) {
            winner = Some(Resolved {
                value: given.value,
                source: source.name(),
                place: given.place,
            });
        }
    }
    // The scheme is silent only for want of a seed, so one of the two is there.
    winner.ok_or(ResolveError::NoSeed(no_seed.unwrap_or(NoSeed::Missing)))
}

/// A value in one line.
trait Show {
    fn show(&self) -> String;
}

impl Show for IscsiName {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for NvmePair {
    fn show(&self) -> String {
        format!("{} {}", self.host_nqn, self.host_id)
    }
}

/// Validates an initiator name that was given as text.
fn parse_iqn(text: &str, place: String) -> Result<Given<IscsiName>, ResolveError> {
    match IscsiName::parse(text) {
        Ok(value) => Ok(Given { value, place }),
        Err(error) => Err(invalid(place, text, "initiator name", &error)),
    }
}

fn parse_nqn(text: &str, place: impl Fn() -> String) -> Result<HostNqn, ResolveError> {
    HostNqn::parse(text).map_err(|error| invalid(place(), text, "host NQN", &error))
}

/// Makes the pair of what was given of it as text.
fn parse_pair(
    nqn: Option<(&str, String)>,
    id: Option<(&str, String)>,
) -> Result<Option<Given<NvmePair>>, ResolveError> {
    let nqn = match nqn {
        None => None,
        Some((text, place)) => Some(Given {
            value: parse_nqn(text, || place.clone())?,
            place,
        }),
    };
    let id = match id {
        None => None,
        Some((text, place)) => match HostId::parse(text) {
            Ok(value) => Some(Given { value, place }),
            Err(error) => return Err(invalid(place, text, "Host ID", &error)),
        },
    };
    complete(nqn, id)
}

/// One half of a pair gives the other: the UUID of the host NQN is the Host ID (NVMe TP4126).
fn complete(
    nqn: Option<Given<HostNqn>>,
    id: Option<Given<HostId>>,
) -> Result<Option<Given<NvmePair>>, ResolveError> {
    match (nqn, id) {
        (None, None) => Ok(None),
        (Some(nqn), Some(id)) => Ok(Some(Given {
            value: NvmePair::new(nqn.value, id.value),
            place: if nqn.place == id.place {
                nqn.place
            } else {
                format!("{}, {}", nqn.place, id.place)
            },
        })),
        (None, Some(id)) => Ok(Some(Given {
            value: NvmePair::from_host_id(id.value),
            place: id.place,
        })),
        (Some(nqn), None) => {
            let text = nqn.value.to_string();
            match NvmePair::from_host_nqn(nqn.value) {
                Some(value) => Ok(Some(Given {
                    value,
                    place: nqn.place,
                })),
                None => Err(ResolveError::HalfPair {
                    place: nqn.place,
                    nqn: text,
                }),
            }
        }
    }
}

fn invalid(
    place: String,
    text: &str,
    what: &'static str,
    error: &sanid_core::NameError,
) -> ResolveError {
    ResolveError::Invalid {
        place,
        text: text.to_owned(),
        what,
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
