//! The seeds of the schemes that are named for nvme-cli.

use super::*;

#[test]
fn nvme_cli_2_looks_where_libnvme_looks_and_in_its_order() {
    let read: Read = nvme_cli_2::read;
    let shown = format!("{UUID}\n");
    let other = format!("{SWAPPED}\0");
    let entry = structure(stored());
    let zero = structure([0; 16]);
    let shown: File<'_> = (dmi::SHOWN, shown.as_bytes());
    let entry: File<'_> = (ENTRY, &entry);
    let tree: File<'_> = (PARTITION, other.as_bytes());
    assert_found(read, &[shown, tree], UUID, dmi::SHOWN);
    // A line of another length is passed over, and so is one without its end.
    assert_found(read, &[(dmi::SHOWN, UUID.as_bytes()), entry], UUID, ENTRY);
    assert_found(read, &[(dmi::SHOWN, b"None\n"), entry], UUID, ENTRY);
    // The version of SMBIOS makes no difference to libnvme.
    assert_found(read, &[entry, (ENTRY_POINT, SM_2_4)], UUID, ENTRY);
    assert_found(read, &[(ENTRY, &zero), tree], SWAPPED, PARTITION);
    assert_found(
        read,
        &[
            (ENTRY, &zero),
            ("sys/firmware/dmi/entries/1-1/raw", entry.1),
        ],
        UUID,
        "sys/firmware/dmi/entries/1-1/raw",
    );
    assert_none(
        read,
        &[("sys/firmware/dmi/entries/17-0/raw", entry.1)],
        dmi::SHOWN,
    );
    assert_none(read, &[(VM, other.as_bytes())], dmi::SHOWN);
    assert_none(read, &[(ENTRY, &zero)], dmi::SHOWN);
    let text: File<'_> = (dmi::SHOWN, b"4c4c4544-0051-3610-8052-b4c04f30313x\n");
    assert_none(read, &[text, entry], dmi::SHOWN);
}

const ZERO: &str = "00000000-0000-0000-0000-000000000000";
const ONES: &str = "FFFFFFFF-ffff-ffff-ffff-ffffffffffff";

#[test]
fn nvme_cli_3_reads_the_same_files_and_passes_over_unusable_sources() {
    let read: Read = nvme_cli_3::read;
    let entry = structure(stored());
    let entry: File<'_> = (ENTRY, &entry);
    let (zero, ones) = (structure([0; 16]), structure([0xff; 16]));
    let second: File<'_> = ("sys/firmware/dmi/entries/1-1/raw", entry.1);
    let tree: File<'_> = (PARTITION, SWAPPED.as_bytes());
    let shown = |text: &str| text.as_bytes().to_vec();
    // No line end is needed, and what follows 36 characters is not read.
    for text in [UUID.to_owned(), format!("{UUID}\n"), format!("{UUID}x\n")] {
        let files = [(dmi::SHOWN, text.as_bytes()), tree];
        assert_found(read, &files, UUID, dmi::SHOWN);
    }
    // A text that is not in the form of a UUID leaves the entries, and the first that is not zero counts.
    let text = "Not Settable In This Firmware Version";
    let short = &UUID[..35];
    for text in [shown(""), shown(text), shown(short), shown("4c4c4544\0")] {
        let files = [(dmi::SHOWN, &text[..]), (ENTRY, &zero), second, tree];
        assert_found(read, &files, UUID, second.0);
    }
    // One in that form that cannot be used takes the entries with it; so does an entry of ones.
    let bad = UUID.replace("4c4c", "4x4c");
    let line_end = format!("{short}\n");
    for text in [ZERO, ONES, &bad, &line_end] {
        let files = [(dmi::SHOWN, text.as_bytes()), entry, tree];
        assert_found(read, &files, SWAPPED, PARTITION);
    }
    assert_found(read, &[(ENTRY, &ones), second, tree], SWAPPED, PARTITION);
    // Nothing is left for the machine-id to be asked.
    for text in [ZERO, ONES, short, "none"] {
        assert_none(read, &[(PARTITION, text.as_bytes())], dmi::SHOWN);
    }
    assert_none(read, &[(ENTRY, &entry.1[..23])], dmi::SHOWN);
    assert_none(read, &[(VM, UUID.as_bytes())], dmi::SHOWN);
    assert_none(read, &[], dmi::SHOWN);
}

const OF_MACHINE_ID: &str = "c54f90a0-d3f4-4a73-82a7-fb09e9525fd9";

