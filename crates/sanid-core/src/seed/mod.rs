//! Seeds: the secret bits that identify one installation or one machine, and
//! what may be published about them.

mod app_id;
mod fingerprint;
mod hmac;
mod machine_id;

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{DENYLISTED_UUIDS, HostUuid, hex};

pub use app_id::{
    AppId, NVME_CLI_1_APP_ID, NVME_CLI_3_APP_ID, SANID_FINGERPRINT_APP_ID, SANID_HARDWARE_APP_ID,
    SANID_V1_APP_ID,
};
pub use fingerprint::{SeedFingerprint, SeedFingerprintError};
pub(crate) use hmac::hmac_uuid;
pub use machine_id::{MachineId, MachineIdError};

/// Where a seed comes from.
///
/// ```
/// use sanid_core::{MachineId, SeedKind};
///
/// let id = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// assert_eq!(id.kind(), SeedKind::MachineId);
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeedKind {
    /// `/etc/machine-id`, which identifies the installation.
    MachineId,
    /// The system UUID of SMBIOS, which identifies the hardware.
    SystemUuid,
    /// The UUID that a hypervisor gives a guest in its device tree.
    DeviceTree,
    /// The UUID in the answer of the installed `nvme gen-hostnqn`.
    NvmeTool,
}

/// 128 secret bits that identify one host, their kind, and their spelling.
///
/// A seed is as confidential as a machine-id, which is one kind of seed: there
/// is no `Display` and no `Clone`, `Debug` prints a constant, and its memory is
/// cleared when it is dropped (but not the stack of a hash function that has
/// read it).
///
/// The spelling matters only to the schemes whose original prints the UUID as
/// the firmware spells it: a host NQN is compared byte for byte, and Linux before
/// 4.18 shows the system UUID in capitals.
///
/// ```
/// use sanid_core::{IqnPrefix, Seed, SeedKind, scheme};
///
/// let text = b"4C4C4544-0051-3610-8052-B4C04F303132";
/// let seed = Seed::parse_uuid(SeedKind::SystemUuid, text).ok_or("not a UUID")?;
/// assert_eq!(format!("{seed:?}"), "Seed(secret)");
///
/// let derive = |name| scheme(name).unwrap().derive(&seed, &IqnPrefix::default()).nvme;
/// let verbatim = "nqn.2014-08.org.nvmexpress:uuid:4C4C4544-0051-3610-8052-B4C04F303132";
/// assert_eq!(derive("nvme-cli-2").host_nqn.as_str(), verbatim);
/// assert_eq!(derive("nvme-cli-2").host_id.to_string(), "4c4c4544-0051-3610-8052-b4c04f303132");
/// assert_eq!(derive("sanid-v1").host_id.to_string(), "1711788b-2f58-408c-8365-ac2a55f92eb2");
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Seed {
    bits: [u8; 16],
    kind: SeedKind,
    /// The digits that are written in capitals: the lowest bit is the first digit.
    capitals: u32,
}

impl Seed {
    /// The seed of 128 bits, spelled in small letters.
    ///
    /// ```
    /// use sanid_core::{HostUuid, Seed, SeedKind};
    ///
    /// let uuid = HostUuid::from_bytes([0xff; 16]);
    /// assert!(Seed::from_uuid(SeedKind::SystemUuid, &uuid).is_denylisted());
    /// ```
    pub const fn from_uuid(kind: SeedKind, uuid: &HostUuid) -> Self {
        Self {
            bits: *uuid.as_bytes(),
            kind,
            capitals: 0,
        }
    }

    /// Reads the canonical form of a UUID and keeps its spelling: 36 characters,
    /// 8-4-4-4-12 hexadecimal digits of either case joined by hyphens.
    ///
    /// `None` for anything else. There is no reason, since it would repeat a
    /// piece of the text.
    ///
    /// ```
    /// use sanid_core::{Seed, SeedKind};
    ///
    /// let text = b"4c4c4544-0051-3610-8052-b4c04f303132\n";
    /// assert!(Seed::parse_uuid(SeedKind::SystemUuid, &text[..36]).is_some());
    /// assert!(Seed::parse_uuid(SeedKind::SystemUuid, text).is_none());
    /// ```
    pub fn parse_uuid(kind: SeedKind, text: &[u8]) -> Option<Self> {
        let bits = hex::decode_hyphenated(text)?;
        let digits = text.iter().filter(|byte| **byte != b'-').enumerate();
        let capitals = digits
            .filter(|(_, digit)| digit.is_ascii_uppercase())
            .fold(0, |capitals, (at, _)| capitals | 1 << at);
        Some(Self {
            bits,
            kind,
            capitals,
        })
    }

