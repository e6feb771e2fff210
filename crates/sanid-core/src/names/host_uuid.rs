//! The 128 bits of a host's NVMe names.

use core::fmt;
use core::str::FromStr;

use super::error::Found;
use crate::hex::{self, Digits};
use crate::{NameError, NameKind, Rule};

/// UUIDs that many machines share and that therefore identify none of them.
///
/// In order: all zeros, which the NVMe Base Specification ("Host Identifier")
/// reserves for "none"; all ones, SMBIOS' "not set" (DSP0134, "System -
/// UUID"); a default that board vendors ship, in both byte orders; and other
/// fillings that have been seen on many boards (systemd #11137; the lists of
/// non-unique UUIDs of inventory programs). The list is exact: a looser test
/// has refused valid UUIDs (nvme-cli #1116).
///
/// ```
/// use sanid_core::{DENYLISTED_UUIDS, HostUuid};
///
/// for bytes in DENYLISTED_UUIDS {
///     assert!(HostUuid::from_bytes(bytes).is_denylisted());
/// }
/// ```
pub const DENYLISTED_UUIDS: [[u8; 16]; 10] = [
    [0x00; 16],
    [0xff; 16],
    uuid(0x0300_0200_0400_0500_0006_0007_0008_0009),
    uuid(0x0002_0003_0004_0005_0006_0007_0008_0009),
    uuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_0e0f),
    uuid(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
    uuid(0x0709_0201_0103_0301_0807_0605_0403_0201),
    [0x01; 16],
    [0x58; 16],
    [0xfe; 16],
];

const fn uuid(number: u128) -> [u8; 16] {
    number.to_be_bytes()
}

/// A 128-bit UUID, in the byte order of RFC 9562: the order in which its
/// digits are written.
///
/// It carries no promise: it may be zero, and its version may be anything.
/// [`HostId`](crate::HostId) is the one that a host may use.
///
/// ```
/// use sanid_core::HostUuid;
///
/// let uuid = HostUuid::parse("652F5D50-A689-4520-B87B-FE2552EF6B8B")?;
/// assert_eq!(uuid.to_string(), "652f5d50-a689-4520-b87b-fe2552ef6b8b");
/// assert_eq!(uuid.simple().to_string(), "652f5d50a6894520b87bfe2552ef6b8b");
/// # Ok::<(), sanid_core::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostUuid([u8; 16]);

