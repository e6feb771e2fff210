//! `talos`: what Talos Linux 1.10 and later derive.

use super::{Derived, Scheme, Takes};
use crate::{HostId, HostNqn, HostUuid, Iqn, IqnPrefix, NvmePair, Seed, hex};

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

    fn takes(&self) -> Takes {
        Takes::MachineId
    }

    fn publishes_seed(&self) -> bool {
        true
    }

    fn notes(&self) -> &'static [&'static str] {
        &[
            "The IQN publishes the machine-id, which machine-id(5) asks to keep confidential.",
            "The Host ID contains only the first 64 bits of the machine-id, as ASCII digits.",
            "The Host ID has no RFC 9562 version or variant.",
        ]
    }

    fn derive(&self, seed: &Seed, _: &IqnPrefix) -> Derived {
        let seed = hex::Digits::of(seed.as_bytes());
        let digits = seed.simple();
        let mut half = [0; 16];
        half.copy_from_slice(&digits[..16]);
        let host_uuid = HostUuid::from_bytes(half);
        let canonical = host_uuid.hyphenated_digits();
        Derived {
            iqn: Iqn::from_parts(&["iqn.2017-11.dev.talos:", hex::text(digits)]),
            nvme: NvmePair {
                host_nqn: HostNqn::from_parts(&[
                    "nqn.2017-11.dev.talos:uuid:",
                    hex::text(&canonical),
                ]),
                // Every byte is a hexadecimal digit in ASCII, which no denylisted
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
