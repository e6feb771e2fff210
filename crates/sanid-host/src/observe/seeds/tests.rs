//! Hosts of files, and what each reader makes of them.

mod of_schemes;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use sanid_core::HostUuid;

use super::*;
use crate::facts::SeedUuid;
use crate::observe;
use crate::report::StatusReport;
use crate::resolve::{NoSeed, Part, ResolveError, resolve};
use crate::testing::MACHINE_ID;

const UUID: &str = "4c4c4544-0051-3610-8052-b4c04f303132";
/// The same before SMBIOS 2.6, and what libnvme makes of such a table.
const SWAPPED: &str = "44454c4c-5100-1036-8052-b4c04f303132";
/// What `sanid-v1` makes of [`UUID`]; see docs/schemes.md.
const DERIVED: &str = "1711788b-2f58-408c-8365-ac2a55f92eb2";
const PARTITION: &str = "proc/device-tree/ibm,partition-uuid";
const VM: &str = "proc/device-tree/vm,uuid";
const ENTRY_POINT: &str = "sys/firmware/dmi/tables/smbios_entry_point";
const TABLE: &str = "sys/firmware/dmi/tables/DMI";
const ENTRY: &str = "sys/firmware/dmi/entries/1-0/raw";
const SM3: &[u8] = b"_SM3_\x00\x18\x03\x02\x00";
const SM_2_4: &[u8] = b"_SM_\x00\x1f\x02\x04";

type File<'a> = (&'a str, &'a [u8]);

fn host(files: &[File<'_>]) -> (tempfile::TempDir, Root) {
    let dir = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        put(dir.path(), path, bytes);
    }
    let root = Root::open(dir.path()).unwrap();
    (dir, root)
}

fn put(root: &Path, path: &str, bytes: &[u8]) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// A System Information structure with these 16 bytes, and its strings.
fn structure(uuid: [u8; 16]) -> Vec<u8> {
    let mut bytes = vec![1, 27, 1, 0, 1, 2, 3, 4];
    bytes.extend(uuid);
    bytes.extend([6, 0, 0]);
    bytes.extend(b"vendor\0product\0\0");
    bytes
}

fn table() -> Vec<u8> {
    let mut bytes = vec![0, 4, 0, 0];
    bytes.extend(b"firmware\0\0");
    bytes.extend(structure(stored()));
    bytes.extend([127, 4, 2, 0, 0, 0]);
    bytes
}

/// [`UUID`] in the byte order of SMBIOS 2.6.
fn stored() -> [u8; 16] {
    *HostUuid::parse(SWAPPED).unwrap().as_bytes()
}

