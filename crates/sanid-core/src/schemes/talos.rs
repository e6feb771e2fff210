//! `talos`: what Talos Linux 1.10 and later derive.

use super::{Derived, Scheme};
use crate::{HostId, HostNqn, HostUuid, Iqn, IqnPrefix, MachineId, NvmePair, hex};

const NAME: &str = "talos";

/// The machine-id itself as the IQN's suffix, and half of it as the Host ID.
pub(super) struct Talos;

impl Scheme for Talos {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "the names Talos Linux 1.10 and later give themselves, made of the machine-id's own digits"
    }

    fn publishes_seed(&self) -> bool {
        true
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "The IQN publishes the machine-id, which machine-id(5) asks to keep confidential.",
            "The Host ID holds only the first 64 bits of the machine-id, as ASCII digits.",
            "The Host ID has no RFC 9562 version or variant.",
        ]
    }

    fn derive(&self, seed: &MachineId, _: &IqnPrefix) -> Derived {
        let mut buffer = [0; 32];
        let digits = hex::encode(seed.as_bytes(), &mut buffer);
        let mut half = [0; 16];
        for (byte, digit) in half.iter_mut().zip(digits.bytes()) {
            *byte = digit;
        }
        let host_uuid = HostUuid::from_bytes(half);
        let uuid = &mut [0; 36];
        let host_nqn = [
            "nqn.2017-11.dev.talos:uuid:",
            host_uuid.encode_hyphenated(uuid),
        ];
        Derived {
            iqn: Iqn::from_parts(&["iqn.2017-11.dev.talos:", digits]),
            nvme: NvmePair {
                host_nqn: HostNqn::from_parts(&host_nqn),
                // Every byte is an ASCII digit or letter, which no denylisted
                // UUID has throughout.
                host_id: HostId::from_sound_uuid(host_uuid),
            },
            iqn_by: NAME,
            host_nqn_by: NAME,
            host_id_by: NAME,
            host_uuid,
        }
    }
}
