//! `nvme-cli-1`: what `nvme gen-hostnqn` of nvme-cli 1.10 to 1.16 printed.

use super::{Derived, Scheme, Takes, sanid_v1};
use crate::{HostId, HostNqn, IqnPrefix, NVME_CLI_1_APP_ID, NvmePair, Seed};

const NAME: &str = "nvme-cli-1";

/// systemd's application-specific id, written without hyphens.
pub(super) struct NvmeCli1;

impl Scheme for NvmeCli1 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the host NQN of nvme-cli 1.10 to 1.16, with the matching Host ID and sanid-v1's IQN"
    }

    fn takes(&self) -> Takes {
        Takes::MachineId
    }

    fn publishes_seed(&self) -> bool {
        false
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "The host NQN contains its UUID without hyphens, which is not valid: SPDK and nvme-cli 3 refuse it.",
            "The original made no Host ID: distributions wrote an unrelated random one.",
        ]
    }

    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
        let host_uuid = seed.app_specific(&NVME_CLI_1_APP_ID);
        Derived {
            iqn: sanid_v1::iqn(seed, iqn_prefix),
            nvme: NvmePair {
                host_nqn: HostNqn::dashless(&host_uuid),
                // A version 4 UUID is never denylisted; see `hmac_uuid`.
                host_id: HostId::from_sound_uuid(host_uuid),
            },
            iqn_by: sanid_v1::NAME,
            host_nqn_by: NAME,
            host_id_by: NAME,
            host_uuid,
        }
    }
}
