//! `Facts ─► Resolution`: what the identity is, and why.
//!
//! Each [`Source`] is asked for each part, in the order of [`SOURCES`]; the first that has one wins. All names of
//! a part come from one source: the host NQN of one place with the Host ID of another is the mismatch that Linux
//! refuses. What a source says is
//! validated before it is weighed. A value that cannot be used is an error that names its source, unless a
//! higher source sets the part: skipping it would give the host an identity that nobody asked for.

mod cmdline;
mod credential;
pub(crate) mod derived;
mod error;
pub(crate) mod firmware;
mod pin;
mod source;

use sanid_core::SeedFingerprint;

use crate::facts::Facts;
use crate::file::IdentityFile;
pub use crate::part::Part;
use crate::part::{Names, PerPart, part_of};
pub use error::{NoSeed, ResolveError};
pub use source::{Given, Source, SourceKind};

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
    /// The source.
    pub source: SourceKind,
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
    Outranked(SourceKind),
    /// The source says nothing of this part.
    Silent,
}

/// A resolved part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// Its names, one for each of its files.
    pub names: Names,
    /// Its source.
    pub source: SourceKind,
    /// The place in that source.
    pub place: String,
}

/// What a host's identity is, with the reasons. Parts are independent: a source that cannot be used for one part
/// does not withhold the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// The names of each part, or why it has none.
    pub parts: PerPart<Result<Resolved, ResolveError>>,
    /// Every source's value for every part, in order.
    pub candidates: Vec<Candidate>,
    /// Faults of sources that a higher source outranks: they change nothing now.
    pub outranked_faults: Vec<(Part, ResolveError)>,
    /// The configured scheme's name.
    pub scheme: &'static str,
    /// The keyed fingerprint of the seed, where there is a usable one.
    pub seed: Option<SeedFingerprint>,
    /// Its name, as in `seed = ["machine-id"]`.
    pub seed_name: Option<&'static str>,
}

impl Resolution {
    /// What each file shall hold.
    pub fn names(&self) -> Names {
        Names::of_files(|file| self.value(file))
    }

    /// What a file shall hold; `None` where its part has no name.
    pub fn value(&self, file: IdentityFile) -> Option<String> {
        let resolved = self.parts[part_of(file)].as_ref().ok()?;
        resolved.names.of(file).map(str::to_owned)
    }

    /// The source of a part and the place in it.
    ///
    /// # Errors
    /// Why the part has no name.
    pub fn origin(&self, part: Part) -> Result<(SourceKind, &str), &ResolveError> {
        let resolved = self.parts[part].as_ref()?;
        Ok((resolved.source, &resolved.place))
    }

    /// Why parts have no name, each reason once.
    pub fn errors(&self) -> Vec<&ResolveError> {
        let mut errors = Vec::new();
        for part in Part::ALL {
            if let Err(error) = self.origin(part) {
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
        }
        errors
    }

    /// Whether the configured scheme, which publishes its seed, made any part of this identity.
    pub fn publishes_seed(&self, facts: &Facts) -> bool {
        let derived = |part| matches!(self.origin(part), Ok((SourceKind::Derived, _)));
        Part::ALL.into_iter().any(derived) && facts.settings.scheme.value.publishes_seed()
    }
}

/// Resolves the identity, part by part.
///
/// The highest source that sets a part decides it. A fault in a source above that one withholds the part: the
/// source might have set it. A fault in a source below is reported and changes nothing.
///
/// # Examples
/// ```
/// let dir = tempfile::tempdir().unwrap();
/// let root = sanid_host::Root::open(dir.path()).unwrap();
/// let facts = sanid_host::observe(&root, &sanid_host::Look::default()).unwrap();
/// assert!(sanid_host::resolve(&facts).names().is_empty());
/// ```
pub fn resolve(facts: &Facts) -> Resolution {
    let mut answers = Answers::default();
    let parts = PerPart::of(|part| choose(facts, part, &mut answers));
    let seed = derived::seed(facts);
    let seed = seed.as_ref().ok();
    Resolution {
        parts,
        candidates: answers.candidates,
        outranked_faults: answers.faults,
        scheme: facts.settings.scheme.value.name(),
        seed: seed.map(|chosen| chosen.seed.fingerprint()),
        seed_name: seed.map(|chosen| chosen.name),
    }
}

/// What the sources answered, for reports.
#[derive(Default)]
struct Answers {
    candidates: Vec<Candidate>,
    faults: Vec<(Part, ResolveError)>,
}

fn choose(facts: &Facts, part: Part, answers: &mut Answers) -> Result<Resolved, ResolveError> {
    let mut decided: Option<Result<Resolved, ResolveError>> = None;
    for source in SOURCES {
        let answer = source.give(facts, part);
        let winner = decided.as_ref().and_then(|decided| decided.as_ref().ok());
        let verdict = match (&answer, winner) {
            (Ok(Some(_)), None) if decided.is_none() => Verdict::Chosen,
            (Ok(Some(_)), Some(winner)) => Verdict::Outranked(winner.source),
            _ => Verdict::Silent,
        };
        let (place, value) = match &answer {
            Ok(Some(given)) => (Some(given.place.clone()), Some(given.names.to_string())),
            Ok(None) | Err(ResolveError::NoSeed(_)) => (source.silence(facts, part), None),
            Err(error) => (Some(error.to_string()), None),
        };
        answers.candidates.push(Candidate {
            part,
            source: source.kind(),
            place,
            value,
            verdict,
        });
        match (answer, &decided) {
            (Ok(None), _) | (Ok(Some(_)) | Err(ResolveError::NoSeed(_)), Some(_)) => {}
            (Err(error), Some(_)) => answers.faults.push((part, error)),
            (Err(error), None) => decided = Some(Err(error)),
            (Ok(Some(given)), None) => {
                decided = Some(Ok(Resolved {
                    names: given.names,
                    source: source.kind(),
                    place: given.place,
                }));
            }
        }
    }
    // The scheme answers with a name or with an error, so that this is never the missing one.
    decided.unwrap_or(Err(ResolveError::NoSeed(NoSeed::Missing)))
}

#[cfg(test)]
mod tests;
