use proptest::prelude::*;

use super::*;
use crate::parse::acpi::seal;

const INITIATOR: usize = 72;
const NAME_AT: usize = 160;
const IQN: &str = "iqn.2010-04.org.ipxe:host1";

/// A table as firmware lays it out: header, control, initiator, and the names at the end.
pub(crate) fn table(name: &str) -> Vec<u8> {
    let mut table = vec![0; NAME_AT + name.len() + 1];
    let length = u32::try_from(table.len()).unwrap();
    let put = |table: &mut Vec<u8>, at: usize, bytes: &[u8]| {
        table[at..at + bytes.len()].copy_from_slice(bytes);
    };
    let u16 = |number: usize| u16::try_from(number).unwrap().to_le_bytes();
    put(&mut table, 0, b"iBFT");
    put(&mut table, 4, &length.to_le_bytes());
    put(&mut table, 8, &[1]);
    put(&mut table, 48, &[1, 1, 18, 0, 0, 0]);
    put(&mut table, 56, &u16(INITIATOR));
    put(&mut table, INITIATOR, &[2, 1, 74, 0, 0, 0b11]);
    put(&mut table, INITIATOR + 70, &u16(name.len()));
    put(&mut table, INITIATOR + 72, &u16(NAME_AT));
    put(&mut table, NAME_AT, name.as_bytes());
    seal(&mut table);
    table
}

fn changed(at: usize, bytes: &[u8]) -> Vec<u8> {
    let mut table = table(IQN);
    table[at..at + bytes.len()].copy_from_slice(bytes);
    seal(&mut table);
    table
}

#[test]
fn the_attribute_is_the_name_without_what_surrounds_it() {
    for text in [
        "iqn.2010-04.org.ipxe:host1\n",
        "iqn.2010-04.org.ipxe:host1",
        " iqn.2010-04.org.ipxe:host1 \0\0\n",
    ] {
        assert_eq!(attribute(text.as_bytes()), Ok(Some(IQN.into())), "{text:?}");
    }
    for text in ["", "\n", "\0\n", " \t\n"] {
        assert_eq!(attribute(text.as_bytes()), Ok(None), "{text:?}");
    }
    assert_eq!(
        attribute(b"iqn\xff\n"),
        Err(TableError::NotText { what: NAME })
    );
}

#[test]
fn the_table_gives_the_name_by_every_signature() {
    for signature in SIGNATURES {
        assert_eq!(
            parse(&changed(0, signature.as_bytes())),
            Ok(Some(IQN.into())),
            "{signature}"
        );
    }
    let longer = {
        let mut table = table(IQN);
        table.extend([7; 9]);
        table
    };
    assert_eq!(
        parse(&longer),
        Ok(Some(IQN.into())),
        "what follows the table is not part of it"
    );
    let counted = u16::try_from(IQN.len() + 1).unwrap().to_le_bytes();
    assert_eq!(
        parse(&changed(INITIATOR + 70, &counted)),
        Ok(Some(IQN.into())),
        "a NUL is not part of the name"
    );
}

#[test]
fn a_table_without_an_initiator_gives_no_name() {
    assert_eq!(
        parse(&changed(56, &[0; 2])),
        Ok(None),
        "no initiator structure"
    );
    assert_eq!(
        parse(&changed(INITIATOR + 5, &[0b10])),
        Ok(None),
        "one that is not valid"
    );
    assert_eq!(
        parse(&changed(INITIATOR + 70, &[0; 2])),
        Ok(None),
        "one without a name"
    );
    assert_eq!(parse(&changed(NAME_AT, &[0])), Ok(None), "an empty name");
}

#[test]
fn every_way_to_be_damaged_has_its_own_error() {
    let outside = |what| TableError::Outside { what };
    let structure = |what| TableError::Structure { what };
    let whole = table(IQN);
    let end = u16::try_from(whole.len()).unwrap();
    let table: &[(&str, Vec<u8>, TableError)] = &[
        (
            "cut",
            whole[..whole.len() - 1].to_vec(),
            TableError::Length {
                said: end.into(),
                found: whole.len() - 1,
            },
        ),
        (
            "short",
            whole[..65].to_vec(),
            TableError::Short {
                found: 65,
                needed: 66,
            },
        ),
        (
            "another table",
            changed(0, b"NBFT"),
            TableError::Signature { expected: "iBFT" },
        ),
        (
            "a bit",
            {
                let mut table = whole.clone();
                table[100] ^= 1;
                table
            },
            TableError::Checksum,
        ),
        (
            "version 2",
            changed(8, &[2]),
            TableError::Revision { major: 2, minor: 0 },
        ),
        (
            "no control",
            changed(48, &[3]),
            structure("control structure"),
        ),
        (
            "a control that is too short",
            changed(50, &[17]),
            structure("control structure"),
        ),
        (
            "no initiator there",
            changed(INITIATOR, &[3]),
            structure("initiator structure"),
        ),
        (
            "initiator past the end",
            changed(56, &(end - 73).to_le_bytes()),
            outside("initiator structure"),
        ),
        (
            "initiator far away",
            changed(56, &[0xff; 2]),
            outside("initiator structure"),
        ),
        (
            "name in the header",
            changed(INITIATOR + 72, &[4, 0]),
            outside(NAME),
        ),
        (
            "name past the end",
            changed(INITIATOR + 72, &(end - 20).to_le_bytes()),
            outside(NAME),
        ),
        (
            "name far away",
            changed(INITIATOR + 70, &[0xff; 4]),
            outside(NAME),
        ),
        (
            "name of bytes",
            changed(NAME_AT + 3, &[0xff]),
            TableError::NotText { what: NAME },
        ),
    ];
    for (case, bytes, error) in table {
        assert_eq!(parse(bytes), Err(*error), "{case}");
    }
}

/// A later revision adds fields at the end of a structure.
#[test]
fn a_structure_that_is_longer_than_known_is_read() {
    let whole = table("iqn.2010-04.org.ipxe:host1");
    let longer = changed(50, &[19]);
    assert_eq!(parse(&longer), parse(&whole));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = attribute(&bytes);
        let _ = parse(&bytes);
    }

    #[test]
    fn a_table_with_changes_never_panics(
        changes in proptest::collection::vec((0..187_usize, any::<u8>()), 1..8),
        length in 0..=187_usize,
    ) {
        let mut bytes = table(IQN);
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        seal(&mut bytes);
        let _ = parse(&bytes);
        let _ = parse(&bytes[..length]);
    }
}
