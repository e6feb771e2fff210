//! How names are compared, and by what they are looked up.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, Hasher as _};

use foldhash::quality::FixedState;
use sanid_core::{HostNqn, HostUuid, IscsiName};

use super::Record;

impl Record<'_> {
    /// By what to look its own name up; names of hosts know no case (RFC 4343).
    pub(crate) fn name_key(&self) -> u64 {
        self.long_name.unwrap_or_else(|| name_key(&self.host))
    }
}

/// A host name as it is compared.
pub(crate) fn comparable(host: &str) -> Cow<'_, str> {
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(host.to_ascii_lowercase());
    }
    Cow::Borrowed(host)
}

/// An initiator name as targets compare it: LIO and others in lower case, the standard after preparation
/// (RFC 7143 section 4.2.7.2).
pub(crate) fn comparable_iqn(iqn: &str) -> Cow<'_, str> {
    if iqn.is_ascii() {
        if iqn.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Cow::Owned(iqn.to_ascii_lowercase());
        }
        return Cow::Borrowed(iqn);
    }
    match IscsiName::parse(iqn) {
        Ok(name) => Cow::Owned(name.normal_form().as_str().to_owned()),
        Err(_) => Cow::Borrowed(iqn),
    }
}

pub(super) fn name_key(host: &str) -> u64 {
    hash(b'h', comparable(host).as_bytes())
}

/// Who makes names whose hashes are one gains nothing: values of one key are told apart where they are read.
fn hash(label: u8, bytes: &[u8]) -> u64 {
    let mut hasher = FixedState::with_seed(u64::from(label)).build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

pub(crate) fn seed_key(fingerprint: &[u8; 16]) -> u64 {
    hash(b's', fingerprint)
}

pub(crate) fn uuid_key(uuid: &[u8; 16]) -> u64 {
    hash(b'u', uuid)
}

/// A name made of a UUID is looked up by it, so that the three names of one host are one key.
pub(crate) fn nqn_key(nqn: &str) -> u64 {
    match nqn.strip_prefix(HostNqn::UUID_PREFIX).map(HostUuid::parse) {
        Some(Ok(uuid)) => uuid_key(uuid.as_bytes()),
        _ => hash(b'n', nqn.as_bytes()),
    }
}

pub(crate) fn iqn_key(iqn: &str) -> u64 {
    let iqn = comparable_iqn(iqn);
    match iqn_uuid(&iqn) {
        Some(uuid) => uuid_key(&uuid),
        None => hash(b'i', iqn.as_bytes()),
    }
}

/// An initiator name that ends in a UUID without dashes, in lower case.
fn iqn_uuid(iqn: &str) -> Option<[u8; 16]> {
    let (_, digits) = iqn.rsplit_once(':')?;
    let uuid = HostUuid::parse_simple(digits)?;
    let lower = !digits.bytes().any(|byte| byte.is_ascii_uppercase());
    lower.then(|| *uuid.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_targets_take_for_one_have_one_key() {
        let same = [
            (
                "iqn.2016-04.com.open-iscsi:AB",
                "iqn.2016-04.com.open-iscsi:ab",
            ),
            (
                "iqn.2016-04.com.open-iscsi:652F5D50a6894520b87bfe2552ef6b8b",
                "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b",
            ),
            ("iqn.2017-11.dev.TÄLOS:x", "iqn.2017-11.dev.tälos:x"),
        ];
        for (a, b) in same {
            assert_eq!(iqn_key(a), iqn_key(b), "{a}");
            assert_eq!(comparable_iqn(a), comparable_iqn(b), "{a}");
        }
        // NQNs are compared byte for byte.
        assert_ne!(
            nqn_key("nqn.2014-08.com.example:A"),
            nqn_key("nqn.2014-08.com.example:a")
        );
    }

    #[test]
    fn the_three_names_of_one_uuid_are_one_key() {
        let uuid = HostUuid::parse("652f5d50-a689-4520-b87b-fe2552ef6b8b").unwrap();
        let nqn = HostNqn::from_uuid(&uuid);
        let iqn = format!("iqn.2016-04.com.open-iscsi:{}", uuid.simple());
        assert_eq!(nqn_key(nqn.as_str()), uuid_key(uuid.as_bytes()));
        assert_eq!(iqn_key(&iqn), uuid_key(uuid.as_bytes()));
    }
}
