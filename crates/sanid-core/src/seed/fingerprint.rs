//! Telling seeds apart without telling what they are.

use core::fmt;
use core::str::FromStr;

use super::Seed;
use crate::{HostUuid, SANID_FINGERPRINT_APP_ID, hex};

/// A value that is the same for the same seed and tells nothing else about it.
///
/// It is the seed's application-specific id under
/// [`SANID_FINGERPRINT_APP_ID`], so it may be stored and reported where the
/// seed may not, and equal fingerprints mean equal seeds: a clone, or the same
/// installation as before. Displayed as 32 lower-case hexadecimal digits.
/// Source: machine-id(5), `sd_id128_get_machine_app_specific(3)`.
///
/// ```
/// use sanid_core::{MachineId, SeedFingerprint};
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// let stored = seed.fingerprint().to_string();
/// assert_eq!(SeedFingerprint::parse(&stored), Ok(seed.fingerprint()));
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeedFingerprint(HostUuid);

/// A text is not a fingerprint: it is not exactly 32 hexadecimal digits.
///
/// ```
/// use sanid_core::SeedFingerprint;
///
/// let error = SeedFingerprint::parse("0123").unwrap_err();
/// assert_eq!(error.to_string(), "a seed fingerprint is 32 hexadecimal digits");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a seed fingerprint is 32 hexadecimal digits")]
pub struct SeedFingerprintError;

impl SeedFingerprint {
    pub(super) fn of(seed: &Seed) -> Self {
        Self(seed.app_specific(&SANID_FINGERPRINT_APP_ID))
    }

    /// Reads 32 hexadecimal digits of either case.
    ///
    /// # Errors
    ///
    /// [`SeedFingerprintError`] for anything else.
    ///
    /// ```
    /// use sanid_core::SeedFingerprint;
    ///
    /// assert!(SeedFingerprint::parse(&"0f".repeat(16)).is_ok());
    /// ```
    pub fn parse(text: &str) -> Result<Self, SeedFingerprintError> {
        let digits = text
            .as_bytes()
            .try_into()
            .map_err(|_| SeedFingerprintError)?;
        let bytes = hex::decode(digits).map_err(|_| SeedFingerprintError)?;
        Ok(Self(HostUuid::from_bytes(bytes)))
    }
}

impl fmt::Display for SeedFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl FromStr for SeedFingerprint {
    type Err = SeedFingerprintError;

    fn from_str(text: &str) -> Result<Self, SeedFingerprintError> {
        Self::parse(text)
    }
}
