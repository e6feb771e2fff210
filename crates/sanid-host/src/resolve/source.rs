//! What a source of identities is, and how what it gives becomes names.

use std::fmt;

use super::error::ResolveError;
use crate::facts::Facts;
use crate::part::{IdentityFile, Names, Part, files};

/// Which kind of source a name comes from, highest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// The kernel command line.
    CommandLine,
    /// A systemd credential.
    Credential,
    /// A pin in the configuration.
    Pin,
    /// A table of the firmware.
    Firmware,
    /// The configured scheme.
    Derived,
}

impl SourceKind {
    /// Its name in reports and in the record: API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CommandLine => "command-line",
            Self::Credential => "credential",
            Self::Pin => "pin",
            Self::Firmware => "firmware",
            Self::Derived => "derived",
        }
    }
}

/// A place that an identity can come from.
pub trait Source: Sync {
    /// Its kind.
    fn kind(&self) -> SourceKind;
    /// The names it gives for a part: all of them, or those from which the others follow.
    ///
    /// # Errors
    /// [`ResolveError`] when what it gives cannot be used.
    fn give(&self, facts: &Facts, part: Part) -> Result<Option<Given>, ResolveError>;
    /// Why it gives nothing for a part, where somebody could expect something.
    fn silence(&self, _facts: &Facts, _part: Part) -> Option<String> {
        None
    }
}

/// The names of a part with the exact place they were found in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The names, one for each file of the part.
    pub names: Names,
    /// The place, such as `rd.iscsi.initiator= on the kernel command line`.
    pub place: String,
}

/// `PLACE gives NAMES`.
impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} gives {}", self.place, self.names)
    }
}

/// Validates the names of a part that were given as text, each with its place, and completes the part. The session
/// that boots with a name uses it as it is, also where it breaks a rule that no initiator checks; a finding reports
/// that.
pub(super) fn named(
    part: Part,
    text: impl Fn(IdentityFile) -> Option<(String, String)>,
) -> Result<Option<Given>, ResolveError> {
    let mut names = Names::default();
    let mut places: Vec<String> = Vec::new();
    for file in files(part) {
        let Some((text, place)) = text(*file) else {
            continue;
        };
        match (file.kind().in_use)(&text) {
            Ok(name) => names.set(*file, Some(name)),
            Err(error) => {
                return Err(ResolveError::Invalid {
                    place,
                    text,
                    what: file.holds(),
                    why: error.to_string(),
                });
            }
        }
        if !places.contains(&place) {
            places.push(place);
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    let place = places.join(", ");
    part.kind().complete(&mut names, &place)?;
    Ok(Some(Given { names, place }))
}
