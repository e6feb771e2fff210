use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::parse::acpi::seal;

const DELL: &[u8] =
    include_bytes!("../../../tests/data/nbft/NBFT-Dell.PowerEdge.R660-fw1.5.5-single");
const SELECTED: &[u8] = include_bytes!("../../../tests/data/nbft/NBFT-synthetic-security");
/// Where the tables above have their Host Descriptor.
const HOST: usize = 128;

#[derive(Deserialize)]
struct Expected {
    flags: u8,
    host_id_bytes: String,
    host_nqn: String,
}

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/nbft")
        .join(path)
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut tables: Vec<PathBuf> = entries
        .filter(|path| path.is_file() && path.extension() != Some("json".as_ref()))
        .collect();
    tables.sort();
    tables
}

/// A real table with some bytes changed and the checksum right again.
fn changed(table: &[u8], at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut table = table.to_vec();
    table[at..at + bytes.len()].copy_from_slice(bytes);
    seal(&mut table);
    table
}

#[test]
fn real_tables_give_the_descriptors_that_are_known_of_them() {
    let expected: BTreeMap<String, Expected> =
        serde_json::from_slice(&std::fs::read(data("expected.json")).unwrap()).unwrap();
    let tables = files(&data(""));
    assert_eq!(tables.len(), expected.len());
    for path in tables {
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = &expected[name];
        let host = parse(&std::fs::read(&path).unwrap()).unwrap().unwrap();
        let id = sanid_core::HostUuid::from_bytes(host.host_id().unwrap())
            .simple()
            .to_string();
        assert_eq!(host.flags, expected.flags, "{name}");
        assert_eq!(id, expected.host_id_bytes, "{name}");
        assert_eq!(host.host_nqn.as_ref(), Some(&expected.host_nqn), "{name}");
    }
}

