//! `nvme-cli-2`: what `nvme gen-hostnqn` of nvme-cli 2 prints, as long as the
//! firmware has a UUID for it to print.

use super::{Derived, Scheme, Takes, sanid_v1};
use crate::{HostId, HostUuid, IqnPrefix, MachineId, NvmePair};

const NAME: &str = "nvme-cli-2";

/// The system UUID itself, in the host NQN.
pub(super) struct NvmeCli2;

impl Scheme for NvmeCli2 {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the host NQN of nvme-cli 2 from the firmware's system UUID, with the matching Host ID and sanid-v1's IQN"
    }

    fn takes(&self) -> Takes {
        Takes::SystemUuid
    }

    fn publishes_seed(&self) -> bool {
        false
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "The host NQN and the Host ID are the system UUID itself, which Linux shows to root alone.",
            "Boards of some vendors share one system UUID; the original takes it, and sanid refuses it.",
            "Without a system UUID the original makes up a random one at every call; sanid stops.",
            "The original made no Host ID: distributions wrote an unrelated random one.",
        ]
    }

    fn derive(&self, seed: &MachineId, iqn_prefix: &IqnPrefix) -> Derived {
        as_it_is(NAME, seed, iqn_prefix)
    }
}

/// The UUID is the pair; only the initiator name is derived from it.
pub(super) fn as_it_is(name: &'static str, seed: &MachineId, iqn_prefix: &IqnPrefix) -> Derived {
    let host_uuid = HostUuid::from_bytes(*seed.as_bytes());
    Derived {
        iqn: sanid_v1::iqn(seed, iqn_prefix),
        // The caller has asked whether it is denylisted; see `Scheme::derive`.
        nvme: NvmePair::from_host_id(HostId::from_sound_uuid(host_uuid)),
        iqn_by: sanid_v1::NAME,
        host_nqn_by: name,
        host_id_by: name,
        host_uuid,
    }
}
