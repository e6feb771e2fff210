//! The system UUID of SMBIOS: as the kernel shows it, else from the tables themselves, which it shows in the
//! order of their bytes.

use sanid_core::SeedKind;

use super::file;
use crate::facts::{Lack, NotASeed, SeedUuid};
use crate::parse::smbios;
use crate::root::Root;

/// The kernel has put the bytes into order. It leaves the file out where the UUID is all zeros or all ones.
pub(super) const SHOWN: &str = "sys/class/dmi/id/product_uuid";
/// A UUID and a line end.
pub(super) const SHOWN_LIMIT: usize = 256;
const ENTRY_POINT: &str = "sys/firmware/dmi/tables/smbios_entry_point";
/// 24 bytes, or 31 before SMBIOS 3.
const ENTRY_POINT_LIMIT: usize = 256;
const TABLE: &str = "sys/firmware/dmi/tables/DMI";
/// Real ones have a few KiB; large servers come to 64.
const TABLE_LIMIT: usize = 256 * 1024;
const ENTRY: &str = "sys/firmware/dmi/entries/1-0/raw";
/// A structure is at most 255 bytes, and its strings follow.
pub(super) const ENTRY_LIMIT: usize = 8192;

pub(super) fn read(root: &Root) -> Result<SeedUuid, NotASeed> {
    if let Some(bytes) = file(root, SHOWN, SHOWN_LIMIT)? {
        return SeedUuid::parse(
            SeedKind::SystemUuid,
            bytes.trim_ascii_end(),
            format!("/{SHOWN}"),
        );
    }
    let not = |path: &str, lack, why: &str| Err(NotASeed::new(format!("/{path}"), lack, why));
    let (path, structure) = match file(root, TABLE, TABLE_LIMIT)? {
        Some(table) => match smbios::system_information(&table) {
            Some(structure) => (TABLE, structure.to_vec()),
            None => return not(TABLE, Lack::Missing, "it has no System Information"),
        },
        None => match file(root, ENTRY, ENTRY_LIMIT)? {
            Some(entry) => (ENTRY, entry),
            None => return not(SHOWN, Lack::Missing, "the kernel shows no system UUID"),
        },
    };
    // Without the version the order of the bytes is a guess.
    let version = file(root, ENTRY_POINT, ENTRY_POINT_LIMIT)?;
    let Some(version) = version.and_then(|bytes| smbios::version(&bytes)) else {
        return not(
            ENTRY_POINT,
            Lack::Unreadable,
            "it does not tell the version of SMBIOS",
        );
    };
    match smbios::uuid(&structure, version) {
        Some(uuid) => Ok(SeedUuid::new(
            SeedKind::SystemUuid,
            &uuid,
            format!("/{path}"),
        )),
        None => not(path, Lack::Missing, "it is too short to contain a UUID"),
    }
}
