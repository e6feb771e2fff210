//! What is particular to a pair that firmware gives.

use sanid_core::NvmePair;

use super::{Part, typed};
use crate::findings::{Code, Finding, View};
use crate::resolve::firmware::Firmware;
use crate::resolve::{Given, Source as _};

pub(super) fn findings(view: &View<'_>) -> Vec<Finding> {
    let pair = desired(view).filter(|(_, pair)| is_twin(pair));
    let byte_order = pair.map(|(given, _)| byte_order(view, &given));
    byte_order.into_iter().chain(newer(view)).collect()
}

/// The pair that firmware gives, unless a different one is desired.
fn desired(view: &View<'_>) -> Option<(Given, NvmePair)> {
    let given = Firmware.give(view.facts, Part::Nvme).ok()??;
    let chosen = view.resolution.parts[Part::Nvme].as_ref().ok();
    let pair = typed(&given.names)?;
    let is_desired = chosen.is_none_or(|chosen| chosen.names == given.names);
    is_desired.then_some((given, pair))
}

/// Whether a pair is the desired one because firmware gives it, and differs in byte order alone: a mismatch that is
/// explained.
pub(super) fn explains(view: &View<'_>, pair: &NvmePair) -> bool {
    view.resolution.origin(Part::Nvme).is_ok()
        && desired(view).is_some_and(|(_, given)| given == *pair && is_twin(pair))
}

/// Tables of a later minor revision: what is known of them is used.
fn newer(view: &View<'_>) -> Option<Finding> {
    let tables = view.facts.firmware.nbft.iter();
    let table = tables
        .into_iter()
        .find(|table| table.identity().is_some_and(|host| host.minor > 0))?;
    let minor = table.identity()?.minor;
    Some(Finding {
        code: Code::FirmwareNewer,
        part: Some(Part::Nvme),
        seen: format!(
            "the NBFT at {} has revision 1.{minor}; it is read by the fields of 1.0",
            table.path
        ),
        why: "A later minor revision only adds fields. What a new field says of the host's names is not known to this version.",
        fix: vec!["a later version of sanid, if there is one".into()],
    })
}

fn byte_order(view: &View<'_>, given: &Given) -> Finding {
    Finding {
        code: Code::FirmwareByteOrder,
        part: Some(Part::Nvme),
        seen: format!(
            "{given}: the Host ID is the UUID of the host NQN in the byte order of SMBIOS"
        ),
        why: "Most firmware stores the Host ID so, and Linux makes the boot connection with the bytes as they are: the pair does not match, and is the right one here. A program that derives the Host ID from the host NQN gets another one.",
        fix: vec![
            "nothing on this host: the files must have the pair that the boot connection uses"
                .into(),
            format!(
                "{}   to keep this pair should an update of the firmware turn it round",
                view.command("adopt")
            ),
        ],
    }
}

/// Whether the Host ID is the UUID of the host NQN as SMBIOS stores it: the first three fields in
/// little-endian order (DSP0134, "System - UUID").
fn is_twin(pair: &NvmePair) -> bool {
    let Some(uuid) = pair.host_nqn.pairing_uuid() else {
        return false;
    };
    let mut swapped = *uuid.as_bytes();
    swapped[0..4].reverse();
    swapped[4..6].reverse();
    swapped[6..8].reverse();
    !pair.matches() && swapped == *pair.host_id.uuid().as_bytes()
}

#[cfg(test)]
mod tests {
    use sanid_core::{HostId, HostNqn};

    use super::*;
    use crate::testing::{ID, NQN, OTHER_ID};

    const DELL_NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0044-4410-8030-b8c04f445833";
    const DELL_ID: &str = "44454c4c-4400-1044-8030-b8c04f445833";

    #[test]
    fn only_the_byte_order_of_smbios_makes_a_twin() {
        let pair = |nqn: &str, id: &str| {
            NvmePair::new(HostNqn::parse(nqn).unwrap(), HostId::parse(id).unwrap())
        };
        assert!(is_twin(&pair(DELL_NQN, DELL_ID)));
        for (nqn, id) in [
            (NQN, ID),
            (NQN, OTHER_ID),
            ("nqn.2014-08.com.example:host1", DELL_ID),
            // Turned round as a whole, and the first field alone.
            (DELL_NQN, "3358444f-c0b8-3080-1044-440044454c4c"),
            (DELL_NQN, "44454c4c-0044-4410-8030-b8c04f445833"),
            // The same in both orders: it matches, so nothing is to be explained.
            (
                "nqn.2014-08.org.nvmexpress:uuid:11111111-1111-1111-1111-111111111111",
                "11111111-1111-1111-1111-111111111111",
            ),
        ] {
            assert!(!is_twin(&pair(nqn, id)), "{nqn} {id}");
        }
    }
}
