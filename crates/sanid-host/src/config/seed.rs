//! The keys `seed` and `denylist`: which 128 bits identify this host, and which never do.

use sanid_core::{HostUuid, Takes};

use super::Settings;
use super::error::Refusal;

/// `/etc/machine-id`.
pub const MACHINE_ID: &str = "machine-id";
/// The system UUID of SMBIOS.
pub const DMI: &str = "dmi";
/// The UUID of a guest in its device tree.
pub(crate) const DEVICE_TREE: &str = "device-tree";
/// The system UUID as nvme-cli finds it: the seed of schemes, not for `seed`.
pub(crate) const SYSTEM_UUID: &str = "system-uuid";
/// The answer of the installed nvme: the seed of a scheme, not for `seed`.
pub(crate) const NVME_TOOL: &str = "nvme-tool";

/// What `seed` may name.
const WORDS: [&str; 3] = [MACHINE_ID, DMI, DEVICE_TREE];

impl Settings {
    /// The seeds that count, in the order in which they are asked.
    pub fn seeds(&self) -> &[&'static str] {
        match self.scheme.value.takes() {
            Takes::Any => &self.seed.value,
            Takes::MachineId => &[MACHINE_ID],
            Takes::SystemUuid => &[SYSTEM_UUID],
            Takes::SystemUuidOrMachineId => &[SYSTEM_UUID, MACHINE_ID],
            Takes::NvmeTool => &[NVME_TOOL],
        }
    }
}

/// A list of seeds. The message does not repeat it: a user may have written the seed itself.
pub(super) fn names(list: &[String]) -> Result<Vec<&'static str>, Refusal> {
    let refusal = |what| Refusal::new(what, &format!("write a list of some of {WORDS:?}"));
    let mut names = Vec::new();
    for name in list {
        match WORDS.into_iter().find(|word| word == name) {
            None => return Err(refusal("it has an unknown seed")),
            Some(word) if names.contains(&word) => return Err(refusal("it names a seed twice")),
            Some(word) => names.push(word),
        }
    }
    if names.is_empty() {
        return Err(refusal("it is empty"));
    }
    Ok(names)
}

/// A list of UUIDs, with hyphens or as 32 digits. The message does not repeat it: one with a slip in it may
/// be the seed of this host.
pub(super) fn denylist(list: &[String]) -> Result<Vec<HostUuid>, Refusal> {
    let uuid = |text: &String| HostUuid::parse(text).ok().or(HostUuid::parse_simple(text));
    let uuids: Vec<HostUuid> = list.iter().filter_map(uuid).collect();
    match list.iter().position(|text| uuid(text).is_none()) {
        None => Ok(uuids),
        Some(index) => Err(Refusal::new(
            format_args!("entry {} is not a UUID", index + 1),
            "write its 32 hexadecimal digits, with hyphens or without",
        )),
    }
}
