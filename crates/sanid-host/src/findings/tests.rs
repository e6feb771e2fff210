use sanid_core::HostUuid;

use super::*;
use crate::config::seed;
use crate::facts::{
    Access, ElsewhereFile, Facts, Guard, Iscsid, MachineIdState, Namespace, SeedFacts, SeedUuid,
    When, Writer,
};
use crate::file::{FileState, IdentityFile};
use crate::record::{Pending, Record, RecordState, Values};
use crate::resolve::resolve;
use crate::root::ReadError;
use crate::testing::{ID, IQN, NQN, OTHER_ID, OTHER_IQN, OTHER_NQN, facts};

/// What Dell's firmware gives: the Host ID is the NQN's UUID in the byte order of SMBIOS.
const DELL_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0044-4410-8030-b8c04f445833";
const DELL_ID: &str = "44454c4c-4400-1044-8030-b8c04f445833";

fn codes(facts: &Facts) -> Vec<&'static str> {
    let resolution = resolve(facts);
    findings(facts, resolution.as_ref())
        .into_iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

fn clean() -> Facts {
    facts().on_disk(IQN, NQN, ID)
}

/// With a `/run/initiatorname.iscsi`.
fn dracut(mut facts: Facts, text: &str) -> Facts {
    facts.initramfs.initiator_name = Some(text.into());
    facts
}

/// With an `/etc/initiatorname.iscsi` in the image of the initramfs.
fn debian(mut facts: Facts, text: &str) -> Facts {
    facts.initramfs.image_copy = Some(text.into());
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
    facts.hardware = crate::hardware::HardwareFacts {
        recorded: crate::hardware::HardwareState::Present(evidence("recorded")),
        seen: evidence(mac),
    };
    facts
}

/// With a file of this content outside of `/etc`.
fn elsewhere(mut facts: Facts, value: &str) -> Facts {
    let file = IdentityFile::HostNqn;
    facts.others.elsewhere.push(ElsewhereFile {
        file,
        path: "usr/local/etc/nvme/hostnqn".into(),
        state: crate::testing::facts().file(file, value).disk.host_nqn,
    });
    facts
}

/// With something that writes the file with the initiator name.
fn writer(mut facts: Facts, guard: Guard) -> Facts {
    facts.others.writers.push(Writer {
        place: "/lib/open-iscsi/startup-checks.sh".into(),
        unit: Some("iscsid.service".into()),
        file: IdentityFile::InitiatorName,
        when: When::Boot,
        guard,
    });
    facts
}

/// With a container that has these files.
fn container(mut facts: Facts, other: Facts) -> Facts {
    facts.others.namespaces.push(Namespace {
        pid: 4711,
        program: "csi-driver".into(),
        control_group: "/kubepods.slice/cri-containerd-0123.scope".into(),
        disk: other.disk,
    });
    facts
}

/// With an iscsid that started and a file that was written at these times.
fn iscsid(mut facts: Facts, started: i64, written: i64) -> Facts {
    facts.others.iscsid.push(Iscsid {
        pid: 815,
        started,
        written,
        now: 2000,
    });
    facts
}

/// With these rights on the directory of the NVMe pair, and these SELinux types of it and of `hostnqn`.
fn access(mut facts: Facts, mode: u32, directory: &str, label: &str) -> Facts {
    facts.others.access.push(Access {
        file: IdentityFile::HostNqn,
        directory_mode: mode,
        label: Some(label.into()),
        directory_label: Some(directory.into()),
    });
    facts
}

