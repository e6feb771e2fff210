//! `nvme-cli-3`: what `nvme gen-hostnqn` of nvme-cli 3.1 prints, except its
//! random UUID.

use super::{Derived, Scheme, Takes, nvme_cli_2, sanid_v1};
use crate::{HostId, IqnPrefix, NVME_CLI_3_APP_ID, NvmePair, Seed, SeedKind};

const NAME: &str = "nvme-cli-3";

/// The UUID of the firmware, or else systemd's app-specific id of the machine-id.
pub(super) struct NvmeCli3;

impl Scheme for NvmeCli3 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the host NQN of nvme-cli 3.1 from the firmware's system UUID or else the machine-id, with the matching Host ID and sanid-v1's IQN"
    }

    fn takes(&self) -> Takes {
        Takes::SystemUuidOrMachineId
    }

    fn publishes_seed(&self) -> bool {
        false
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "Where the firmware has a system UUID, the host NQN and the Host ID are that UUID, which Linux shows to root alone.",
            "Boards of some vendors share one system UUID; the original takes it, and sanid refuses it.",
            "A system UUID that appears later, such as after a firmware update, replaces the machine-id and renames the host.",
            "Where nothing identifies the host the original generates a random name at every call; sanid stops.",
        ]
    }

    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
        if seed.kind() != SeedKind::MachineId {
            return nvme_cli_2::verbatim(NAME, seed, iqn_prefix);
        }
        let host_uuid = seed.app_specific(&NVME_CLI_3_APP_ID);
        Derived {
            iqn: sanid_v1::iqn(seed, iqn_prefix),
            // A version 4 UUID is never denylisted; see `hmac_uuid`.
            nvme: NvmePair::from_host_id(HostId::from_sound_uuid(host_uuid)),
            iqn_by: sanid_v1::NAME,
            host_nqn_by: NAME,
            host_id_by: NAME,
            host_uuid,
        }
    }
}
