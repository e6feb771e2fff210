//! What is wrong with names, as far as programs go.

use sanid_core::{HostNqn, HostUuid, IscsiName, PortabilityIssue};

use super::Names;

/// What keeps the names from being read the same way everywhere. Those that every scheme of sanid makes
/// have nothing, and need no look.
pub(super) fn issues(names: &Names<'_>) -> u32 {
    let mut bits = 0;
    let mut add = |issues: &[PortabilityIssue]| {
        for issue in issues {
            let place = PortabilityIssue::ALL.iter().position(|one| one == issue);
            bits |= place.map_or(0, |place| 1 << place);
        }
    };
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
    if let Some(iqn) = names.iqn.as_deref() {
        let usual = iqn.starts_with("iqn.2016-04.com.open-iscsi:") && iqn.len() > 27;
        if !(usual && iqn.bytes().all(plain)) {
            if let Ok(name) = IscsiName::parse(iqn) {
                add(name.portability().issues());
            }
        }
    }
    if let Some(nqn) = names.host_nqn.as_deref() {
        let digits = nqn.strip_prefix(HostNqn::UUID_PREFIX);
        let usual = digits.is_some_and(|digits| digits.len() == 36 && digits.bytes().all(plain));
        if !usual {
            if let Ok(name) = HostNqn::parse(nqn) {
                add(name.portability().issues());
            }
        }
    }
    if let Some(id) = names.host_id {
        if HostUuid::from_bytes(id).is_denylisted() {
            add(&[PortabilityIssue::DenylistedUuid]);
        }
    }
    bits
}
