//! The machine-id, the seed of most schemes.

use core::fmt;
use core::ops::Deref;

use zeroize::ZeroizeOnDrop;

use super::hmac::hmac;
use super::{Seed, SeedKind};
use crate::{HostUuid, SANID_HARDWARE_APP_ID, hex};

/// The 128 secret bits of `/etc/machine-id`: a [`Seed`] of the kind
/// [`SeedKind::MachineId`].
///
/// machine-id(5) asks to keep it confidential, since it identifies the
/// installation wherever an application-specific id is derived from it.
///
/// ```
/// use sanid_core::MachineId;
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// assert_eq!(format!("{seed:?}"), "MachineId(secret)");
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
pub struct MachineId(Seed);

/// Why a text or a file holds no usable machine-id.
///
/// The message never repeats what was read.
///
/// ```
/// use sanid_core::{MachineId, MachineIdError};
///
/// let error = MachineId::parse_file(b"uninitialized\n").unwrap_err();
/// assert_eq!(error, MachineIdError::Uninitialized);
/// assert_eq!(error.to_string(), "the machine-id is \"uninitialized\": first boot has not finished");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MachineIdError {
    /// There is nothing, or nothing but a newline.
    #[error("the machine-id is empty: it is not set yet")]
    Empty,
    /// The word that systemd writes while the first boot is under way.
    #[error("the machine-id is \"uninitialized\": first boot has not finished")]
    Uninitialized,
    /// All digits are zero, which means "none".
    #[error("the machine-id is all zeros: it is not set")]
    Zero,
    /// There are not 32 digits and at most one newline.
    #[error("the machine-id is not 32 hexadecimal digits but {found} bytes")]
    Length {
        /// How many bytes there were, a newline at the end not counted.
        found: usize,
    },
    /// A byte is not a hexadecimal digit.
    #[error("the machine-id is not hexadecimal, at byte {at}")]
    NotHex {
        /// The offset of that byte.
        at: usize,
    },
}

impl MachineId {
    /// Reads 32 hexadecimal digits of either case, and nothing around them.
    ///
    /// # Errors
    ///
    /// [`Empty`](MachineIdError::Empty) and
    /// [`Uninitialized`](MachineIdError::Uninitialized) for those very texts,
    /// [`Length`](MachineIdError::Length) for another number of bytes than 32,
    /// [`NotHex`](MachineIdError::NotHex) for another character, and
    /// [`Zero`](MachineIdError::Zero). Source: machine-id(5).
    ///
    /// ```
    /// use sanid_core::{MachineId, MachineIdError};
    ///
    /// assert!(MachineId::parse("3D1219C7C4C5404AAA1F6D2A48ADFDA4").is_ok());
    /// assert_eq!(MachineId::parse("3d12").unwrap_err(), MachineIdError::Length { found: 4 });
    /// ```
    pub fn parse(text: &str) -> Result<Self, MachineIdError> {
        Self::parse_digits(text.as_bytes())
    }

    /// Reads what `/etc/machine-id` holds: 32 hexadecimal digits of either
    /// case and at most one newline, as systemd reads it.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), a single newline at the end not counted.
    ///
    /// ```
    /// use sanid_core::{MachineId, MachineIdError};
    ///
    /// assert!(MachineId::parse_file(b"3d1219c7c4c5404aaa1f6d2a48adfda4\n").is_ok());
    /// assert_eq!(MachineId::parse_file(b"").unwrap_err(), MachineIdError::Empty);
    /// ```
    pub fn parse_file(bytes: &[u8]) -> Result<Self, MachineIdError> {
        Self::parse_digits(bytes.strip_suffix(b"\n").unwrap_or(bytes))
    }

    fn parse_digits(digits: &[u8]) -> Result<Self, MachineIdError> {
        let Ok(exact) = digits.try_into() else {
            return Err(match digits {
                b"" => MachineIdError::Empty,
                b"uninitialized" => MachineIdError::Uninitialized,
                _ => MachineIdError::Length {
                    found: digits.len(),
                },
            });
        };
        match hex::decode(exact) {
            Ok(bytes) if bytes == [0; 16] => Err(MachineIdError::Zero),
            Ok(bytes) => Ok(Self::from_bytes(bytes)),
            Err(at) => Err(MachineIdError::NotHex { at }),
        }
    }

    /// The machine-id of 16 bytes.
    ///
    /// ```
    /// use sanid_core::MachineId;
    ///
    /// assert!(MachineId::from_bytes([0xff; 16]).is_denylisted());
    /// ```
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        let uuid = HostUuid::from_bytes(bytes);
        Self(Seed::from_uuid(SeedKind::MachineId, &uuid))
    }

    /// What may be stored of a serial number of the hardware to recognise it on
    /// this installation again: the first 16 bytes of an HMAC-SHA256 (RFC 2104)
    /// of the label, a NUL and the value, keyed with the application-specific
    /// id of the machine-id under [`SANID_HARDWARE_APP_ID`].
    ///
    /// Without the machine-id it tells nothing of the value, however few values
    /// there are, and the same value gives another digest on another host.
    ///
    /// ```
    /// use sanid_core::MachineId;
    ///
    /// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
    /// let other = MachineId::parse("00112233445566778899aabbccddeeff")?;
    /// let mac = |seed: &MachineId| seed.hardware_digest("mac", b"52:54:00:12:34:56");
    /// assert_eq!(mac(&seed), mac(&seed));
    /// assert_ne!(mac(&seed), mac(&other));
    /// assert_ne!(mac(&seed), seed.hardware_digest("serial", b"52:54:00:12:34:56"));
    /// # Ok::<(), sanid_core::MachineIdError>(())
    /// ```
    pub fn hardware_digest(&self, label: &str, value: &[u8]) -> [u8; 16] {
        let key = self.app_specific(&SANID_HARDWARE_APP_ID);
        let digest = hmac(key.as_bytes(), &[label.as_bytes(), &[0], value]);
        let mut first = [0; 16];
        first.copy_from_slice(&digest[..16]);
        first
    }
}

impl From<MachineId> for Seed {
    fn from(id: MachineId) -> Self {
        id.0
    }
}

/// A machine-id is a seed, and everything that holds for a seed holds for it.
impl Deref for MachineId {
    type Target = Seed;

    fn deref(&self) -> &Seed {
        &self.0
    }
}

impl fmt::Debug for MachineId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineId(secret)")
    }
}

impl ZeroizeOnDrop for MachineId {}