#[test]
fn spoilt_tables_are_refused_with_a_reason() {
    let refused = |name: &str| parse(&std::fs::read(data("bad").join(name)).unwrap()).unwrap_err();
    assert_eq!(
        refused("NBFT-bad-control"),
        TableError::Structure {
            what: "control descriptor"
        }
    );
    assert_eq!(
        refused("NBFT-random-noise"),
        TableError::Signature { expected: "NBFT" }
    );
    assert_eq!(files(&data("bad")).len(), 2);
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table")]
fn every_way_to_be_damaged_has_its_own_error() {
    let offset = |offset: usize| u32::try_from(offset).unwrap().to_le_bytes();
    let outside = |what| TableError::Outside { what };
    let end = DELL.len();
    let table: &[(&str, Vec<u8>, TableError)] = &[
        (
            "cut",
            DELL[..end - 1].to_vec(),
            TableError::Length {
                said: 930,
                found: 929,
            },
        ),
        (
            "short",
            DELL[..100].to_vec(),
            TableError::Short {
                found: 100,
                needed: 128,
            },
        ),
        (
            "empty",
            Vec::new(),
            TableError::Short {
                found: 0,
                needed: 128,
            },
        ),
        (
            "short by its own word",
            changed(DELL, 4, &offset(60)),
            TableError::Short {
                found: 60,
                needed: 128,
            },
        ),
        (
            "a bit",
            {
                let mut table = DELL.to_vec();
                table[200] ^= 1;
                table
            },
            TableError::Checksum,
        ),
        (
            "version 2",
            changed(DELL, 8, &[2]),
            TableError::Revision { major: 2, minor: 0 },
        ),
        (
            "heap too long",
            changed(DELL, 40, &offset(483)),
            outside("heap"),
        ),
        (
            "heap that wraps",
            changed(DELL, 36, &[0xff; 8]),
            outside("heap"),
        ),
        (
            "no control",
            changed(DELL, 64, &[9]),
            TableError::Structure {
                what: "control descriptor",
            },
        ),
        (
            "host in the header",
            changed(DELL, 72, &offset(8)),
            outside("host descriptor"),
        ),
        (
            "host past the end",
            changed(DELL, 72, &offset(end - 31)),
            outside("host descriptor"),
        ),
        (
            "host far away",
            changed(DELL, 72, &[0xff; 4]),
            outside("host descriptor"),
        ),
        (
            "no host there",
            changed(DELL, HOST, &[3]),
            TableError::Structure {
                what: "host descriptor",
            },
        ),
        (
            "name before the heap",
            changed(DELL, HOST + 18, &offset(447)),
            outside("host NQN"),
        ),
        (
            "name past the heap",
            changed(DELL, HOST + 18, &offset(end - 67)),
            outside("host NQN"),
        ),
        (
            "heap that ends within the name",
            changed(DELL, 40, &offset(150)),
            outside("host NQN"),
        ),
        (
            "name that wraps",
            changed(DELL, HOST + 18, &[0xff; 6]),
            outside("host NQN"),
        ),
        (
            "name of bytes",
            changed(DELL, 540, &[0xff]),
            TableError::NotText { what: "host NQN" },
        ),
    ];
    for (case, bytes, error) in table {
        assert_eq!(parse(bytes), Err(*error), "{case}");
        assert!(!error.to_string().is_empty());
    }
}

#[test]
fn a_name_ends_at_its_nul_or_at_its_length() {
    let nqn = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0044-4410-8030-b8c04f445833";
    // The byte after the name is a NUL; the length may count it.
    let counted = changed(DELL, HOST + 22, &69_u16.to_le_bytes());
    assert_eq!(
        parse(&counted).unwrap().unwrap().host_nqn.as_deref(),
        Some(nqn)
    );
    let cut = changed(DELL, 534 + 31, &[0]);
    assert_eq!(
        parse(&cut).unwrap().unwrap().host_nqn.as_deref(),
        Some(&nqn[..31])
    );
}

#[test]
fn absent_descriptors_are_not_an_error() {
    let no_nqn = parse(&changed(DELL, HOST + 22, &[0; 2])).unwrap().unwrap();
    assert_eq!(no_nqn.host_nqn, None);
    assert!(no_nqn.host_id().is_some());
    let zero = parse(&changed(DELL, HOST + 2, &[0])).unwrap().unwrap();
    assert_eq!(zero.host_id(), None, "a first byte of 0 is not a Host ID");
    assert_eq!(zero.stored_id[1], 0x45);
    assert_eq!(
        parse(&changed(DELL, HOST + 1, &[6])),
        Ok(None),
        "a descriptor that is not valid"
    );
    assert_eq!(
        parse(&changed(DELL, 72, &[0; 6])),
        Ok(None),
        "no descriptor at all"
    );
}

#[test]
fn only_a_table_that_was_selected_is_primary() {
    assert!(parse(SELECTED).unwrap().unwrap().is_primary());
    for (flags, primary) in [
        (0b0_0111, false),
        (0b0_1111, false),
        (0b1_0111, true),
        (0b1_1111, false),
    ] {
        let host = parse(&changed(DELL, HOST + 1, &[flags])).unwrap().unwrap();
        assert_eq!(host.is_primary(), primary, "{flags:#b}");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
        // With the header of a table it comes further.
        if bytes.len() >= 128 {
            let length = u32::try_from(bytes.len()).unwrap();
            bytes[..4].copy_from_slice(b"NBFT");
            bytes[4..8].copy_from_slice(&length.to_le_bytes());
            (bytes[8], bytes[50], bytes[64], bytes[70]) = (1, 0, 1, 1);
            seal(&mut bytes);
            let _ = parse(&bytes);
        }
    }

    #[test]
    fn a_real_table_with_changes_never_panics(
        changes in proptest::collection::vec((0..930_usize, any::<u8>()), 1..6),
        fields in proptest::collection::vec((prop_oneof![4..48_usize, 64..88_usize, 128..160_usize], any::<u8>()), 0..6),
        length in 0..=930_usize,
    ) {
        let mut bytes = DELL.to_vec();
        for (at, byte) in changes.into_iter().chain(fields) {
            bytes[at] = byte;
        }
        let _ = parse(&bytes);
        seal(&mut bytes);
        let _ = parse(&bytes);
        let _ = parse(&bytes[..length]);
    }
}

/// libnvme took 1.0 alone up to 1.16.2; nvme-cli 3.1 takes the 1.1 of current firmware.
#[test]
fn a_later_minor_revision_is_read() {
    let known = parse(DELL).unwrap().unwrap();
    for minor in [1, 2, 255] {
        let found = parse(&changed(DELL, 50, &[minor])).unwrap().unwrap();
        assert_eq!(found.minor, minor);
        assert_eq!(Host { minor: 0, ..found }, known);
    }
}
