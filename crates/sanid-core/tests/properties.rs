//! What holds for every text and every seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use proptest::prelude::*;
use sanid_core::{
    Derived, HostId, HostNqn, HostUuid, Iqn, IqnPrefix, IscsiName, MachineId, NameError, NameKind,
    Nqn, NvmePair, SCHEMES, SeedFingerprint, check,
};

/// Texts that are, or nearly are, names: whole ones, broken ones, and noise in
/// the places that parsers read.
fn texts() -> impl Strategy<Value = String> {
    let parts = [
        "iqn.",
        "IQN.",
        "eui.",
        "naa.",
        "nqn.",
        "2014-08",
        "2001-13",
        ".",
        "..",
        ":",
        "-",
        "com",
        "example",
        "org.nvmexpress",
        "discovery",
        "uuid:",
        "a",
        "B",
        "_",
        ",",
        " ",
        "\0",
        "\n",
        "/",
        "652f5d50-a689-4520-b87b-fe2552ef6b8b",
        "652f5d50a6894520b87bfe2552ef6b8b",
        "é",
        "\u{301}",
        "ａ",
        "。",
        "\u{ad}",
        "שלום",
        "한",
        "\u{202e}",
        "0123456789abcdef",
    ];
    let made = prop::collection::vec(prop::sample::select(parts.to_vec()), 0..14);
    prop_oneof![
        made.prop_map(|parts| parts.concat()),
        "(iqn|nqn)\\.[0-9]{4}-(0[1-9]|1[0-2])\\.[a-z0-9]{1,8}(\\.[a-z0-9-]{1,8}){0,3}(:.{0,40})?",
        "(eui|naa)\\.[0-9a-fA-F]{14,33}",
        "[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{11,13}",
        any::<String>(),
        ".{200,230}",
    ]
}

fn seeds() -> impl Strategy<Value = [u8; 16]> {
    any::<[u8; 16]>()
}

fn derive_all(seed: [u8; 16]) -> impl Iterator<Item = (&'static str, bool, Derived)> {
    SCHEMES.iter().map(move |scheme| {
        let derived = scheme.derive(&MachineId::from_bytes(seed), &IqnPrefix::default());
        (scheme.name(), scheme.publishes_seed(), derived)
    })
}

