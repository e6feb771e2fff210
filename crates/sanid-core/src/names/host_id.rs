//! NVMe Host Identifiers.

use core::fmt;
use core::str::FromStr;

use crate::{HostUuid, NameError, NameKind, Portability, PortabilityIssue};

/// A Host ID that a host may use: 128 bits that are neither zero nor known to
/// be shared by many machines.
///
/// This is what `/etc/nvme/hostid` holds. Reservations are registered by Host
/// ID, so two hosts with one can corrupt each other's data without any error
/// at login. No version or variant is asked of the bits, because the standard
/// asks for none. Source: NVMe Base Specification, "Host Identifier".
///
/// ```
/// use sanid_core::HostId;
///
/// let id: HostId = "652F5D50-A689-4520-B87B-FE2552EF6B8B".parse()?;
/// assert_eq!(id.to_string(), "652f5d50-a689-4520-b87b-fe2552ef6b8b");
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostId(HostUuid);

impl HostId {
    /// Reads the canonical form, in either case; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// What [`HostUuid::parse`] and [`HostId::from_uuid`] refuse.
    ///
    /// ```
    /// use sanid_core::{HostId, Rule};
    ///
    /// let error = HostId::parse("652f5d50a6894520b87bfe2552ef6b8b").unwrap_err();
    /// assert_eq!(error.rule(), Rule::UuidForm);
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::from_uuid(HostUuid::parse(text)?)
    }

    /// The Host ID of a UUID, unless it is denylisted.
    ///
    /// # Errors
    ///
    /// [`Rule::UuidZero`](crate::Rule::UuidZero),
    /// [`Rule::UuidOnes`](crate::Rule::UuidOnes) or
    /// [`Rule::UuidVendorDefault`](crate::Rule::UuidVendorDefault).
    ///
    /// ```
    /// use sanid_core::{HostId, HostUuid, Rule};
    ///
    /// let error = HostId::from_uuid(HostUuid::from_bytes([0xff; 16])).unwrap_err();
    /// assert_eq!(error.rule(), Rule::UuidOnes);
    /// ```
    pub fn from_uuid(uuid: HostUuid) -> Result<Self, NameError> {
        match uuid.broken_rule() {
            Some(rule) => Err(NameError::new(NameKind::HostId, rule)),
            None => Ok(Self(uuid)),
        }
    }

    /// The Host ID of a UUID that cannot be denylisted, which the caller proves.
    pub(crate) const fn from_sound_uuid(uuid: HostUuid) -> Self {
        Self(uuid)
    }

    /// The 128 bits.
    ///
    /// ```
    /// use sanid_core::HostId;
    ///
    /// let id = HostId::parse("33643132-3139-6337-6334-633534303461")?;
    /// assert_eq!(id.uuid().as_bytes(), b"3d1219c7c4c5404a");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub const fn uuid(&self) -> HostUuid {
        self.0
    }

    /// The programs that refuse or misread a *text* that is a Host ID: since the type
    /// keeps the bits and always writes them in lower case, only the text can
    /// be unportable.
    ///
    /// ```
    /// use sanid_core::{HostId, PortabilityIssue};
    ///
    /// let portability = HostId::text_portability("652F5D50-A689-4520-B87B-FE2552EF6B8B");
    /// assert_eq!(portability.issues(), [PortabilityIssue::Uppercase]);
    /// ```
    pub fn text_portability(text: &str) -> Portability {
        let invalid = Self::parse(text).is_err();
        let uppercase = text.bytes().any(|byte| byte.is_ascii_uppercase());
        Portability::collect(&[
            (PortabilityIssue::Invalid, invalid),
            (PortabilityIssue::Uppercase, uppercase && !invalid),
        ])
    }
}

impl fmt::Display for HostId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for HostId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}