/// Every code with facts that show it, alone where it can be alone.
#[allow(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<(&'static str, Facts, Vec<&'static str>)> {
    let unreadable = |mut facts: Facts| {
        facts.disk.host_id = FileState::Unreadable(ReadError::NotRegular {
            path: "/etc/nvme/hostid".into(),
            kind: "a directory",
        });
        facts
    };
    let pending = |mut facts: Facts| {
        let mut record = Record::new();
        record.pending = Some(Pending {
            from: Values {
                host_nqn: Some(OTHER_NQN.into()),
                host_id: Some(OTHER_ID.into()),
                iqn: None,
            },
            to: Values {
                host_nqn: Some(NQN.into()),
                host_id: Some(ID.into()),
                iqn: None,
            },
        });
        facts.record = RecordState::Present(Box::new(record));
        facts
    };
    let mut published = facts();
    published.settings.scheme.value = sanid_core::scheme("talos").unwrap();
    let derived = resolve(&published).unwrap().identity();
    let published = published.on_disk(
        derived.iqn.as_str(),
        derived.nvme.host_nqn.as_str(),
        &derived.nvme.host_id.to_string(),
    );
    let mut shared = clean();
    shared.settings.iqn_template = Some(crate::config::Setting {
        value: crate::config::IqnTemplate::parse("iqn.2001-04.com.example:all").unwrap(),
        origin: crate::config::Origin::Default,
    });
    let dashless = "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b";
    vec![
        ("all is well", clean(), vec![]),
        (
            "live under the files' names",
            clean().session(IQN).controller(NQN, ID),
            vec![],
        ),
        (
            "an initramfs that used the same",
            clean()
                .used(IdentityFile::InitiatorName, IQN)
                .used(IdentityFile::HostNqn, NQN)
                .used(IdentityFile::HostId, &ID.to_uppercase())
                .baked(IdentityFile::InitiatorName, IQN),
            vec![],
        ),
        (
            "an initramfs that used others",
            clean()
                .used(IdentityFile::InitiatorName, OTHER_IQN)
                .used(IdentityFile::HostNqn, OTHER_NQN)
                .used(IdentityFile::HostId, OTHER_ID),
            vec!["initramfs-differs"; 3],
        ),
        (
            "an image for one host with the names that it had, which it used",
            clean()
                .used(IdentityFile::InitiatorName, OTHER_IQN)
                .baked(IdentityFile::InitiatorName, OTHER_IQN),
            vec!["initramfs-differs"],
        ),
        (
            "an image with a stale copy that sanid replaced",
            clean()
                .used(IdentityFile::InitiatorName, IQN)
                .baked(IdentityFile::InitiatorName, OTHER_IQN)
                .baked(IdentityFile::HostId, OTHER_ID),
            vec!["initramfs-stale"; 2],
        ),
        (
            "what dracut logged in with, whatever sanid left",
            dracut(
                clean().used(IdentityFile::InitiatorName, IQN),
                &format!("InitiatorName='{OTHER_IQN}' # by hand\n"),
            ),
            vec!["initramfs-differs"],
        ),
        (
            "a name in /run that no shell takes",
            dracut(clean(), "InitiatorName=$(hostname)\n"),
            vec!["initramfs-differs"],
        ),
        (
            "Debian's copy in the image",
            debian(clean(), &format!("InitiatorName={OTHER_IQN}\n")),
            vec!["initramfs-stale"],
        ),
        (
            "an initramfs with the desired name, on a host that keeps another",
            facts()
                .on_disk(OTHER_IQN, NQN, ID)
                .used(IdentityFile::InitiatorName, IQN),
            vec!["iqn-differs", "initramfs-differs"],
        ),
        (
            "an initramfs with the kept name, which is not the desired one",
            facts()
                .on_disk(OTHER_IQN, NQN, ID)
                .used(IdentityFile::InitiatorName, OTHER_IQN),
            vec!["iqn-differs", "initramfs-differs"],
        ),
        (
            "no machine-id",
            Facts {
                machine_id: MachineIdState::Missing,
                ..clean()
            },
            vec!["no-seed"],
        ),
        (
            "bad parameter",
            Facts {
                cmdline: "rd.nvmf.hostid=x".into(),
                ..clean()
            },
            vec!["source-invalid"],
        ),
        ("talos", published, vec!["seed-published"]),
        (
            "one name for all",
            shared.file(IdentityFile::InitiatorName, "iqn.2001-04.com.example:all"),
            vec!["template-not-unique"],
        ),
        ("not applied yet", facts(), vec!["file-missing"; 3]),
        (
            "empty",
            clean().raw(IdentityFile::InitiatorName, b""),
            vec!["file-empty"],
        ),
        (
            "invalid",
            clean().file(IdentityFile::InitiatorName, "iqn.2017-13.a:b"),
            vec!["file-invalid"],
        ),
        (
            "unreadable",
            unreadable(clean()),
            vec!["file-unreadable", "pair-half"],
        ),
        (
            "two names in one file",
            clean().raw(
                IdentityFile::HostNqn,
                format!("{NQN}\n{OTHER_NQN}\n").as_bytes(),
            ),
            vec!["readers-disagree"],
        ),
        (
            "private hostnqn",
            clean().present(
                IdentityFile::HostNqn,
                &IdentityFile::HostNqn.bytes(NQN),
                0o600,
            ),
            vec!["file-mode"],
        ),
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
            "another initiator name",
            clean().file(IdentityFile::InitiatorName, OTHER_IQN),
            vec!["iqn-differs"],
        ),
        (
            "another pair",
            clean().pair(OTHER_NQN, OTHER_ID),
            vec!["nvme-differs"],
        ),
        (
            "Debian's pair",
            clean().pair(OTHER_NQN, "99999999-2222-4333-8444-555555555555"),
            vec!["nvme-differs", "pair-mismatch"],
        ),
        (
            "half a pair",
            clean().raw(IdentityFile::HostId, b""),
            vec!["file-empty", "pair-half"],
        ),
        (
            "nvme-cli 1",
            clean().pair(dashless, ID),
            vec!["nvme-differs", "name-not-conformant"],
        ),
        (
            "capitals",
            clean().file(IdentityFile::InitiatorName, "iqn.2001-04.com.example:ABC"),
            vec!["iqn-differs", "name-not-portable"],
        ),
        (
            "old session",
            clean().session(OTHER_IQN),
            vec!["live-iqn-differs"],
        ),
        (
            "old controller",
            clean().controller(OTHER_NQN, OTHER_ID),
            vec!["live-nvme-differs"],
        ),
        (
            "a package's file beneath the mount",
            {
                let mut covered = clean();
                covered.beneath = facts().file(IdentityFile::HostNqn, OTHER_NQN).disk;
                covered
            },
            vec!["covered-file"],
        ),
        (
            "one NQN, two Host IDs, as Linux 6.1 lets pass",
            clean().controller(NQN, ID).controller(NQN, OTHER_ID),
            vec!["live-nvme-differs", "live-pair-conflict"],
        ),
        (
            "pinned over the firmware",
            clean().pin_id(ID).nbft_pair(OTHER_NQN, OTHER_ID),
            vec!["firmware-differs"],
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
        (
            "Dell's NBFT",
            facts()
                .on_disk(IQN, DELL_NQN, DELL_ID)
                .nbft_pair(DELL_NQN, DELL_ID),
            vec!["firmware-byte-order"],
        ),
        (
            "a hostnqn that everybody may write",
            clean().present(
                IdentityFile::HostNqn,
                &IdentityFile::HostNqn.bytes(NQN),
                0o666,
            ),
            vec!["file-writable"],
        ),
        (
            "an initiator name for all to read, as Red Hat's scripts write it",
            clean().present(
                IdentityFile::InitiatorName,
                &IdentityFile::InitiatorName.bytes(IQN),
                0o644,
            ),
            vec![],
        ),
        (
            "a directory that everybody may write",
            access(clean(), 0o777, "etc_t", "etc_t"),
            vec!["file-writable"],
        ),
        (
            "a directory that os-brick may not search",
            access(clean(), 0o700, "etc_t", "etc_t"),
            vec!["file-mode"],
        ),
        (
            "the label of the directory, or no SELinux",
            access(access(clean(), 0o755, "etc_t", "etc_t"), 0o755, "", ""),
            vec![],
        ),
        (
            "a file that was made in /tmp and moved",
            access(clean(), 0o755, "etc_t", "user_tmp_t"),
            vec!["file-label"],
        ),
        (
            "a file without a label",
            access(clean(), 0o755, "etc_t", ""),
            vec!["file-label"],
        ),
        (
            "a copy with the same name, and an empty one",
            elsewhere(elsewhere(clean(), NQN), ""),
            vec![],
        ),
        (
            "a build of nvme-cli with another prefix",
            elsewhere(clean(), OTHER_NQN),
            vec!["file-elsewhere"],
        ),
        (
            "scripts that leave a name alone",
            writer(
                writer(writer(clean(), Guard::Missing), Guard::Empty),
                Guard::GenerateName,
            ),
            vec![],
        ),
        (
            "a unit that writes at every boot",
            writer(clean(), Guard::None),
            vec!["other-writer"],
        ),
        (
            "GenerateName=yes beside a name",
            writer(
                clean().raw(
                    IdentityFile::InitiatorName,
                    format!("InitiatorName={IQN}\nGenerateName=yes\n").as_bytes(),
                ),
                Guard::GenerateName,
            ),
            vec!["readers-disagree", "other-writer"],
        ),
        (
            "a script that waits for an empty file",
            writer(
                writer(clean().raw(IdentityFile::InitiatorName, b""), Guard::Empty),
                Guard::Missing,
            ),
            vec!["file-empty", "writer-waiting"],
        ),
        (
            "a container with the host's files, and one with none",
            container(container(clean(), clean()), facts()),
            vec![],
        ),
        (
            "a container with a pair that its image brought",
            container(clean(), facts().pair(OTHER_NQN, OTHER_ID)),
            vec!["namespace-differs"],
        ),
        (
            "a container whose files cannot be read",
            container(clean(), unreadable(facts())),
            vec!["namespace-unseen"],
        ),
        (
            "processes of other users, seen by an ordinary one",
            {
                let mut unseen = clean();
                unseen.others.unseen_namespaces = 3;
                unseen
            },
            vec!["namespace-unseen"],
        ),
        (
            "an iscsid that is younger than its file, one within the blur, and a clock that was set back",
            iscsid(iscsid(iscsid(clean(), 1000, 900), 1000, 1002), 1000, 2001),
            vec![],
        ),
        (
            "an iscsid that is older than its file",
            iscsid(clean(), 1000, 1003),
            vec!["iscsid-outdated"],
        ),
    ]
}