impl HostUuid {
    /// The UUID of 16 bytes in the order in which the digits are written.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// let uuid = HostUuid::from_bytes([0xab; 16]);
    /// assert_eq!(uuid.to_string(), "abababab-abab-abab-abab-abababababab");
    /// ```
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, in the order in which the digits are written.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// assert_eq!(HostUuid::from_bytes([7; 16]).as_bytes(), &[7; 16]);
    /// ```
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Reads the canonical form: 36 characters, 8-4-4-4-12 hexadecimal digits
    /// of either case joined by hyphens. Source: RFC 9562 section 4.
    ///
    /// # Errors
    ///
    /// [`Rule::Empty`] for no text, [`Rule::UuidForm`] for anything else,
    /// including braces, whitespace and digits without hyphens.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// assert!(HostUuid::parse("00000000-0000-0000-0000-000000000000").is_ok());
    /// assert!(HostUuid::parse("{652f5d50-a689-4520-b87b-fe2552ef6b8b}").is_err());
    /// ```
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let error = |rule| NameError::new(NameKind::HostId, rule);
        if text.is_empty() {
            return Err(error(Rule::Empty));
        }
        match hex::decode_hyphenated(text.as_bytes()) {
            Some(bytes) => Ok(Self(bytes)),
            None => Err(at_first_fault(text, error(Rule::UuidForm))),
        }
    }

    /// Reads 32 hexadecimal digits of either case, without hyphens.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// assert!(HostUuid::parse_simple("652F5D50A6894520B87BFE2552EF6B8B").is_some());
    /// assert!(HostUuid::parse_simple("652f5d50-a689-4520-b87b-fe2552ef6b8b").is_none());
    /// ```
    pub fn parse_simple(text: &str) -> Option<Self> {
        let digits = text.as_bytes().try_into().ok()?;
        hex::decode(digits).ok().map(Self)
    }

    /// Whether the UUID is one of [`DENYLISTED_UUIDS`].
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// assert!(HostUuid::parse("03000200-0400-0500-0006-000700080009")?.is_denylisted());
    /// assert!(!HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b")?.is_denylisted());
    /// # Ok::<(), sanid_core::NameError>(())
    /// ```
    pub fn is_denylisted(&self) -> bool {
        self.broken_rule().is_some()
    }

    /// Which rule keeps a host from having this UUID, if one does.
    pub(super) fn broken_rule(&self) -> Option<Rule> {
        let [zero, ones, vendor @ ..] = &DENYLISTED_UUIDS;
        if self.0 == *zero {
            Some(Rule::UuidZero)
        } else if self.0 == *ones {
            Some(Rule::UuidOnes)
        } else {
            vendor.contains(&self.0).then_some(Rule::UuidVendorDefault)
        }
    }

    /// The form of 32 lower-case digits without hyphens, for display.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// assert_eq!(HostUuid::from_bytes([0xcd; 16]).simple().to_string(), "cd".repeat(16));
    /// ```
    pub fn simple(&self) -> impl fmt::Display + use<> {
        Simple(*self)
    }

    /// Both texts of the UUID are made from these.
    pub(crate) fn digits(&self) -> Digits {
        Digits::of(&self.0)
    }

    /// The 32 lower-case digits as bytes, for bulk work that writes bytes.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// assert_eq!(&HostUuid::from_bytes([0x0f; 16]).simple_digits()[..4], b"0f0f");
    /// ```
    pub fn simple_digits(&self) -> [u8; 32] {
        *self.digits().simple()
    }

    /// The canonical lower-case form as bytes, for bulk work that writes bytes.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// let uuid = HostUuid::from_bytes([0x11; 16]);
    /// assert_eq!(&uuid.hyphenated_digits(), b"11111111-1111-1111-1111-111111111111");
    /// ```
    pub fn hyphenated_digits(&self) -> [u8; 36] {
        self.digits().hyphenated()
    }

    /// Writes 32 lower-case digits into a buffer; no formatting machinery, for
    /// bulk work.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// let mut buffer = [0; 32];
    /// let text = HostUuid::from_bytes([0x0f; 16]).encode_simple(&mut buffer).to_owned();
    /// assert_eq!(text, "0f".repeat(16));
    /// ```
    pub fn encode_simple<'out>(&self, out: &'out mut [u8; 32]) -> &'out str {
        *out = self.simple_digits();
        hex::text(out)
    }

    /// Writes the canonical lower-case form into a buffer; no formatting
    /// machinery, for bulk work.
    ///
    /// ```
    /// use sanid_core::HostUuid;
    ///
    /// let mut buffer = [0; 36];
    /// let text = HostUuid::from_bytes([0x11; 16]).encode_hyphenated(&mut buffer);
    /// assert_eq!(text, "11111111-1111-1111-1111-111111111111");
    /// ```
    pub fn encode_hyphenated<'out>(&self, out: &'out mut [u8; 36]) -> &'out str {
        *out = self.hyphenated_digits();
        hex::text(out)
    }
}

impl fmt::Display for HostUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.encode_hyphenated(&mut [0; 36]))
    }
}

impl fmt::Debug for HostUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostUuid({self})")
    }
}

impl FromStr for HostUuid {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

struct Simple(HostUuid);

impl fmt::Display for Simple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.encode_simple(&mut [0; 32]))
    }
}

/// Points an error at the first character that departs from 8-4-4-4-12.
fn at_first_fault(text: &str, error: NameError) -> NameError {
    let fits = |at: usize, found: char| match at {
        8 | 13 | 18 | 23 => found == '-',
        _ => at < 36 && found.is_ascii_hexdigit(),
    };
    match text.char_indices().find(|&(at, found)| !fits(at, found)) {
        Some((at, found)) => error.at_byte(at).finding(Found::Character(found)),
        None => error.at_byte(text.len()),
    }
}
