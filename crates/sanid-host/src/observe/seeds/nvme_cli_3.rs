//! The system UUID that `libnvmf_generate_hostid` of nvme-cli 3.1 finds (`libnvme/src/nvme/fabrics.c`): the
//! same files in the same order. Where nvme-cli goes on to the machine-id, nothing is found here.

use sanid_core::{HostUuid, MachineId, NVME_CLI_3_APP_ID, SeedKind};

use super::{NONE_SET, device_tree, dmi, file, nvme_cli_2, unreadable};
use crate::facts::{Lack, NotASeed, SeedUuid};
use crate::root::Root;

const SYSFS: &str = "sys";
const MACHINE_ID: &str = "etc/machine-id";
/// nvme-cli does not read past the digits, whatever follows them.
const MACHINE_ID_LIMIT: usize = 64 * 1024;

pub(super) fn read(root: &Root) -> Result<SeedUuid, NotASeed> {
    let not = |path: &str, lack, why| Err(NotASeed::new(format!("/{path}"), lack, why));
    // That of an image, or of a container without the host's mounts: the host may have a UUID all the same.
    let exists = root
        .exists(SYSFS)
        .map_err(|error| unreadable(SYSFS, &error))?;
    let entries = root
        .list(SYSFS)
        .map_err(|error| unreadable(SYSFS, &error))?;
    if exists && entries.is_empty() {
        let why = "it is empty, so whether the firmware has a system UUID is not known; mount sysfs there";
        return not(SYSFS, Lack::Unreadable, why);
    }
    for source in [system_uuid, partition_uuid] {
        // Text that is not a UUID, zeros and ones make nvme-cli pass over the whole source.
        let usable = |found: &SeedUuid| !found.seed.is_one_of(&NONE_SET);
        if let Some(found) = source(root)?.filter(usable) {
            return Ok(found);
        }
    }
    let why = "the firmware shows no system UUID";
    not(dmi::SHOWN, Lack::Missing, why)
}

/// `uuid_from_dmi`.
fn system_uuid(root: &Root) -> Result<Option<SeedUuid>, NotASeed> {
    let shown = file(root, dmi::SHOWN, dmi::SHOWN_LIMIT)?.unwrap_or_default();
    // fgets(3) into 37 bytes, and strlen(3); no line end is needed.
    if let Some(text) = shown.get(..36) {
        let hyphens = [8, 13, 18, 23]
            .iter()
            .all(|at| text.get(*at) == Some(&b'-'));
        let ends = text.iter().take(35).any(|byte| matches!(byte, 0 | b'\n'));
        if hyphens && !ends && text.last() != Some(&0) {
            let place = format!("/{}", dmi::SHOWN);
            return Ok(SeedUuid::parse(SeedKind::SystemUuid, text, place).ok());
        }
    }
    nvme_cli_2::entries(root)
}

/// `uuid_from_device_tree`.
fn partition_uuid(root: &Root) -> Result<Option<SeedUuid>, NotASeed> {
    let bytes = file(root, device_tree::PARTITION, device_tree::LIMIT)?.unwrap_or_default();
    let text = bytes.get(..36).unwrap_or_default();
    let place = format!("/{}", device_tree::PARTITION);
    Ok(SeedUuid::parse(SeedKind::DeviceTree, text, place).ok())
}

/// `uuid_from_machine_id`: what nvme-cli 3.1 derives from the machine-id, whatever that is worth as a seed.
pub(super) fn of_machine_id(root: &Root) -> Option<HostUuid> {
    let file = root.read(MACHINE_ID, MACHINE_ID_LIMIT).ok()??;
    let digits = core::str::from_utf8(file.bytes.get(..32)?).ok()?;
    let id = MachineId::parse(digits).ok()?;
    Some(id.app_specific(&NVME_CLI_3_APP_ID))
}