/// The UUID found, with its place; or where there is none, and the text of the reason.
fn found(read: Read, files: &[File<'_>]) -> Result<(HostUuid, String), NotASeed> {
    let (_dir, root) = host(files);
    // The bits of a seed are secret, except in a scheme that publishes them.
    let scheme = sanid_core::scheme("nvme-cli-2").unwrap();
    read(&root).map(|SeedUuid { seed, place }| {
        let derived = scheme.derive(&seed, &sanid_core::IqnPrefix::default());
        (derived.host_uuid, place)
    })
}

fn assert_found(read: Read, files: &[File<'_>], uuid: &str, place: &str) {
    let expected = (HostUuid::parse(uuid).unwrap(), format!("/{place}"));
    assert_eq!(found(read, files), Ok(expected), "{files:?}");
}

fn assert_none(read: Read, files: &[File<'_>], place: &str) {
    let error = found(read, files).unwrap_err();
    assert_eq!(error.place, format!("/{place}"), "{error:?}");
    // Whatever was there is not repeated.
    assert!(!error.why.contains("4c4c"), "{error:?}");
}

#[test]
fn dmi_is_what_the_kernel_shows_or_what_is_in_the_tables() {
    let shown = format!("{UUID}\n");
    let shown: File<'_> = (dmi::SHOWN, shown.as_bytes());
    let (table, entry) = (table(), structure(stored()));
    let (table, entry): (File<'_>, File<'_>) = ((TABLE, &table), (ENTRY, &entry));
    assert_found(dmi::read, &[shown], UUID, dmi::SHOWN);
    assert_found(
        dmi::read,
        &[shown, table, (ENTRY_POINT, SM_2_4)],
        UUID,
        dmi::SHOWN,
    );
    assert_found(dmi::read, &[table, (ENTRY_POINT, SM3)], UUID, TABLE);
    assert_found(dmi::read, &[table, (ENTRY_POINT, SM_2_4)], SWAPPED, TABLE);
    assert_found(dmi::read, &[entry, (ENTRY_POINT, SM3)], UUID, ENTRY);
    assert_found(dmi::read, &[entry, (ENTRY_POINT, SM_2_4)], SWAPPED, ENTRY);

    assert_none(dmi::read, &[], dmi::SHOWN);
    assert_none(dmi::read, &[(dmi::SHOWN, b"")], dmi::SHOWN);
    assert_none(dmi::read, &[(dmi::SHOWN, b"4c4c4544\n")], dmi::SHOWN);
    assert_none(dmi::read, &[table], ENTRY_POINT);
    assert_none(dmi::read, &[table, (ENTRY_POINT, b"_DMI_")], ENTRY_POINT);
    assert_none(
        dmi::read,
        &[(TABLE, &table.1[..20]), (ENTRY_POINT, SM3)],
        TABLE,
    );
    assert_none(
        dmi::read,
        &[(ENTRY, &entry.1[..23]), (ENTRY_POINT, SM3)],
        ENTRY,
    );
}

#[test]
fn rejects_a_table_that_is_cut_short_anywhere() {
    let whole = table();
    let end = whole.len() - 6 - b"vendor\0product\0\0".len();
    for length in 0..end {
        let files: [File<'_>; 2] = [(TABLE, &whole[..length]), (ENTRY_POINT, SM3)];
        assert_none(dmi::read, &files, TABLE);
    }
}

#[test]
fn the_device_tree_has_the_uuid_of_the_partition_or_of_the_guest() {
    let text = format!("{UUID}\0");
    let read: Read = device_tree::read;
    assert_found(read, &[(PARTITION, text.as_bytes())], UUID, PARTITION);
    assert_found(read, &[(PARTITION, UUID.as_bytes())], UUID, PARTITION);
    assert_found(read, &[(VM, text.as_bytes())], UUID, VM);
    assert_found(
        read,
        &[(VM, SWAPPED.as_bytes()), (PARTITION, text.as_bytes())],
        UUID,
        PARTITION,
    );
    assert_none(read, &[], "proc/device-tree");
    assert_none(read, &[(VM, b"4c4c4544\0")], VM);
}

/// `sanid show` in the small: the Host ID and where it comes from, or the reason that there is none.
fn shown(config: &str, files: &[File<'_>]) -> Result<[String; 3], NoSeed> {
    let (dir, root) = host(files);
    put(dir.path(), "etc/sanid/config.toml", config.as_bytes());
    let facts = observe(&root, &crate::Look::default()).unwrap();
    match &resolve(&facts).parts[Part::Nvme] {
        Ok(nvme) => Ok([
            nvme.names.host_nqn().unwrap().to_owned(),
            nvme.names.host_id().unwrap().to_owned(),
            nvme.place.clone(),
        ]),
        Err(ResolveError::NoSeed(reason)) => Err(reason.clone()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn the_first_seed_of_the_list_that_can_be_used_is_used_and_named() {
    let id: File<'_> = ("etc/machine-id", MACHINE_ID.as_bytes());
    let shared: File<'_> = ("etc/machine-id", b"03000200040005000006000700080009\n");
    let dmi: File<'_> = (dmi::SHOWN, b"4c4c4544-0051-3610-8052-b4c04f303132\n");
    let vendor: File<'_> = (dmi::SHOWN, b"03000200-0400-0500-0006-000700080009\n");
    let tree: File<'_> = (VM, b"4c4c4544-0051-3610-8052-b4c04f303132\0");
    let from_id = "scheme sanid-v1 from the machine-id";
    let from_dmi = "scheme sanid-v1 from /sys/class/dmi/id/product_uuid";
    let from_tree = "scheme sanid-v1 from /proc/device-tree/vm,uuid";
    for (config, files, place) in [
        ("", &[id, dmi, tree][..], from_id),
        ("seed = ['machine-id', 'dmi']", &[id, dmi, tree], from_id),
        ("seed = ['dmi', 'machine-id']", &[id, dmi, tree], from_dmi),
        ("seed = ['machine-id', 'dmi']", &[shared, dmi], from_dmi),
        ("seed = ['machine-id', 'dmi']", &[dmi], from_dmi),
        (
            "seed = ['machine-id', 'dmi', 'device-tree']",
            &[vendor, tree],
            from_tree,
        ),
        ("seed = ['device-tree', 'dmi']", &[dmi, tree], from_tree),
        ("seed = ['dmi', 'machine-id']", &[id, vendor], from_id),
    ] {
        let [_, host_id, from] = shown(config, files).unwrap();
        assert_eq!(from, place, "{config}");
        assert_eq!(host_id == DERIVED, place != from_id, "{config}");
    }
    // Only what is in the list.
    assert_eq!(shown("", &[dmi, tree]), Err(NoSeed::Missing));
    assert!(matches!(
        shown("seed = ['dmi']", &[id, tree]),
        Err(NoSeed::Other(_))
    ));
    assert!(matches!(
        shown("seed = ['dmi']", &[id, vendor]),
        Err(NoSeed::Other(_))
    ));
}

/// Today's name would change as soon as the machine-id is stored.
#[test]
fn uses_no_other_seed_while_the_machine_id_is_not_stored_yet() {
    let dmi: File<'_> = (dmi::SHOWN, b"4c4c4544-0051-3610-8052-b4c04f303132\n");
    for unset in [&b""[..], b"uninitialized\n"] {
        let files = [("etc/machine-id", unset), dmi];
        assert_eq!(
            shown("seed = ['machine-id', 'dmi']", &files),
            Err(NoSeed::ToCome)
        );
        assert!(shown("seed = ['dmi', 'machine-id']", &files).is_ok());
        let nothing = shown("seed = ['dmi', 'machine-id']", &files[..1]);
        assert!(matches!(nothing, Err(NoSeed::Other(_))), "{nothing:?}");
    }
}

#[test]
fn the_configured_denylist_counts_for_every_seed_and_scheme() {
    let id: File<'_> = ("etc/machine-id", MACHINE_ID.as_bytes());
    let dmi: File<'_> = (dmi::SHOWN, b"4c4c4544-0051-3610-8052-b4c04f303132\n");
    let denied = |more: &str| {
        shown(
            &format!("denylist = ['{UUID}', '{MACHINE_ID}']\n{more}"),
            &[id, dmi],
        )
    };
    assert_eq!(denied(""), Err(NoSeed::Denylisted));
    for more in ["seed = ['dmi', 'machine-id']", "scheme = 'nvme-cli-2'"] {
        let Err(NoSeed::Other(why)) = denied(more) else {
            panic!("{more}");
        };
        assert!(why.contains("many machines share"), "{why}");
        assert!(!why.contains(UUID) && !why.contains(MACHINE_ID), "{why}");
    }
    assert_eq!(denied("scheme = 'talos'"), Err(NoSeed::Denylisted));
    // In all digits, or not at all.
    let near = format!("denylist = ['{}']", MACHINE_ID.replace("a4", "a5"));
    assert!(shown(&near, &[id]).is_ok());
}

/// What `sanid status` reports of the seed: its name, and the state in one word.
#[test]
fn the_state_of_a_seed_is_that_of_the_first_that_was_asked_for() {
    let id: File<'_> = ("etc/machine-id", MACHINE_ID.as_bytes());
    let unset: File<'_> = ("etc/machine-id", b"uninitialized\n");
    let dmi: File<'_> = (dmi::SHOWN, b"4c4c4544-0051-3610-8052-b4c04f303132\n");
    let zeros: File<'_> = (dmi::SHOWN, b"00000000-0000-0000-0000-000000000000\n");
    let ones: File<'_> = (dmi::SHOWN, b"ffffffff-ffff-ffff-ffff-ffffffffffff\n");
    let vendor: File<'_> = (dmi::SHOWN, b"03000200-0400-0500-0006-000700080009\n");
    let text: File<'_> = (dmi::SHOWN, b"None\n");
    let large: File<'_> = (dmi::SHOWN, &[b'x'; 4096]);
    let table = table();
    let zero_table = [&b"\0\x04\0\0x\0\0"[..], &structure([0; 16])].concat();
    let only_dmi = "seed = ['dmi']";
    for (config, files, name, state) in [
        ("", &[id][..], "machine-id", "stable"),
        ("", &[unset, dmi], "machine-id", "unset"),
        (only_dmi, &[id, dmi], "dmi", "stable"),
        (only_dmi, &[id], "dmi", "missing"),
        (only_dmi, &[zeros], "dmi", "unset"),
        (only_dmi, &[ones], "dmi", "unset"),
        (
            only_dmi,
            &[(TABLE, &zero_table), (ENTRY_POINT, SM3)],
            "dmi",
            "unset",
        ),
        (only_dmi, &[vendor], "dmi", "denylisted"),
        (only_dmi, &[text], "dmi", "invalid"),
        (only_dmi, &[large], "dmi", "unreadable"),
        // The order of its bytes is not known.
        (only_dmi, &[(TABLE, &table)], "dmi", "unreadable"),
        (
            "seed = ['device-tree']",
            &[id, dmi],
            "device-tree",
            "missing",
        ),
        // The one in use, or else the first.
        (
            "seed = ['dmi', 'machine-id']",
            &[id, vendor],
            "machine-id",
            "stable",
        ),
        (
            "seed = ['dmi', 'machine-id']",
            &[unset, vendor],
            "dmi",
            "denylisted",
        ),
        (
            "seed = ['machine-id', 'dmi']",
            &[unset, vendor],
            "machine-id",
            "unset",
        ),
        ("scheme = 'nvme-cli-2'", &[id], "system-uuid", "missing"),
        (
            "scheme = 'nvme-cli-2'",
            &[id, vendor],
            "system-uuid",
            "denylisted",
        ),
        // The one that would be used if it could be: the machine-id is the last that nvme-cli 3.1 takes.
        ("scheme = 'nvme-cli-3'", &[id, dmi], "system-uuid", "stable"),
        ("scheme = 'nvme-cli-3'", &[id], "machine-id", "stable"),
        ("scheme = 'nvme-cli-3'", &[unset], "machine-id", "unset"),
        ("scheme = 'nvme-cli-3'", &[], "machine-id", "missing"),
        (
            "scheme = 'nvme-cli-3'",
            &[id, vendor],
            "system-uuid",
            "denylisted",
        ),
        (
            "scheme = 'nvme-tool'",
            &[id, dmi],
            "nvme-tool",
            "unreadable",
        ),
    ] {
        let (dir, root) = host(files);
        put(dir.path(), "etc/sanid/config.toml", config.as_bytes());
        let facts = observe(&root, &crate::Look::default()).unwrap();
        let seed = StatusReport::new(&facts, &resolve(&facts), &[]).seed;
        let case = || {
            format!(
                "{config} {:?}",
                files.iter().map(|file| file.0).collect::<Vec<_>>()
            )
        };
        assert_eq!((seed.name, seed.state), (name, state), "{}", case());
        assert_eq!(seed.fingerprint.is_some(), state == "stable", "{}", case());
    }
}

/// An image leads into the image: the firmware of the machine that reads it is not its own.
#[test]
fn a_link_out_of_the_root_leads_to_nothing() {
    let (dir, root) = host(&[]);
    fs::create_dir_all(dir.path().join("sys/class/dmi/id")).unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("uuid"), format!("{UUID}\n")).unwrap();
    symlink(outside.path().join("uuid"), dir.path().join(dmi::SHOWN)).unwrap();
    assert!(dmi::read(&root).is_err());
    assert!(nvme_cli_2::read(&root).is_err());
}