#[test]
fn nvme_cli_3_ends_at_the_machine_id_under_its_rules() {
    let id: File<'_> = ("etc/machine-id", MACHINE_ID.as_bytes());
    let upper = MACHINE_ID.to_uppercase();
    let dmi: File<'_> = (dmi::SHOWN, UUID.as_bytes());
    let vendor: File<'_> = (dmi::SHOWN, b"03000200-0400-0500-0006-000700080009\n");
    let zero: File<'_> = (dmi::SHOWN, ZERO.as_bytes());
    let shown = |files: &[File<'_>]| shown("scheme = 'nvme-cli-3'", files);
    let from = |it: Result<[String; 3], NoSeed>| it.map(|[_, id, place]| (id, place));
    let of_id = (
        OF_MACHINE_ID.to_owned(),
        "scheme nvme-cli-3 from the machine-id".to_owned(),
    );
    let of_dmi = (
        UUID.to_owned(),
        "scheme nvme-cli-3 from /sys/class/dmi/id/product_uuid".to_owned(),
    );
    assert_eq!(from(shown(&[id, dmi])), Ok(of_dmi.clone()));
    assert_eq!(from(shown(&[dmi])), Ok(of_dmi));
    for files in [
        &[id][..],
        &[id, zero],
        &[("etc/machine-id", upper.as_bytes())],
    ] {
        assert_eq!(from(shown(files)), Ok(of_id.clone()));
    }
    for (text, reason) in [
        ("", NoSeed::Unset),
        ("uninitialized\n", NoSeed::Unset),
        ("03000200040005000006000700080009", NoSeed::Denylisted),
        ("00000000000000000000000000000000", NoSeed::Zero),
    ] {
        let files = [("etc/machine-id", text.as_bytes()), zero];
        assert_eq!(shown(&files), Err(reason), "{text}");
    }
    assert_eq!(shown(&[]), Err(NoSeed::Missing));
    // nvme-cli would use the UUID, so the machine-id is not nvme-cli's answer.
    let Err(NoSeed::Other(why)) = shown(&[id, vendor]) else {
        panic!("a name from the machine-id");
    };
    assert!(why.contains("many machines share"), "{why}");
}

/// An image, and a pod without the host's mounts, have an empty /sys.
#[test]
fn nvme_cli_3_does_not_take_an_unmounted_sysfs_for_missing_firmware() {
    let (dir, root) = host(&[("etc/machine-id", MACHINE_ID.as_bytes())]);
    fs::create_dir(dir.path().join("sys")).unwrap();
    put(
        dir.path(),
        "etc/sanid/config.toml",
        b"scheme = 'nvme-cli-3'",
    );
    let facts = observe(&root, &crate::Look::default()).unwrap();
    let resolution = resolve(&facts);
    let Err(ResolveError::NoSeed(NoSeed::Other(why))) = &resolution.parts[Part::Nvme] else {
        panic!("a name from the machine-id");
    };
    assert!(why.contains("mount sysfs"), "{why}");
}

#[test]
fn an_unreadable_seed_is_not_passed_over_for_the_next() {
    let id: File<'_> = ("etc/machine-id", MACHINE_ID.as_bytes());
    let large: File<'_> = (dmi::SHOWN, &[b'x'; 4096]);
    for config in ["seed = ['dmi', 'machine-id']", "scheme = 'nvme-cli-3'"] {
        let Err(NoSeed::Other(why)) = shown(config, &[id, large]) else {
            panic!("{config}: a name from the machine-id");
        };
        assert!(why.contains("product_uuid"), "{why}");
    }
}

/// With nvme-cli 3.1 and a transient machine-id, asking twice gives one name, and each boot another.
#[test]
fn an_answer_that_follows_from_the_machine_id_has_its_rules() {
    let (_dir, root) = host(&[("etc/machine-id", MACHINE_ID.as_bytes())]);
    let answer =
        |uuid: &str| SeedUuid::parse(SeedKind::NvmeTool, uuid.as_bytes(), "nvme".into()).unwrap();
    let judged = |uuid: &str, state: &MachineIdState| {
        by_its_machine_id(&root, answer(uuid), state).map_err(|not| not.lack)
    };
    let stable = MachineIdState::Stable(sanid_core::MachineId::parse(MACHINE_ID).unwrap());
    assert!(judged(OF_MACHINE_ID, &stable).is_ok());
    for (state, lack) in [
        (MachineIdState::Transient, Lack::Transient),
        (MachineIdState::Denylisted, Lack::Denylisted),
        (MachineIdState::Unreadable("?".into()), Lack::Unreadable),
    ] {
        assert_eq!(judged(OF_MACHINE_ID, &state).unwrap_err(), lack);
        assert!(judged(UUID, &state).is_ok());
    }
    // nvme-cli does not read past the digits, and sanid refuses such a file.
    let (_dir, root) = host(&[("etc/machine-id", format!("{MACHINE_ID} x").as_bytes())]);
    let state = MachineIdState::Invalid(sanid_core::MachineIdError::Length { found: 34 });
    let judged = by_its_machine_id(&root, answer(OF_MACHINE_ID), &state);
    assert_eq!(judged.unwrap_err().lack, Lack::Invalid);
}

/// A host NQN is compared byte for byte, and kernels before 4.18 show capitals.
#[test]
fn capitals_stay_in_the_host_nqn_of_schemes_that_copy_the_uuid() {
    for text in [UUID.to_uppercase(), UUID.replace("4c4c", "4C4c")] {
        let line = format!("{text}\n");
        let files: [File<'_>; 1] = [(dmi::SHOWN, line.as_bytes())];
        for scheme in ["nvme-cli-2", "nvme-cli-3"] {
            let [nqn, id, _] = shown(&format!("scheme = '{scheme}'"), &files).unwrap();
            assert_eq!(nqn, format!("nqn.2014-08.org.nvmexpress:uuid:{text}"));
            assert_eq!(id, UUID);
        }
        let [_, id, _] = shown("seed = ['dmi']", &files).unwrap();
        assert_eq!(id, DERIVED);
    }
}

#[test]
fn nvme_is_not_asked_about_another_host() {
    let Err(NoSeed::Other(why)) = shown("scheme = 'nvme-tool'", &[]) else {
        panic!("there is no seed");
    };
    assert!(why.contains("--root names a different one"), "{why}");
}
