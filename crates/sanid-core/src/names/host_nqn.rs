//! NQNs that a Linux host can present.

use super::error::Found;
use super::nqn;
use super::{Text, concat, syntax, text_traits};
use crate::{
    HOST_NQN_MAX, HostUuid, NameError, NameKind, Nqn, NqnForm, Portability, PortabilityIssue, Rule,
    hex,
};

/// An NQN that a *host* may present on Linux, kept as written.
///
/// Narrower than [`Nqn`]: no discovery NQN, no UUID that cannot identify a host, at
/// most [`HOST_NQN_MAX`] bytes and no comma, because the kernel takes no
/// others. Wider in one place: nvme-cli 1.10 to 1.16 wrote the UUID as 32
/// digits without hyphens, and arrays know such hosts by that name. Refusing
/// it would take a host's identity away, so it parses, and
/// [`conformance`](Self::conformance) tells what is wrong with it.
///
/// This is what `/etc/nvme/hostnqn` holds. Source: NVMe Base Specification,
/// "NVMe Qualified Names"; Linux `drivers/nvme/host/fabrics.c`.
///
/// ```
/// use sanid_core::HostNqn;
///
/// let old: HostNqn =
///     "nqn.2014-08.org.nvmexpress:uuid:d425fb17c49948fba2735c5b0eb739c4".parse()?;
/// assert!(old.conformance().is_err());
/// assert_eq!(old.uuid().unwrap().to_string(), "d425fb17-c499-48fb-a273-5c5b0eb739c4");
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostNqn(Text);

impl HostNqn {
    /// The text before the UUID in the uuid form, for bulk work that writes
    /// names as bytes.
    ///
    /// ```
    /// use sanid_core::{HostNqn, HostUuid};
    ///
    /// let uuid = HostUuid::from_bytes([0x11; 16]);
    /// let bytes = [HostNqn::UUID_PREFIX.as_bytes(), &uuid.hyphenated_digits()].concat();
    /// assert_eq!(bytes, HostNqn::from_uuid(&uuid).as_str().as_bytes());
    /// ```
    pub const UUID_PREFIX: &'static str = nqn::UUID_PREFIX;

