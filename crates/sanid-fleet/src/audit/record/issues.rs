//! What is wrong with names, as far as programs go.

use sanid_core::{HostNqn, HostUuid, IscsiName, PortabilityIssue};

use super::Names;
use super::form::{USUAL, is_nqn_of, prefix_of};

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
    let id = names.host_id.map(HostUuid::from_bytes);
    if let Some(iqn) = names.iqn.as_deref() {
        let prefix = id.as_ref().and_then(|id| prefix_of(iqn, id));
        let usual = prefix == Some(USUAL)
            || iqn.strip_prefix(USUAL).is_some_and(|rest| {
                rest.starts_with(':') && rest.len() > 1 && rest.bytes().all(plain)
            });
        if !usual {
            if let Ok(name) = IscsiName::parse(iqn) {
                add(name.portability().issues());
            }
        }
    }
    if let Some(nqn) = names.host_nqn.as_deref() {
        let digits = || nqn.strip_prefix(HostNqn::UUID_PREFIX);
        let usual = id.as_ref().is_some_and(|id| is_nqn_of(nqn, id))
            || digits().is_some_and(|digits| digits.len() == 36 && digits.bytes().all(plain));
        if !usual {
            if let Ok(name) = HostNqn::parse(nqn) {
                add(name.portability().issues());
            }
        }
    }
    if id.is_some_and(|id| id.is_denylisted()) {
        add(&[PortabilityIssue::DenylistedUuid]);
    }
    bits
}
