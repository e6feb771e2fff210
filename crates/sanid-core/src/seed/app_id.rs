//! Application ids: what a machine-id is mixed with.

use core::fmt;

use crate::HostUuid;

/// The public half of an application-specific id.
///
/// machine-id(5) asks programs to hash the machine-id together with an id of
/// their own, so that no two programs publish the same value and the
/// machine-id itself stays confidential. An application id is a random UUID
/// that a program fixes once and for all; it is not a secret.
///
/// Displayed as the 32 digits that `systemd-id128 --app-specific=` takes.
///
/// ```
/// use sanid_core::SANID_V1_APP_ID;
///
/// assert_eq!(SANID_V1_APP_ID.to_string(), "8b67317851694316ad1b04bec63f8907");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId([u8; 16]);

/// The application id of the scheme `sanid-v1`:
/// `8b673178-5169-4316-ad1b-04bec63f8907`.
///
/// ```
/// use sanid_core::{MachineId, SANID_V1_APP_ID};
///
/// // systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// assert_eq!(
///     seed.app_specific(&SANID_V1_APP_ID).to_string(),
///     "652f5d50-a689-4520-b87b-fe2552ef6b8b",
/// );
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
pub const SANID_V1_APP_ID: AppId =
    AppId(0x8b67_3178_5169_4316_ad1b_04be_c63f_8907_u128.to_be_bytes());

/// The application id that nvme-cli 1.10 to 1.16 used for `gen-hostnqn`:
/// `c7f46181-12be-4932-8c83-106f9dddd86b`.
///
/// ```
/// use sanid_core::{MachineId, NVME_CLI_1_APP_ID};
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// assert_eq!(
///     seed.app_specific(&NVME_CLI_1_APP_ID).simple().to_string(),
///     "d425fb17c49948fba2735c5b0eb739c4",
/// );
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
pub const NVME_CLI_1_APP_ID: AppId =
    AppId(0xc7f4_6181_12be_4932_8c83_106f_9ddd_d86b_u128.to_be_bytes());

/// The application id that nvme-cli 3.1 uses for `gen-hostnqn` where the firmware
/// has no UUID: `853c3220-ca64-4dad-a06f-1dc752e32263`.
///
/// ```
/// use sanid_core::{MachineId, NVME_CLI_3_APP_ID};
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// assert_eq!(
///     seed.app_specific(&NVME_CLI_3_APP_ID).to_string(),
///     "c54f90a0-d3f4-4a73-82a7-fb09e9525fd9",
/// );
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
pub const NVME_CLI_3_APP_ID: AppId =
    AppId(0x853c_3220_ca64_4dad_a06f_1dc7_52e3_2263_u128.to_be_bytes());

/// The application id of [`SeedFingerprint`](crate::SeedFingerprint):
/// `3cd63ef6-d8c6-4ea6-9ea1-0a4bf03bd8f1`.
///
/// It differs from every scheme's, so that no fingerprint is a name.
///
/// ```
/// use sanid_core::{SANID_FINGERPRINT_APP_ID, SANID_V1_APP_ID};
///
/// assert_ne!(SANID_FINGERPRINT_APP_ID, SANID_V1_APP_ID);
/// ```
pub const SANID_FINGERPRINT_APP_ID: AppId =
    AppId(0x3cd6_3ef6_d8c6_4ea6_9ea1_0a4b_f03b_d8f1_u128.to_be_bytes());

/// The application id under which the hardware of a host is remembered
/// ([`MachineId::hardware_digest`](crate::MachineId::hardware_digest)):
/// `c71332a9-5af6-49aa-bcde-19c4db78d084`.
///
/// ```
/// use sanid_core::{SANID_FINGERPRINT_APP_ID, SANID_HARDWARE_APP_ID};
///
/// assert_ne!(SANID_HARDWARE_APP_ID, SANID_FINGERPRINT_APP_ID);
/// ```
pub const SANID_HARDWARE_APP_ID: AppId =
    AppId(0xc713_32a9_5af6_49aa_bcde_19c4_db78_d084_u128.to_be_bytes());

impl AppId {
    /// The id of 16 bytes in the order in which its digits are written.
    ///
    /// ```
    /// use sanid_core::AppId;
    ///
    /// assert_eq!(AppId::from_bytes([0xab; 16]).to_string(), "ab".repeat(16));
    /// ```
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes.
    ///
    /// ```
    /// use sanid_core::AppId;
    ///
    /// assert_eq!(AppId::from_bytes([1; 16]).as_bytes(), &[1; 16]);
    /// ```
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        HostUuid::from_bytes(self.0).simple().fmt(f)
    }
}
