//! Seeds that are not the machine-id: each is one file here and one line in [`reader`]. Nothing is read
//! for one that neither the configuration nor the scheme asks for.

mod device_tree;
mod dmi;
mod nvme_cli_2;
mod nvme_cli_3;
mod nvme_tool;

use rustix::fs::{OFlags, StatVfsMountFlags};
use sanid_core::{HostUuid, Seed, SeedKind, Takes};

use crate::config::{Settings, seed};
use crate::facts::FirmwareSeeds;
use crate::facts::{Lack, MachineIdState, NotASeed, OtherSeeds, SeedFacts, SeedUuid};
use crate::root::{ReadError, Root};

type Read = fn(&Root) -> Result<SeedUuid, NotASeed>;

/// The reader of the seed of this name. Schemes that are named for different programs find the system UUID
/// by different rules.
fn reader(name: &str, takes: Takes) -> Option<Read> {
    Some(match name {
        seed::DMI => dmi::read,
        seed::DEVICE_TREE => device_tree::read,
        seed::SYSTEM_UUID if takes == Takes::SystemUuidOrMachineId => nvme_cli_3::read,
        seed::SYSTEM_UUID => nvme_cli_2::read,
        seed::NVME_TOOL => nvme_tool::read,
        _ => return None,
    })
}

/// Looks for the seeds that are asked for, in order, up to the first that may be used.
pub(super) fn read(root: &Root, settings: &Settings, machine_id: &MachineIdState) -> OtherSeeds {
    let mut seeds = OtherSeeds::default();
    let takes = settings.scheme.value.takes();
    for name in settings.seeds() {
        if *name == seed::MACHINE_ID {
            if machine_id.seed().is_some() {
                break;
            }
            // Known before the search; the resolution decides whether it matters.
            seeds.machine_id_to_come = machine_id.is_not_stored() && is_writable(root);
            continue;
        }
        let Some(read) = reader(name, takes) else {
            continue;
        };
        let found = read(root)
            .and_then(|found| allowed(found, settings))
            .and_then(|found| by_its_machine_id(root, found, machine_id));
        let ends = match &found {
            Ok(_) => true,
            Err(not) => not.lack.ends_search(takes),
        };
        seeds.seen.push(SeedFacts { name, found });
        if ends {
            break;
        }
    }
    seeds
}

/// What a UUID in SMBIOS is where none was set (DMTF DSP0134, section 7.2.1).
const NONE_SET: [HostUuid; 2] = [
    HostUuid::from_bytes([0; 16]),
    HostUuid::from_bytes([0xff; 16]),
];

/// The UUID of the firmware, where it identifies one machine; not as a seed, but to know the machine again.
///
/// # Errors
/// A sentence: a place where it may be cannot be read.
pub(super) fn firmware_uuid(root: &Root) -> Result<Option<Seed>, String> {
    for read in [dmi::read, device_tree::read] {
        match read(root) {
            Ok(found) => return Ok((!found.seed.is_denylisted()).then_some(found.seed)),
            Err(not) if not.lack == Lack::Unreadable => return Err(not.why),
            Err(_) => {}
        }
    }
    Ok(None)
}

/// Those of the firmware that schemes take. One that cannot be read, or that many machines share, recognises nothing.
pub(super) fn of_firmware(root: &Root) -> FirmwareSeeds {
    let seed = |read: Read| {
        let seed = read(root).ok()?.seed;
        (!seed.is_denylisted() && !seed.is_one_of(&NONE_SET)).then_some(seed)
    };
    FirmwareSeeds {
        nvme_cli_2: seed(nvme_cli_2::read),
        nvme_cli_3: seed(nvme_cli_3::read),
    }
}

/// Refuses a UUID that many machines share.
fn allowed(found: SeedUuid, settings: &Settings) -> Result<SeedUuid, NotASeed> {
    if found.seed.is_one_of(&NONE_SET) {
        let why = "it contains a UUID of all zeros or all ones, so none was set";
        return Err(NotASeed::new(found.place, Lack::Unset, why));
    }
    if found.seed.is_denylisted() || found.seed.is_one_of(&settings.denylist.value) {
        let why = "it contains a UUID that many machines share";
        return Err(NotASeed::new(found.place, Lack::Denylisted, why));
    }
    Ok(found)
}

/// An answer of nvme-cli 3.1 that follows from the machine-id is no better as a seed than that id: asking twice
/// gives the same answer for a transient one.
fn by_its_machine_id(
    root: &Root,
    found: SeedUuid,
    machine_id: &MachineIdState,
) -> Result<SeedUuid, NotASeed> {
    let follows = || {
        let derived = nvme_cli_3::of_machine_id(root);
        derived.is_some_and(|uuid| found.seed.is_one_of(&[uuid]))
    };
    if found.seed.kind() != SeedKind::NvmeTool || !follows() {
        return Ok(found);
    }
    let lack = match machine_id {
        MachineIdState::Stable(_) => return Ok(found),
        MachineIdState::Transient => Lack::Transient,
        MachineIdState::Unset(_) => Lack::Unset,
        MachineIdState::Invalid(_) => Lack::Invalid,
        MachineIdState::Missing => Lack::Missing,
        MachineIdState::Denylisted => Lack::Denylisted,
        MachineIdState::Unreadable(_) => Lack::Unreadable,
    };
    let why = format!(
        "its answer is derived from /etc/machine-id, which cannot be the seed: it is {}",
        lack.word()
    );
    Err(NotASeed::new(found.place, lack, &why))
}

fn is_writable(root: &Root) -> bool {
    root.open_at("etc", OFlags::PATH | OFlags::DIRECTORY)
        .and_then(|fd| rustix::fs::fstatvfs(&fd))
        .is_ok_and(|fs| !fs.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// A file that may hold a seed; `None` where there is none.
fn file(root: &Root, path: &str, limit: usize) -> Result<Option<Vec<u8>>, NotASeed> {
    match root.read(path, limit) {
        Ok(file) => Ok(file.map(|file| file.bytes)),
        Err(error) => Err(unreadable(path, &error)),
    }
}

fn unreadable(path: &str, error: &ReadError) -> NotASeed {
    NotASeed::new(format!("/{path}"), Lack::Unreadable, &error.to_string())
}

#[cfg(test)]
mod tests;