    /// Where it comes from.
    ///
    /// ```
    /// use sanid_core::{HostUuid, Seed, SeedKind};
    ///
    /// let uuid = HostUuid::from_bytes([7; 16]);
    /// assert_eq!(Seed::from_uuid(SeedKind::DeviceTree, &uuid).kind(), SeedKind::DeviceTree);
    /// ```
    pub const fn kind(&self) -> SeedKind {
        self.kind
    }

    /// Whether many machines share this value, so that it must not be a seed:
    /// one of [`DENYLISTED_UUIDS`]. systemd takes the machine-id of a virtual
    /// machine's first boot from its DMI UUID, vendor defaults included.
    ///
    /// ```
    /// use sanid_core::MachineId;
    ///
    /// assert!(MachineId::parse("03000200040005000006000700080009")?.is_denylisted());
    /// # Ok::<(), sanid_core::MachineIdError>(())
    /// ```
    pub fn is_denylisted(&self) -> bool {
        DENYLISTED_UUIDS.contains(&self.bits)
    }

    /// Whether this is one of these: for lists that an administrator extends.
    ///
    /// ```
    /// use sanid_core::{HostUuid, MachineId};
    ///
    /// let shared = HostUuid::parse("03d40274-0435-05dc-8506-010700080009").unwrap();
    /// assert!(MachineId::parse("03d40274043505dc8506010700080009")?.is_one_of(&[shared]));
    /// # Ok::<(), sanid_core::MachineIdError>(())
    /// ```
    pub fn is_one_of(&self, uuids: &[HostUuid]) -> bool {
        uuids.iter().any(|uuid| *uuid.as_bytes() == self.bits)
    }

    /// The id of this host for one application, exactly as systemd's
    /// `sd_id128_get_machine_app_specific(3)` computes it from a machine-id: the
    /// first 16 bytes of the HMAC-SHA256 of the application id keyed with the
    /// seed, marked as a version 4 UUID.
    ///
    /// ```
    /// use sanid_core::{AppId, MachineId};
    ///
    /// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
    /// let uuid = seed.app_specific(&AppId::from_bytes([0x11; 16]));
    /// assert_eq!(uuid.as_bytes()[6] >> 4, 4);
    /// # Ok::<(), sanid_core::MachineIdError>(())
    /// ```
    pub fn app_specific(&self, app: &AppId) -> HostUuid {
        hmac_uuid(&self.bits, app.as_bytes())
    }

    /// What may be stored to recognise this seed again.
    ///
    /// ```
    /// use sanid_core::MachineId;
    ///
    /// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
    /// assert_ne!(seed.fingerprint().to_string(), "3d1219c7c4c5404aaa1f6d2a48adfda4");
    /// # Ok::<(), sanid_core::MachineIdError>(())
    /// ```
    pub fn fingerprint(&self) -> SeedFingerprint {
        SeedFingerprint::of(self)
    }

    /// The secret bits, for schemes.
    pub(crate) const fn as_bytes(&self) -> &[u8; 16] {
        &self.bits
    }

    /// The canonical form as it was spelled, for schemes that publish it.
    pub(crate) fn spelled(&self) -> [u8; 36] {
        let mut text = hex::Digits::of(&self.bits).hyphenated();
        let digits = text.iter_mut().filter(|byte| **byte != b'-').enumerate();
        for (_, digit) in digits.filter(|(at, _)| self.capitals >> at & 1 == 1) {
            digit.make_ascii_uppercase();
        }
        text
    }
}

impl fmt::Debug for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(secret)")
    }
}

impl Drop for Seed {
    fn drop(&mut self) {
        self.bits.zeroize();
        self.capitals.zeroize();
    }
}

impl ZeroizeOnDrop for Seed {}
