//! The gate that a claim is for storage at boot.

use crate::case::{Boot, Case, Change, Guest};
use crate::debian::Debian;

/// Where the configuration of claims is.
const CONFIG: &str = "etc/sanid/claim.toml";

const fn boot(arguments: &'static str, before: &'static [Change]) -> Boot {
    Boot {
        before,
        script: "claim-gate.sh",
        arguments,
        options: &[],
    }
}

const fn config(file: &'static str) -> Change {
    Change::Copy(CONFIG, file)
}

/// One after the other, with one store.
const BOOTS: &[Boot] = &[
    boot(
        "held",
        &[
            Change::Write("etc/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n"),
            Change::Program("sanid-fleet"),
            Change::Program("etcd"),
            Change::Certificates,
            Change::Enable("iscsid.service"),
            Change::Enable("sanid-claim.service"),
            Change::Write("etc/iscsi/nodes/placeholder", ""),
            Change::Write("var/lib/iscsi/nodes/placeholder", ""),
            Change::Copy(
                "etc/systemd/system/nvmf-autoconnect.service.d/always.conf",
                "always.conf",
            ),
            config("claim-gate/file.toml"),
        ],
    ),
    boot("report", &[]),
    boot("enforce", &[config("claim-gate/file-enforce.toml")]),
    boot("away", &[config("claim-gate/refused.toml")]),
    boot("away-hold", &[config("claim-gate/refused-hold.toml")]),
    boot(
        "away",
        &[
            config("claim-gate/silent.toml"),
            Change::Copy(
                "etc/systemd/system/silent.socket",
                "claim-gate/silent.socket",
            ),
            Change::Copy(
                "etc/systemd/system/silent.service",
                "claim-gate/silent.service",
            ),
            Change::Enable("silent.socket"),
        ],
    ),
    boot(
        "expired",
        &[
            config("claim-gate/expired.toml"),
            Change::Copy("etc/systemd/system/etcd.service", "claim-gate/etcd.service"),
            Change::Enable("etcd.service"),
        ],
    ),
    boot(
        "away",
        &[
            config("claim-gate/slower.toml"),
            Change::Copy("vm/slow-store.pl", "slow-store.pl"),
            Change::Copy("etc/systemd/system/slow.socket", "claim-gate/slow.socket"),
            Change::Copy(
                "etc/systemd/system/slow@.service",
                "claim-gate/slow-by-5@.service",
            ),
            Change::Enable("slow.socket"),
        ],
    ),
    boot(
        "slow 2",
        &[
            config("claim-gate/slow.toml"),
            Change::Copy(
                "etc/systemd/system/slow@.service",
                "claim-gate/slow-by-2@.service",
            ),
        ],
    ),
    boot(
        "missing",
        &[
            Change::Remove("usr/bin/sanid-fleet"),
            config("claim-gate/file.toml"),
        ],
    ),
    boot("missing-hold", &[config("claim-gate/file-enforce.toml")]),
];

pub(super) const ALL: &[Case] = &[Case {
    name: "claim_gate",
    proves: "with a conflict, or a store that is away, silent, slow or refuses the certificate, or without sanid-fleet, storage is connected as the policy says, in time",
    takes: 60,
    memory: 256,
    guest: Guest::Container {
        debian: Debian::Twelve,
        boots: BOOTS,
    },
}];