    /// Reads a host NQN that a host already uses: one that [`parse`](Self::parse) accepts, or one that
    /// breaks only rules that Linux does not check ([`Rule::is_tolerated`]).
    ///
    /// nvme-cli 1.1 to 1.3 generated `nqn.2014-08.org.nvmexpress:NVMf:uuid:…`, and arrays know hosts by it.
    ///
    /// # Errors
    ///
    /// The first rule broken that is not tolerated.
    ///
    /// ```
    /// use sanid_core::{HostNqn, Rule};
    ///
    /// let text = "nqn.2014-08.org.nvmexpress:NVMf:uuid:a3b1c2d4-0000-4000-8000-0123456789ab";
    /// let nqn = HostNqn::in_use(text)?;
    /// assert_eq!(nqn.conformance().unwrap_err().rule(), Rule::ReservedDomain);
    /// assert_eq!(nqn.pairing_uuid().unwrap().to_string(), "a3b1c2d4-0000-4000-8000-0123456789ab");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn in_use(text: &str) -> Result<Self, NameError> {
        match Self::parse(text) {
            Err(fault) if fault.rule().is_tolerated() => Self::usable(text),
            other => other,
        }
    }

    /// What Linux checks.
    fn usable(text: &str) -> Result<Self, NameError> {
        let error = |rule| NameError::new(NameKind::Nqn, rule);
        if text.len() > HOST_NQN_MAX {
            return Err(error(Rule::HostTooLong).finding(Found::Count(text.len())));
        }
        if let Some(at) = text.find(',') {
            return Err(error(Rule::HostComma).at_byte(at));
        }
        if let Some((at, found)) = text.char_indices().find(|it| it.1.is_control()) {
            return Err(error(Rule::Control)
                .at_byte(at)
                .finding(Found::Character(found)));
        }
        // At most 222 bytes, as just checked.
        Ok(Self(concat(&[text])))
    }

    /// Reads a host NQN; nothing is trimmed or repaired.
    ///
    /// # Errors
    ///
    /// What [`Nqn::parse`] refuses, except the dashless form; and
    /// [`Rule::HostDiscovery`], [`Rule::HostTooLong`], [`Rule::HostComma`],
    /// and for the UUID of either uuid form [`Rule::UuidZero`],
    /// [`Rule::UuidOnes`] and [`Rule::UuidVendorDefault`].
    ///
    /// ```
    /// use sanid_core::{HostNqn, Rule};
    ///
    /// let error = HostNqn::parse("nqn.2014-08.org.nvmexpress.discovery").unwrap_err();
    /// assert_eq!(error.rule(), Rule::HostDiscovery);
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let error = |rule| NameError::new(NameKind::Nqn, rule);
        let uuid = match dashless_uuid(text) {
            Some(uuid) => Some(uuid),
            None => match Nqn::parse(text)?.form() {
                NqnForm::Discovery => return Err(error(Rule::HostDiscovery)),
                NqnForm::Uuid(uuid) => Some(uuid),
                NqnForm::Domain => None,
            },
        };
        if let Some(rule) = uuid.and_then(|uuid| uuid.broken_rule()) {
            return Err(error(rule).at_byte(Self::UUID_PREFIX.len()));
        }
        Self::usable(text)
    }

    /// Whether the standard agrees: what [`Nqn::parse`] says of this name.
    ///
    /// # Errors
    ///
    /// [`Rule::UuidForm`] for the dashless form, which SPDK and nvme-cli 3
    /// refuse. No other host NQN has an error here.
    ///
    /// ```
    /// use sanid_core::{HostNqn, HostUuid, Rule};
    ///
    /// let uuid = HostUuid::from_bytes([0x42; 16]);
    /// assert!(HostNqn::from_uuid(&uuid).conformance().is_ok());
    /// assert_eq!(HostNqn::dashless(&uuid).conformance().unwrap_err().rule(), Rule::UuidForm);
    /// ```
    pub fn conformance(&self) -> Result<(), NameError> {
        nqn::check_form(&self.0)
    }

    /// The UUID of the uuid form, with or without hyphens; `None` for a name
    /// of an authority of its own.
    ///
    /// ```
    /// use sanid_core::HostNqn;
    ///
    /// assert_eq!(HostNqn::parse("nqn.2014-08.com.example:host1")?.uuid(), None);
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn uuid(&self) -> Option<HostUuid> {
        match nqn::form(&self.0) {
            NqnForm::Uuid(uuid) => Some(uuid),
            _ => dashless_uuid(&self.0),
        }
    }

    /// The UUID that a Host ID must equal to match this name: that of
    /// [`uuid`](Self::uuid), or of a domain form whose suffix is `uuid:` and a
    /// canonical UUID, as Talos writes it, or `NVMf:uuid:` and a UUID, as nvme-cli 1.1 to 1.3 did.
    ///
    /// ```
    /// use sanid_core::HostNqn;
    ///
    /// let nqn = HostNqn::parse("nqn.2017-11.dev.talos:uuid:33643132-3139-6337-6334-633534303461")?;
    /// assert_eq!(nqn.uuid(), None);
    /// assert!(nqn.pairing_uuid().is_some());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn pairing_uuid(&self) -> Option<HostUuid> {
        self.uuid().or_else(|| {
            let suffix = syntax::suffix(&self.0)?;
            let digits = suffix
                .strip_prefix("uuid:")
                .or_else(|| suffix.strip_prefix("NVMf:uuid:"))?;
            HostUuid::parse(digits).ok()
        })
    }

    /// The uuid form of a UUID: the name to give a host.
    ///
    /// The UUID is taken as it is; one that
    /// [`is_denylisted`](HostUuid::is_denylisted) makes a name that
    /// [`parse`](Self::parse) refuses, so go through
    /// [`HostId::from_uuid`](crate::HostId::from_uuid) first when it comes
    /// from outside.
    ///
    /// ```
    /// use sanid_core::{HostNqn, HostUuid};
    ///
    /// let nqn = HostNqn::from_uuid(&HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b")?);
    /// assert_eq!(
    ///     nqn.as_str(),
    ///     "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b",
    /// );
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn from_uuid(uuid: &HostUuid) -> Self {
        Self::from_parts(&[Self::UUID_PREFIX, uuid.encode_hyphenated(&mut [0; 36])])
    }

    /// The form without hyphens that nvme-cli 1.10 to 1.16 wrote, for hosts
    /// that are known by it.
    ///
    /// ```
    /// use sanid_core::{HostNqn, HostUuid};
    ///
    /// let nqn = HostNqn::dashless(&HostUuid::parse("d425fb17-c499-48fb-a273-5c5b0eb739c4")?);
    /// assert_eq!(
    ///     nqn.as_str(),
    ///     "nqn.2014-08.org.nvmexpress:uuid:d425fb17c49948fba2735c5b0eb739c4",
    /// );
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn dashless(uuid: &HostUuid) -> Self {
        Self::from_parts(&[Self::UUID_PREFIX, uuid.encode_simple(&mut [0; 32])])
    }

    /// A name put together from parts that make it a valid host NQN.
    pub(crate) fn from_parts(parts: &[&str]) -> Self {
        Self(concat(parts))
    }

    /// The uuid form of 32 digits that are already written.
    pub(crate) fn from_digits(digits: &hex::Digits) -> Self {
        Self::from_parts(&[Self::UUID_PREFIX, hex::text(&digits.hyphenated())])
    }

    /// The name as it was written.
    ///
    /// ```
    /// use sanid_core::HostNqn;
    ///
    /// let nqn = HostNqn::parse("nqn.2014-08.com.example:host1")?;
    /// assert_eq!(nqn.as_str(), "nqn.2014-08.com.example:host1");
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The programs that refuse or misread this name. The dashless form has
    /// [`PortabilityIssue::Invalid`].
    ///
    /// ```
    /// use sanid_core::{HostNqn, HostUuid, PortabilityIssue};
    ///
    /// let old = HostNqn::dashless(&HostUuid::from_bytes([0x42; 16]));
    /// assert_eq!(old.portability().issues(), [PortabilityIssue::Invalid]);
    /// ```
    pub fn portability(&self) -> Portability {
        if self.conformance().is_err() {
            return Portability::only(PortabilityIssue::Invalid);
        }
        nqn::portability(&self.0)
    }
}

text_traits!(HostNqn);

/// The UUID of the form that nvme-cli 1 wrote.
fn dashless_uuid(text: &str) -> Option<HostUuid> {
    let digits: &[u8; 32] = text
        .strip_prefix(HostNqn::UUID_PREFIX)?
        .as_bytes()
        .try_into()
        .ok()?;
    hex::decode(digits).ok().map(HostUuid::from_bytes)
}
