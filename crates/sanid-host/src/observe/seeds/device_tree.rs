//! The UUID that a hypervisor gives a guest with a device tree: of `PowerVM` (`ibm,partition-uuid`), else of
//! QEMU (`vm,uuid`).

use sanid_core::SeedKind;

use super::file;
use crate::facts::{Lack, NotASeed, SeedUuid};
use crate::root::Root;

pub(super) const PARTITION: &str = "proc/device-tree/ibm,partition-uuid";
const VM: &str = "proc/device-tree/vm,uuid";
/// A UUID and a NUL; whatever is longer is something else.
pub(super) const LIMIT: usize = 256;

pub(super) fn read(root: &Root) -> Result<SeedUuid, NotASeed> {
    for path in [PARTITION, VM] {
        if let Some(bytes) = file(root, path, LIMIT)? {
            // A property of text ends with a NUL (Devicetree Specification, section 2.2.4).
            let text = bytes.strip_suffix(b"\0").unwrap_or(&bytes);
            return SeedUuid::parse(SeedKind::DeviceTree, text, format!("/{path}"));
        }
    }
    Err(NotASeed::new(
        "/proc/device-tree".into(),
        Lack::Missing,
        "it has neither ibm,partition-uuid nor vm,uuid",
    ))
}
