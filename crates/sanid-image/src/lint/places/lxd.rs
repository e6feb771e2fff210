//! The UUID of LXD's server, of which LXD makes the host NQN and the Host ID of its NVMe controllers.

use sanid_host::own;

use super::{Place, Reads};
use crate::lint::finding::{Finding, LXD_UUID, rm};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "var/snap/lxd/common/lxd/server.uuid",
        "var/lib/lxd/server.uuid",
    ],
    reads: Reads::Text,
    judge: |path, content| {
        let finding = |uuid| {
            let fix = format!("{}: LXD makes a new one", rm(path));
            Finding::by_hand(&LXD_UUID, path, format!("UUID {uuid}"), fix)
        };
        own::lxd(content.bytes()).map(finding).into_iter().collect()
    },
};
