//! Boot firmware tables, from sysfs (`drivers/firmware/iscsi_ibft.c`, `drivers/acpi/sysfs.c`).
//!
//! Reading them needs root, listing them does not. A table that is there and may not be read is a fact of
//! its own: taken for none, it would give the host another identity than the one it booted with.

use crate::facts::{FirmwareFacts, FirmwareTable, TableContent};
use crate::parse::acpi::TableError;
use crate::parse::{ibft, nbft};
use crate::root::Root;

const IBFT: &str = "sys/firmware/ibft/initiator/initiator-name";
const TABLES: &str = "sys/firmware/acpi/tables";
/// Real tables have one or two KiB; a heap of 64 KiB is more than their 16-bit lengths can fill.
const TABLE_LIMIT: usize = 64 * 1024;
/// `PAGE_SIZE`, which sysfs allows.
const ATTRIBUTE_LIMIT: usize = 4096;

/// The identities of the firmware. Without any, this costs a failed open and the listing of one
/// directory.
pub(super) fn read(root: &Root) -> FirmwareFacts {
    let shown = table(root, IBFT, ATTRIBUTE_LIMIT, ibft::attribute);
    let names = match root.list(TABLES) {
        Ok(names) => names,
        Err(error) => {
            // Either kind of table may be there.
            let path = || format!("/{TABLES}");
            let ibft = FirmwareTable {
                path: path(),
                content: TableContent::Unreadable(error.clone()),
            };
            let nbft = FirmwareTable {
                path: path(),
                content: TableContent::Unreadable(error),
            };
            return FirmwareFacts {
                ibft: vec![shown.unwrap_or(ibft)],
                nbft: vec![nbft],
            };
        }
    };
    let of = |signatures: &'static [&'static str]| {
        let is_one = move |name: &&String| {
            signatures
                .iter()
                .any(|signature| is_instance(name, signature))
        };
        names
            .iter()
            .filter(is_one)
            .map(|name| format!("{TABLES}/{name}"))
    };
    let raw = |path: String| table(root, &path, TABLE_LIMIT, ibft::parse);
    FirmwareFacts {
        ibft: shown.map_or_else(
            || of(ibft::SIGNATURES).filter_map(raw).collect(),
            |shown| vec![shown],
        ),
        nbft: of(&["NBFT"])
            .filter_map(|path| table(root, &path, TABLE_LIMIT, nbft::parse))
            .collect(),
    }
}

/// Whether a file of this name is a table with this signature: of several, each has a number.
fn is_instance(name: &str, signature: &str) -> bool {
    name.strip_prefix(signature)
        .is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn table<T>(
    root: &Root,
    path: &str,
    limit: usize,
    parse: impl Fn(&[u8]) -> Result<Option<T>, TableError>,
) -> Option<FirmwareTable<T>> {
    let content = match root.read(path, limit) {
        Ok(None) => return None,
        Ok(Some(file)) => parse(&file.bytes).into(),
        Err(error) => TableContent::Unreadable(error),
    };
    Some(FirmwareTable {
        path: format!("/{path}"),
        content,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::parse::ibft::tests::table as ibft_table;
    use crate::root::ReadError;

    const DELL: &[u8] =
        include_bytes!("../../tests/data/nbft/NBFT-Dell.PowerEdge.R660-fw1.5.5-single");
    const NOISE: &[u8] = include_bytes!("../../tests/data/nbft/bad/NBFT-random-noise");

    fn host(files: &[(&str, &[u8])]) -> FirmwareFacts {
        let dir = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            put(dir.path(), path, bytes);
        }
        read(&Root::open(dir.path()).unwrap())
    }

    fn put(root: &Path, path: &str, bytes: &[u8]) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn identity(table: &FirmwareTable<String>) -> (&str, Option<&str>) {
        (&table.path, table.identity().map(String::as_str))
    }

    #[test]
    fn a_host_without_boot_tables_has_none() {
        assert_eq!(host(&[]), FirmwareFacts::default());
        let others = host(&[
            ("sys/firmware/acpi/tables/FACP", b"x"),
            ("sys/firmware/acpi/tables/NBFTX", b"x"),
            ("sys/firmware/acpi/tables/data/BERT", b"x"),
        ]);
        assert_eq!(others, FirmwareFacts::default());
    }

    #[test]
    fn the_kernels_word_on_the_ibft_comes_before_the_table() {
        let raw = ibft_table("iqn.2001-04.com.example:raw");
        let both = host(&[
            (IBFT, b"iqn.2001-04.com.example:shown\n"),
            ("sys/firmware/acpi/tables/iBFT", &raw),
        ]);
        let shown = (
            "/sys/firmware/ibft/initiator/initiator-name",
            Some("iqn.2001-04.com.example:shown"),
        );
        assert_eq!(both.ibft.iter().map(identity).collect::<Vec<_>>(), [shown]);
        let alone = host(&[("sys/firmware/acpi/tables/iBFT", &raw)]);
        let found = (
            "/sys/firmware/acpi/tables/iBFT",
            Some("iqn.2001-04.com.example:raw"),
        );
        assert_eq!(alone.ibft.iter().map(identity).collect::<Vec<_>>(), [found]);
    }

    #[test]
    fn every_instance_of_the_nbft_is_read() {
        let found = host(&[
            ("sys/firmware/acpi/tables/NBFT1", DELL),
            ("sys/firmware/acpi/tables/NBFT2", NOISE),
            ("sys/firmware/acpi/tables/DSDT", NOISE),
        ]);
        assert_eq!(found.nbft.len(), 2);
        assert!(found.nbft[0].identity().is_some());
        assert_eq!(
            found.nbft[1].content,
            TableContent::Malformed(TableError::Signature { expected: "NBFT" })
        );
    }

    #[test]
    fn does_not_read_firmware_that_the_configuration_ignores() {
        let dir = tempfile::tempdir().unwrap();
        put(dir.path(), "sys/firmware/acpi/tables/NBFT", NOISE);
        let root = Root::open(dir.path()).unwrap();
        assert_eq!(
            crate::observe(&root, &crate::Look::default())
                .unwrap()
                .firmware
                .nbft
                .len(),
            1
        );
        put(
            dir.path(),
            "etc/sanid/config.toml",
            b"firmware = \"ignore\"\n",
        );
        assert_eq!(
            crate::observe(&root, &crate::Look::default())
                .unwrap()
                .firmware,
            FirmwareFacts::default()
        );
    }

    #[test]
    fn does_not_take_an_unreadable_table_for_absent() {
        let large = vec![0; TABLE_LIMIT + 1];
        let found = host(&[("sys/firmware/acpi/tables/NBFT", &large)]);
        let unreadable =
            |content: &TableContent<nbft::Host>| matches!(content, TableContent::Unreadable(_));
        assert!(unreadable(&found.nbft[0].content), "{found:?}");
        // A file where the directory should be: the kernel refuses to list it.
        let found = host(&[(TABLES, b"")]);
        assert!(unreadable(&found.nbft[0].content), "{found:?}");
        assert!(matches!(
            found.ibft[0].content,
            TableContent::Unreadable(ReadError::Io { .. })
        ));
    }
}
