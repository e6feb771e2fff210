//! `nvme-stas`: what `stasadm hostnqn` of nvme-stas prints.

use super::{Derived, Scheme, Takes, sanid_v1};
use crate::seed::hmac_uuid;
use crate::{HostId, IqnPrefix, NvmePair, Seed};

const NAME: &str = "nvme-stas";

/// What nvme-stas uses in place of an application id; it keys the HMAC.
const KEY: &[u8; 16] = b"$nvmexpress.org$";

/// An HMAC of the machine-id with key and message the other way round.
pub(super) struct NvmeStas;

impl Scheme for NvmeStas {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the host NQN of stasadm, with the matching Host ID and sanid-v1's IQN"
    }

    fn takes(&self) -> Takes {
        Takes::MachineId
    }

    fn publishes_seed(&self) -> bool {
        false
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "The HMAC is keyed with a public constant and the machine-id is its message, the reverse of systemd's rule, so systemd-id128 cannot reproduce it.",
            "The original's Host ID is random at every call, so its pair never matches.",
        ]
    }

    fn derive(&self, seed: &Seed, iqn_prefix: &IqnPrefix) -> Derived {
        let host_uuid = hmac_uuid(KEY, seed.as_bytes());
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
