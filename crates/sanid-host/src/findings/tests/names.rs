//! What is on disk and what is desired.

use super::{Case, clean};
use crate::file::IdentityFile;
use crate::testing::{ID, OTHER_ID, OTHER_IQN, OTHER_NQN};

pub(super) fn cases() -> Vec<Case> {
    let dashless = "nqn.2014-08.org.nvmexpress:uuid:652f5d50a6894520b87bfe2552ef6b8b";
    vec![
        ("all is well", clean(), vec![]),
        (
            "another initiator name",
            clean().file(IdentityFile::InitiatorName, OTHER_IQN),
            vec!["iqn-differs"],
        ),
        (
            "another pair",
            clean().pair(OTHER_NQN, OTHER_ID),
            vec!["nvme-differs"],
        ),
        (
            "Debian's pair",
            clean().pair(OTHER_NQN, "99999999-2222-4333-8444-555555555555"),
            vec!["nvme-differs", "pair-mismatch"],
        ),
        (
            "half a pair",
            clean().raw(IdentityFile::HostId, b""),
            vec!["pair-half", "file-empty"],
        ),
        (
            "nvme-cli 1",
            clean().pair(dashless, ID),
            vec!["nvme-differs", "name-not-conformant"],
        ),
        (
            "capitals",
            clean().file(IdentityFile::InitiatorName, "iqn.2001-04.com.example:ABC"),
            vec!["iqn-differs", "name-not-portable"],
        ),
    ]
}
