//! What is wrong with names, as far as programs go.

use sanid_core::{HostNqn, HostUuid, IscsiName, PortabilityIssue};

use super::Used;
use crate::alike::USUAL;

/// What keeps the names from being read the same way everywhere. Those that every scheme of sanid makes
/// have nothing, and need no look.
pub(super) fn issues(names: &Used<'_>) -> u32 {
    let mut bits = 0;
    let mut add = |issues: &[PortabilityIssue]| {
        for issue in issues {
            let place = PortabilityIssue::ALL.iter().position(|one| one == issue);
            bits |= place.map_or(0, |place| 1 << place);
        }
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
    if let Some(iqn) = names.iqn.filter(|_| !names.iqn_is_usual()) {
        let rest = iqn
            .strip_prefix(USUAL)
            .and_then(|rest| rest.strip_prefix(':'));
        let usual = rest.is_some_and(|rest| !rest.is_empty() && rest.bytes().all(plain));
        if let (false, Ok(name)) = (usual, IscsiName::parse(iqn)) {
            add(name.portability().issues());
        }
    }
    if let Some(nqn) = names.host_nqn.filter(|_| !names.nqn_is_usual()) {
        let digits = nqn.strip_prefix(HostNqn::UUID_PREFIX);
        let usual = digits.is_some_and(|digits| digits.len() == 36 && digits.bytes().all(plain));
        if let (false, Ok(name)) = (usual, HostNqn::parse(nqn)) {
            add(name.portability().issues());
        }
    }
    if names
        .host_id
        .is_some_and(|id| HostUuid::from_bytes(id).is_denylisted())
    {
        add(&[PortabilityIssue::DenylistedUuid]);
    }
    bits
}
