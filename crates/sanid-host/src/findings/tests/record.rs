//! What sanid noted: names, changes, hardware.

use sanid_core::{HostUuid, SeedKind};

use super::{Case, clean};
use crate::config::seed;
use crate::facts::{Facts, SeedFacts, SeedUuid};
use crate::file::IdentityFile;
use crate::findings::{Code, findings};
use crate::observed::Observed;
use crate::part::{Names, Part};
use crate::record::{Pending, Record, RecordState};
use crate::resolve::resolve;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts};

pub(super) fn cases() -> Vec<Case> {
    vec![
        (
            "power cut",
            pending(facts().on_disk(IQN, NQN, OTHER_ID)),
            vec!["change-interrupted", "pair-mismatch"],
        ),
        (
            "spoilt record",
            Facts {
                record: RecordState::Invalid("x".into()),
                ..clean()
            },
            vec!["record-invalid"],
        ),
        (
            "private record",
            Facts {
                record: RecordState::Unreadable("x".into()),
                ..clean()
            },
            vec!["file-unreadable"],
        ),
        (
            "a pinned name",
            facts().on_disk(OTHER_IQN, NQN, ID).pin_iqn(OTHER_IQN),
            vec!["unique-unconfirmed"],
        ),
        ("a pin of the derived name", clean().pin_iqn(IQN), vec![]),
        (
            "reset template",
            facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID).recorded(
                OTHER_IQN,
                OTHER_NQN,
                OTHER_ID,
                "00000000000000000000000000000001",
            ),
            vec!["earlier-seed"],
        ),
        (
            "the recorded hardware",
            hardware(clean(), "", "recorded"),
            vec![],
        ),
        (
            "a virtual machine with the UUID of another one",
            hardware(clean(), "", "other"),
            vec!["clone-suspected"],
        ),
        (
            "a server with another NIC",
            hardware(clean(), "serial", "other"),
            vec!["hardware-changed"],
        ),
    ]
}

/// With the note of a change of the pair that was not completed.
fn pending(mut facts: Facts) -> Facts {
    let mut record = Record::new();
    record.pending = Some(Pending {
        from: Names::from([
            (IdentityFile::HostNqn, OTHER_NQN),
            (IdentityFile::HostId, OTHER_ID),
        ]),
        to: Names::from([(IdentityFile::HostNqn, NQN), (IdentityFile::HostId, ID)]),
    });
    facts.record = RecordState::Present(Box::new(record));
    facts
}

/// With a recorded firmware UUID and MAC address, and these seen.
fn hardware(mut facts: Facts, serial: &str, mac: &str) -> Facts {
    let evidence = |mac: &str| crate::hardware::Evidence {
        firmware_uuid: Some("uuid".into()),
        board_serial: (!serial.is_empty()).then(|| serial.into()),
        macs: vec![mac.into()],
        root_fs: None,
    };
    facts.hardware = Observed::Saw(crate::hardware::HardwareFacts {
        recorded: crate::hardware::HardwareState::Present(evidence("recorded")),
        seen: evidence(mac),
        unseen: Vec::new(),
    });
    facts
}

#[test]
fn what_was_derived_earlier_names_the_seed_that_changed() {
    for (kind, words) in [
        (seed::MACHINE_ID, "from a machine-id that"),
        (seed::DMI, "from a system UUID that"),
        (seed::DEVICE_TREE, "from a UUID in the device tree that"),
        (seed::NVME_TOOL, "from an answer of nvme gen-hostnqn that"),
    ] {
        let mut host = facts().on_disk(OTHER_IQN, OTHER_NQN, OTHER_ID).recorded(
            OTHER_IQN,
            OTHER_NQN,
            OTHER_ID,
            "00000000000000000000000000000001",
        );
        if kind != seed::MACHINE_ID {
            host = seeded_by_hardware(host, kind);
        }
        let resolution = resolve(&host);
        let found = findings(&host, &resolution);
        let finding = found.iter().find(|one| one.code == Code::EarlierSeed);
        let seen = &finding.unwrap_or_else(|| panic!("{kind}: {found:?}")).seen;
        assert!(seen.contains(words), "{kind}: {seen}");
    }
}

/// With this seed in the place of the machine-id, now and when the files were written.
fn seeded_by_hardware(mut facts: Facts, kind: &'static str) -> Facts {
    let uuid = HostUuid::parse("4c4c4544-0051-3610-8052-b4c04f303132").unwrap();
    facts.other_seeds.seen.push(SeedFacts {
        name: kind,
        found: Ok(SeedUuid::new(SeedKind::SystemUuid, &uuid, "there".into())),
    });
    if kind == seed::NVME_TOOL {
        facts.settings.scheme.value = sanid_core::scheme(kind).unwrap();
    } else {
        facts.settings.seed.value = vec![kind];
    }
    if let RecordState::Present(record) = &mut facts.record {
        record.parts[Part::Iqn].as_mut().unwrap().origin.seed_name = Some(kind.into());
        record.parts[Part::Nvme].as_mut().unwrap().origin.seed_name = Some(kind.into());
    }
    facts
}
