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
mod error;
pub(crate) mod firmware;
mod pin;
mod source;

use sanid_core::{Identity, IscsiName, NvmePair, SeedFingerprint};

use crate::facts::Facts;
pub use crate::part::Part;
pub use error::{NoSeed, ResolveError};
use source::Show;
pub use source::{DERIVED, Given, Source};

/// The sources, highest first. A new one is one file and one line here.
pub static SOURCES: &[&dyn Source] = &[
    &cmdline::CommandLine,
    &credential::Credential,
    &pin::Pin,
    &firmware::Firmware,
    &derived::Scheme,
];

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
        seed: seed.map(|chosen| chosen.seed.fingerprint()),
        seed_name: seed.map(|chosen| chosen.name),
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

#[cfg(test)]
mod tests;
