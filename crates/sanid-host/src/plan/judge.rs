//! Whether a name on disk may be replaced: free, written by sanid, or in use by someone else. Each part judges its own files.

use sanid_core::SeedFingerprint;

use crate::config::seed::MACHINE_ID;
use crate::record::Origin;
use crate::resolve::SourceKind;

/// The content of the files of one part, compared with the desired one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The desired identity.
    Same,
    /// Not an identity: no consent is needed.
    Free(Free),
    /// A valid identity that is not the desired one.
    Foreign,
}

/// Why a value on disk is not an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Free {
    /// No file.
    Missing,
    /// A file without a value.
    Empty,
    /// A value that is not a name.
    Invalid,
    /// One half of the desired pair, the other half missing, empty or invalid.
    Half,
    /// sanid's own change, stopped in the middle.
    Interrupted,
    /// sanid's own work, from a seed that this host no longer has: the template it was made from was
    /// reset, or its disk moved to other hardware.
    EarlierSeed,
}

/// What a judgement needs of the resolution besides the names.
pub(crate) struct Seen<'a> {
    pub(super) seed: Option<&'a SeedFingerprint>,
    pub(super) seed_name: Option<&'static str>,
}

impl Seen<'_> {
    /// The record proves that sanid derived the value, and that it did so from another machine-id, or another
    /// UUID in the same place. A seed of another kind is a change of configuration, and needs consent like one.
    pub(crate) fn is_earlier_seed(&self, origin: &Origin) -> bool {
        let kind = origin.seed_name.as_deref().unwrap_or(MACHINE_ID);
        match (&origin.seed, &self.seed) {
            (Some(then), Some(now)) => {
                origin.source == SourceKind::Derived.as_str()
                    && *then != now.to_string()
                    && self.seed_name.is_some_and(|name| name == kind)
            }
            _ => false,
        }
    }
}
