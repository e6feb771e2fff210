//! The system UUID that `nvmf_hostnqn_generate` of libnvme 1.x finds (`src/nvme/fabrics.c`): the same files
//! in the same order, and no random UUID after them.

use sanid_core::SeedKind;

use super::{device_tree, dmi, file};
use crate::facts::{Lack, NotASeed, SeedUuid};
use crate::parse::smbios;
use crate::root::Root;

const ENTRIES: &str = "sys/firmware/dmi/entries";
/// libnvme reads the first three fields as little-endian, whatever the version of SMBIOS.
const LITTLE_ENDIAN: u16 = 0x0206;

pub(super) fn read(root: &Root) -> Result<SeedUuid, NotASeed> {
    if let Some(bytes) = file(root, dmi::SHOWN, dmi::SHOWN_LIMIT)? {
        // A first line of another length is passed over, as libnvme does.
        let mut lines = bytes.split(|byte| *byte == b'\n');
        let first = lines.next().unwrap_or_default();
        if first.len() == 36 && lines.next().is_some() {
            let place = format!("/{}", dmi::SHOWN);
            return SeedUuid::parse(SeedKind::SystemUuid, first, place);
        }
    }
    if let Some(found) = entries(root)? {
        return Ok(found);
    }
    if let Some(bytes) = file(root, device_tree::PARTITION, device_tree::LIMIT)? {
        let text = bytes.get(..36).unwrap_or(&bytes);
        let place = format!("/{}", device_tree::PARTITION);
        return SeedUuid::parse(SeedKind::DeviceTree, text, place);
    }
    Err(NotASeed::new(
        format!("/{}", dmi::SHOWN),
        Lack::Missing,
        "the firmware shows no system UUID, and nvme-cli would make up a random one",
    ))
}

/// The first UUID in a System Information structure that is not all zeros.
pub(super) fn entries(root: &Root) -> Result<Option<SeedUuid>, NotASeed> {
    let entries = root.list(ENTRIES);
    let entries = entries.map_err(|error| super::unreadable(ENTRIES, &error))?;
    // The kernel names an entry by its type and a number (`drivers/firmware/dmi-sysfs.c`).
    for entry in entries.iter().filter(|name| name.starts_with("1-")) {
        let path = format!("{ENTRIES}/{entry}/raw");
        let raw = file(root, &path, dmi::ENTRY_LIMIT)?.unwrap_or_default();
        match smbios::uuid(&raw, LITTLE_ENDIAN) {
            Some(uuid) if *uuid.as_bytes() != [0; 16] => {
                let place = format!("/{path}");
                return Ok(Some(SeedUuid::new(SeedKind::SystemUuid, &uuid, place)));
            }
            _ => {}
        }
    }
    Ok(None)
}