#[test]
fn each_hazard_has_its_finding() {
    for (case, facts, expected) in table() {
        assert_eq!(codes(&facts), expected, "{case}");
    }
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
        let found = findings(&host, resolution.as_ref());
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
        found: Ok(SeedUuid::new(uuid, "there".into())),
    });
    if kind == seed::NVME_TOOL {
        facts.settings.scheme.value = sanid_core::scheme(kind).unwrap();
    } else {
        facts.settings.seed.value = vec![kind];
    }
    if let RecordState::Present(record) = &mut facts.record {
        record.iqn.as_mut().unwrap().origin.seed_name = Some(kind.into());
        record.nvme.as_mut().unwrap().origin.seed_name = Some(kind.into());
    }
    facts
}

#[test]
fn every_code_is_shown_by_a_case() {
    let shown: Vec<&str> = table()
        .into_iter()
        .flat_map(|(_, _, codes)| codes)
        .collect();
    for code in Code::ALL {
        assert!(shown.contains(&code.as_str()), "{}", code.as_str());
    }
}

#[test]
fn every_finding_says_what_was_seen_why_it_matters_and_what_to_do() {
    for (case, facts, _) in table() {
        let resolution = resolve(&facts);
        for finding in findings(&facts, resolution.as_ref()) {
            assert!(
                !finding.seen.is_empty() && !finding.why.is_empty(),
                "{case}"
            );
            assert!(!finding.fix.is_empty(), "{case}");
            assert!(
                !finding.seen.contains(crate::testing::MACHINE_ID) || case == "talos",
                "{case}"
            );
        }
    }
}

#[test]
fn the_documentation_has_every_code_and_no_other() {
    let page = include_str!("../../../../docs/findings.md");
    let documented: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(documented, known);
    for code in Code::ALL {
        let row = format!("| `{}` | {} |", code.as_str(), code.severity().as_str());
        assert!(page.contains(&row), "{row}");
    }
}
