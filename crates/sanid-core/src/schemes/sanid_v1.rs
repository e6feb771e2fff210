//! `sanid-v1`: one UUID, three names.

use super::{Derived, Scheme, Takes};
use crate::{HostId, HostNqn, HostUuid, Iqn, IqnPrefix, NvmePair, SANID_V1_APP_ID, Seed};

pub(super) const NAME: &str = "sanid-v1";

/// systemd's application-specific id of the machine-id, in all three names.
pub(super) struct SanidV1;

impl Scheme for SanidV1 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "systemd's app-specific id of the machine-id, as one UUID in all three names"
    }

    fn takes(&self) -> Takes {
        Takes::Any
    }

    fn publishes_seed(&self) -> bool {
        false
    }

    fn notes(&self) -> &'static [&'static str] {
        &[]
    }

    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
        let host_uuid = sanid_v1_host_uuid(seed);
        let digits = host_uuid.digits();
        Derived {
            iqn: iqn_prefix.join_digits(&digits),
            nvme: NvmePair {
                host_nqn: HostNqn::from_digits(&digits),
                // A version 4 UUID is never denylisted; see `hmac_uuid`.
                host_id: HostId::from_sound_uuid(host_uuid),
            },
            iqn_by: NAME,
            host_nqn_by: NAME,
            host_id_by: NAME,
            host_uuid,
        }
    }
}

/// The UUID that `sanid-v1` puts into all three names, alone: for bulk work
/// that writes the names itself.
///
/// On any systemd host it is what
/// `systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u`
/// prints.
///
/// ```
/// use sanid_core::{MachineId, sanid_v1_host_uuid};
///
/// let seed = MachineId::parse("3d1219c7c4c5404aaa1f6d2a48adfda4")?;
/// assert_eq!(
///     sanid_v1_host_uuid(&seed).to_string(),
///     "652f5d50-a689-4520-b87b-fe2552ef6b8b",
/// );
/// # Ok::<(), sanid_core::MachineIdError>(())
/// ```
pub fn sanid_v1_host_uuid(seed: &Seed) -> HostUuid {
    seed.app_specific(&SANID_V1_APP_ID)
}

/// The IQN that `sanid-v1` gives, for schemes that have none of their own.
pub(super) fn iqn(seed: &Seed, iqn_prefix: &IqnPrefix) -> Iqn {
    iqn_prefix.join_digits(&sanid_v1_host_uuid(seed).digits())
}
