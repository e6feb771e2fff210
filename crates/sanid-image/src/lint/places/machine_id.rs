//! The machine-id, from which sanid and others derive (machine-id(5)).

use sanid_core::{MachineId, MachineIdError};

use super::{Content, Place, Reads};
use crate::lint::finding::{Finding, MACHINE_ID, Remedy, quoted};

pub(super) static PLACE: Place = Place {
    patterns: &[
        "etc/machine-id",
        "usr/etc/machine-id",
        "usr/share/factory/etc/machine-id",
        "var/lib/dbus/machine-id",
    ],
    reads: Reads::MachineId,
    judge,
};

fn judge(path: &str, content: &Content) -> Vec<Finding> {
    let seen = match MachineId::parse_file(content.bytes()) {
        Err(MachineIdError::Empty | MachineIdError::Uninitialized) => return Vec::new(),
        Ok(_) => "a machine-id",
        Err(_) => "something that is neither a machine-id nor `uninitialized`",
    };
    let seen = seen.to_owned();
    vec![if super::of_system(path) == "etc/machine-id" {
        Finding {
            rule: &MACHINE_ID,
            path: path.to_owned(),
            seen,
            fix: format!("echo uninitialized >{}", quoted(path)),
            remedy: Remedy::Reset,
        }
    } else {
        Finding::removable(&MACHINE_ID, path, seen)
    }]
}
