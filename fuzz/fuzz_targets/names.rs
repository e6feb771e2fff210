//! Names of every kind: what parses prints itself again, and the verdicts agree with the types.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_core::{HostId, HostNqn, IqnPrefix, IscsiName, NameKind, Nqn, check};

fuzz_target!(|text: &str| {
    for kind in [NameKind::IscsiName, NameKind::Nqn, NameKind::HostId] {
        let verdict = check(kind, text);
        assert!(verdict.is_valid() || !verdict.is_portable());
        if let Err(error) = verdict.validity {
            assert!(!error.to_string().contains(char::is_control));
            assert!(error.at().is_none_or(|at| at <= text.len()));
        }
    }
    if let Ok(name) = IscsiName::parse(text) {
        assert_eq!(name.as_str(), text);
        assert!(name.matches(&name));
    }
    if let Ok(name) = Nqn::parse(text) {
        assert_eq!(name.as_str(), text);
    }
    if let Ok(name) = HostNqn::parse(text) {
        assert_eq!(name.as_str(), text);
        assert!(text.len() <= 222 && !text.contains(','));
    }
    if let Ok(id) = HostId::parse(text) {
        assert!(id.to_string().eq_ignore_ascii_case(text));
    }
    if let Ok(prefix) = IqnPrefix::parse(text) {
        assert!(prefix.join("0123456789abcdef0123456789abcdef").is_ok());
    }
});
