//! `nvme-cli-2`: what `nvme gen-hostnqn` of nvme-cli 2 prints, as long as the
//! firmware has a UUID for it to print.

use super::{Derived, Scheme, Takes, sanid_v1};
use crate::{HostId, HostNqn, HostUuid, IqnPrefix, NvmePair, Seed, hex};

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

    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
        verbatim(NAME, seed, iqn_prefix)
    }
}

/// The UUID is the pair; only the initiator name is derived from it.
///
/// nvme-cli prints the UUID as it is spelled, and a host NQN is compared byte for byte, so the host NQN keeps
/// the seed's capitals. The kernel parses the Host ID, whose spelling does not matter.
pub(super) fn verbatim(name: &'static str, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
    let host_uuid = HostUuid::from_bytes(*seed.as_bytes());
    Derived {
        iqn: sanid_v1::iqn(seed, iqn_prefix),
        nvme: NvmePair {
            host_nqn: HostNqn::from_parts(&[HostNqn::UUID_PREFIX, hex::text(&seed.spelled())]),
            // The caller has checked that it is not denylisted; see `Scheme::derive`.
            host_id: HostId::from_sound_uuid(host_uuid),
        },
        iqn_by: sanid_v1::NAME,
        host_nqn_by: name,
        host_id_by: name,
        host_uuid,
    }
}