/// An error is one printable line and points into the text.
fn assert_fit_to_print(error: NameError, text: &str) {
    let message = error.to_string();
    assert!(!message.is_empty() && message.len() < 300, "{message}");
    assert!(
        message.is_ascii() && !message.contains(char::is_control),
        "{message:?}"
    );
    if let Some(at) = error.at() {
        assert!(text.is_char_boundary(at), "{at} in {text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_name_that_parses_prints_as_it_was_written(text in texts()) {
        macro_rules! assert_identity {
            ($($name:ident),*) => {$(
                match $name::parse(&text) {
                    Ok(name) => {
                        prop_assert_eq!(name.as_str(), &text);
                        prop_assert_eq!(name.to_string(), text.as_str());
                        prop_assert_eq!(text.parse::<$name>(), Ok(name));
                    }
                    Err(error) => assert_fit_to_print(error, &text),
                }
            )*};
        }
        assert_identity!(IscsiName, Iqn, IqnPrefix, Nqn, HostNqn);
    }

    #[test]
    fn a_uuid_that_parses_prints_in_lower_case(text in texts()) {
        match HostUuid::parse(&text) {
            Ok(uuid) => prop_assert_eq!(uuid.to_string(), text.to_lowercase()),
            Err(error) => assert_fit_to_print(error, &text),
        }
        if let Ok(id) = HostId::parse(&text) {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }

    #[test]
    fn uuids_and_fingerprints_survive_the_round_trip(bytes in seeds()) {
        let uuid = HostUuid::from_bytes(bytes);
        prop_assert_eq!(HostUuid::parse(&uuid.to_string()), Ok(uuid));
        prop_assert_eq!(HostUuid::parse(&uuid.to_string().to_uppercase()), Ok(uuid));
        let fingerprint = MachineId::from_bytes(bytes).fingerprint();
        prop_assert_eq!(SeedFingerprint::parse(&fingerprint.to_string()), Ok(fingerprint));
    }

    #[test]
    fn a_verdict_agrees_with_itself_and_with_the_parsers(text in texts()) {
        for kind in [NameKind::IscsiName, NameKind::Nqn, NameKind::HostId] {
            let verdict = check(kind, &text);
            prop_assert_eq!(verdict.is_valid(), verdict.validity.is_ok());
            prop_assert!(verdict.is_valid() || !verdict.is_portable());
            let parsed = match kind {
                NameKind::IscsiName => IscsiName::parse(&text).map(drop),
                NameKind::Nqn => Nqn::parse(&text).map(drop),
                NameKind::HostId => HostId::parse(&text).map(drop),
            };
            prop_assert_eq!(verdict.validity, parsed);
            if verdict.is_valid() {
                prop_assert_eq!(NameKind::detect(&text).is_none_or(|it| it == kind), true);
            }
        }
    }

    #[test]
    fn a_portable_name_is_printable_lower_case_ascii(text in texts()) {
        for kind in [NameKind::IscsiName, NameKind::Nqn, NameKind::HostId] {
            if check(kind, &text).is_portable() {
                let plain = |byte: u8| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:".contains(&byte)
                };
                prop_assert!(text.bytes().all(plain), "{}", text);
            }
        }
    }

    #[test]
    fn a_name_matches_its_normal_form_which_is_valid_and_final(text in texts()) {
        if let Ok(name) = IscsiName::parse(&text) {
            let normal = name.normal_form();
            prop_assert!(name.matches(&normal) && normal.matches(&name));
            prop_assert_eq!(IscsiName::parse(normal.as_str()), Ok(normal.clone()));
            prop_assert_eq!(&normal.normal_form(), &normal);
            prop_assert_eq!(name.format(), normal.format());
        }
    }

    #[test]
    fn a_host_nqn_is_an_nqn_or_says_why_not(text in texts()) {
        if let Ok(name) = HostNqn::parse(&text) {
            prop_assert_eq!(name.conformance(), Nqn::parse(&text).map(drop));
            prop_assert!(name.conformance().is_ok() || name.uuid().is_some());
            prop_assert!(text.len() <= sanid_core::HOST_NQN_MAX);
            if let Some(pair) = NvmePair::from_host_nqn(name) {
                prop_assert!(pair.matches());
            }
        }
    }

    #[test]
    fn whatever_a_prefix_joins_is_a_name_of_that_prefix(text in texts(), suffix in texts()) {
        if let Ok(prefix) = IqnPrefix::parse(&text) {
            if let Ok(iqn) = prefix.join(&suffix) {
                let parts = iqn.as_str().strip_prefix(text.as_str());
                prop_assert_eq!(parts.and_then(|it| it.strip_prefix(':')), Some(suffix.as_str()));
            }
            let digits = prefix.join(&"0f".repeat(16)).unwrap();
            prop_assert!(digits.portability().is_portable());
        }
    }

    #[test]
    fn arbitrary_bytes_are_a_seed_or_an_error_that_tells_nothing(bytes: Vec<u8>) {
        if let Err(error) = MachineId::parse_file(&bytes) {
            prop_assert!(!error.to_string().contains(char::is_control));
        }
    }

    #[test]
    fn an_error_about_a_seed_never_repeats_it(
        hex in "[0-9a-f]{24,31}|[0-9a-f]{33,40}|[0-9a-f]{20}g[0-9a-f]{11}",
    ) {
        let message = MachineId::parse(&hex).unwrap_err().to_string();
        let pieces = hex.as_bytes().windows(6).map(|it| std::str::from_utf8(it).unwrap());
        for piece in pieces {
            prop_assert!(!message.contains(piece), "{}", message);
        }
    }

    #[test]
    fn a_machine_id_given_for_a_name_is_not_repeated_in_the_error(seed in seeds()) {
        let hex = HostUuid::from_bytes(seed).simple().to_string();
        for kind in [NameKind::IscsiName, NameKind::Nqn, NameKind::HostId] {
            for text in [hex.clone(), format!("iqn.2001-04.com.example:{hex}_"), format!("nqn.{hex}")] {
                if let Err(error) = check(kind, &text).validity {
                    prop_assert!(!error.to_string().contains(&hex[..6]), "{}", error);
                }
            }
        }
    }

    #[test]
    fn names_derived_without_the_parser_are_what_the_parser_makes_of_them(seed in seeds()) {
        for (scheme, _, derived) in derive_all(seed) {
            prop_assert_eq!(Iqn::parse(derived.iqn.as_str()), Ok(derived.iqn.clone()), "{}", scheme);
            let nqn = &derived.nvme.host_nqn;
            prop_assert_eq!(HostNqn::parse(nqn.as_str()), Ok(nqn.clone()), "{}", scheme);
            prop_assert_eq!(HostId::from_uuid(derived.host_uuid), Ok(derived.nvme.host_id));
            prop_assert!(derived.nvme.matches());
            prop_assert!(derived.iqn.portability().is_portable());
            let conforms = nqn.conformance().is_ok();
            prop_assert_eq!(conforms, scheme != "nvme-cli-1");
            prop_assert_eq!(nqn.portability().is_portable(), conforms);
        }
    }

    #[test]
    fn no_derived_name_holds_the_machine_id_unless_the_scheme_says_so(seed in seeds()) {
        let hex = HostUuid::from_bytes(seed).simple().to_string();
        for (scheme, publishes, derived) in derive_all(seed) {
            // A system UUID is in the names by definition, and no machine-id.
            if scheme == "nvme-cli-2" || scheme == "nvme-tool" {
                continue;
            }
            let names = [
                derived.iqn.to_string(),
                derived.nvme.host_nqn.to_string(),
                derived.nvme.host_id.to_string(),
                format!("{derived:?}"),
            ];
            let holds = |name: &String| name.to_lowercase().replace('-', "").contains(&hex);
            prop_assert_eq!(names.iter().any(holds), publishes, "{}", scheme);
        }
    }

    #[test]
    fn deriving_twice_gives_the_same_and_other_seeds_give_others(seed in seeds(), other in seeds()) {
        prop_assume!(seed != other);
        for (left, right) in derive_all(seed).zip(derive_all(seed)) {
            prop_assert_eq!(left, right);
        }
        for (left, right) in derive_all(seed).zip(derive_all(other)) {
            prop_assert_ne!(left.2.iqn, right.2.iqn);
        }
    }

    #[test]
    fn the_bulk_functions_agree_with_the_scheme(seed in seeds()) {
        let derived = SCHEMES[0].derive(&MachineId::from_bytes(seed), &IqnPrefix::default());
        let uuid = sanid_core::sanid_v1_host_uuid(&MachineId::from_bytes(seed));
        prop_assert_eq!(uuid, derived.host_uuid);
        prop_assert!(derived.iqn.as_str().as_bytes().ends_with(&uuid.simple_digits()));
        let canonical = uuid.hyphenated_digits();
        prop_assert!(derived.nvme.host_nqn.as_str().as_bytes().ends_with(&canonical));
        prop_assert_eq!(derived.nvme.host_id.to_string().into_bytes(), canonical);
    }
}
