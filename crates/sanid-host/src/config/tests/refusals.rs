//! Refused configurations.

use super::*;
use proptest::prelude::*;

#[test]
fn refuses_invalid_toml_and_unknown_keys_with_their_line() {
    for (text, expected) in [
        (
            "scheme = \"sanid-v1",
            "/etc/sanid/config.toml:1:19: invalid basic string",
        ),
        ("scheme", "/etc/sanid/config.toml:1:"),
        (
            "scheme = 'talos'\nscheme = 'talos'",
            "/etc/sanid/config.toml:2:1: duplicate key",
        ),
        (
            "scheme = 5",
            "/etc/sanid/config.toml:1:10: scheme: invalid type: integer `5`, expected a string",
        ),
        (
            "\n[pin]\niqn = true",
            "/etc/sanid/config.toml:3:7: pin.iqn: invalid type: boolean `true`, expected a string",
        ),
        (
            "pin = 'iqn'",
            "expected a table with iqn, hostnqn or hostid",
        ),
        ("allow-non-unique-template = 'yes'", "expected a boolean"),
        (
            "# site\n  iqn-prefx = 'x'",
            "/etc/sanid/config.toml:2:3: unknown key \"iqn-prefx\"; did you mean \"iqn-prefix\"? \
             known keys: scheme, seed, denylist, iqn-prefix, iqn-template, allow-non-unique-template, \
             on-existing, placement, firmware, allow-volatile-machine-id, pin.iqn, pin.hostnqn, pin.hostid, pin.verbatim",
        ),
        (
            "[pin]\nhost-nqn = 'x'",
            ":2:1: unknown key \"pin.host-nqn\"; did you mean \"pin.hostnqn\"? ",
        ),
        (
            "hostid = 'x'",
            ":1:1: unknown key \"hostid\"; did you mean \"pin.hostid\"? ",
        ),
        ("colour = 'x'", ":1:1: unknown key \"colour\"; known keys: "),
        ("b = 1\na = 2", ":1:1: unknown key \"b\""),
        // An unknown key is named even where a value of the wrong type comes first.
        ("scheme = 1\ncolour = 2", ":2:1: unknown key \"colour\""),
    ] {
        let message = message(&main_file(text));
        assert!(
            message.contains(expected),
            "{text:?}\n{message}\n{expected}"
        );
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn refuses_an_invalid_value_with_its_line_and_the_fix() {
    for (text, key, advice) in [
        ("scheme = 'sanid-v9'", "scheme", "use one of \"sanid-v1\", "),
        (
            "iqn-prefix = 'example.com'",
            "iqn-prefix",
            "write for example",
        ),
        (
            "iqn-prefix = 'iqn.2004-05.com.Example'",
            "iqn-prefix",
            "write for example",
        ),
        (
            "iqn-template = 'iqn.2004-05.com.example:{mac}'",
            "iqn-template",
            "{hostname}-{id12}",
        ),
        (
            "on-existing = 'Keep'",
            "on-existing",
            "use one of \"refuse\", \"keep\", \"replace\"",
        ),
        ("firmware = true", "firmware", "expected a string"),
        (
            "firmware = 'no'",
            "firmware",
            "use one of \"use\", \"ignore\"",
        ),
        ("pin.iqn = 'naa'", "pin.iqn", "correct it, or remove it"),
        (
            "pin.hostnqn = 'iqn.2004-05.com.example:a'",
            "pin.hostnqn",
            "correct it, or remove it",
        ),
        (
            "pin.hostid = '652f5d50'",
            "pin.hostid",
            "correct it, or remove it",
        ),
    ] {
        let message = message(&main_file(text));
        assert!(
            message.starts_with("/etc/sanid/config.toml:1:"),
            "{message}"
        );
        assert!(
            message.contains(key) && message.contains(advice),
            "{text}\n{message}"
        );
    }
}

/// A user who takes `seed` for the seed itself, or mistypes a denylist, has written down a value that nobody
/// else is to read.
#[test]
fn refuses_a_possible_seed_without_repeating_it() {
    const ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
    for (text, expected) in [
        (
            format!("seed = '{ID}'"),
            ":1:8: seed is refused: expected a list",
        ),
        (
            format!("seed = ['{ID}']"),
            ":1:8: seed is refused: it has an unknown seed",
        ),
        (
            format!("[seed]\nvalue = '{ID}'"),
            "seed is refused: expected a list",
        ),
        (
            format!("seed = ['dmi', ['{ID}']]"),
            ":1:8: seed is refused: expected a list",
        ),
        ("seed = []".to_owned(), "seed is refused: it is empty"),
        (
            "seed = ['dmi', 'dmi']".to_owned(),
            "seed is refused: it names a seed twice",
        ),
        (
            format!("denylist = '{ID}'"),
            ":1:12: denylist is refused: expected a list",
        ),
        (
            format!("denylist = ['{ID}', '{ID}0']"),
            ":1:12: denylist is refused: entry 2 is not a UUID",
        ),
        (
            format!("denylist = ['{ID}', 0x{}]", &ID[..8]),
            "denylist is refused: expected a list",
        ),
        (
            format!("denylist = ['{}']", ID.replace('3', "x")),
            "denylist is refused: entry 1 is not a UUID",
        ),
    ] {
        let message = message(&main_file(&text));
        assert!(message.contains(expected), "{text}\n{message}");
        assert!(!message.contains(&ID[8..16]), "{message}");
    }
}

#[test]
fn a_seed_is_refused_where_the_scheme_has_its_own() {
    for scheme in [
        "talos",
        "nvme-cli-1",
        "nvme-cli-2",
        "nvme-stas",
        "nvme-tool",
    ] {
        let both = format!("scheme = '{scheme}'\nseed = ['machine-id', 'dmi']");
        let message = message(&main_file(&both));
        let expected =
            format!("seed (/etc/sanid/config.toml:2:8) has no effect with scheme = \"{scheme}\"");
        assert!(message.starts_with(&expected), "{message}");
        // The default is not a choice.
        let default = format!("scheme = '{scheme}'\nseed = ['machine-id']");
        assert!(load(&main_file(&default)).is_ok());
    }
}

#[test]
fn an_invalid_value_is_refused_even_where_a_later_file_overrides_it() {
    let root = Memory::with(&[
        ("usr/lib/sanid/config.d/10-a.toml", "scheme = 'sanid-v9'"),
        ("etc/sanid/config.toml", "scheme = 'talos'"),
    ]);
    assert!(message(&root).starts_with("/usr/lib/sanid/config.d/10-a.toml:1:10: scheme"));
}

#[test]
fn a_prefix_and_a_template_exclude_each_other_across_files() {
    let root = Memory::with(&[
        (
            "usr/lib/sanid/config.d/10-a.toml",
            "iqn-prefix = 'iqn.2004-05.com.example'",
        ),
        (
            "etc/sanid/config.toml",
            "\niqn-template = 'iqn.2004-05.com.example:{id}'",
        ),
    ]);
    assert_eq!(
        message(&root),
        "iqn-prefix (/usr/lib/sanid/config.d/10-a.toml:1:14) and iqn-template \
         (/etc/sanid/config.toml:2:16) are both set and exclude each other, whichever file comes \
         later; remove one, or override or mask the file that sets it"
    );
}

#[test]
fn a_template_that_is_not_unique_needs_consent_from_any_file() {
    let template = "iqn-template = 'iqn.2004-05.com.example:{hostname}'";
    let refused = message(&main_file(template));
    assert!(refused.contains("neither {id} nor {id12}"), "{refused}");
    assert!(
        refused.starts_with("/etc/sanid/config.toml:1:16: "),
        "{refused}"
    );

    let consent = "allow-non-unique-template = true";
    for (first, second) in [(template, consent), (consent, template)] {
        let root = Memory::with(&[
            ("etc/sanid/config.d/10-a.toml", first),
            ("etc/sanid/config.toml", second),
        ]);
        assert!(load(&root).unwrap().iqn_template.is_some());
    }
    let withdrawn = Memory::with(&[
        (
            "etc/sanid/config.d/10-a.toml",
            &format!("{consent}\n{template}"),
        ),
        ("etc/sanid/config.toml", "allow-non-unique-template = false"),
    ]);
    assert!(message(&withdrawn).contains("neither {id}"));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        let _ = load(&Memory::default().node("etc/sanid/config.toml", Node::File(bytes)));
    }

    #[test]
    fn arbitrary_settings_never_panic(
        lines in proptest::collection::vec(
            "(scheme|iqn-prefix|iqn-template|on-existing|pin.iqn|pin.hostid|[a-z.\\[\\]]{1,8}) ?=? ?('[^']{0,20}'|[0-9a-z\\[\\]{}]{0,5})",
            0..6,
        )
    ) {
        if let Err(error) = load(&main_file(&lines.join("\n"))) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}

/// machine-id(5) asks to keep it confidential, and a message may end up in a public report.
#[test]
fn a_machine_id_in_the_wrong_place_is_not_repeated() {
    let dashed = "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4";
    for text in [
        "machine-id = '@'",
        "@ = 1",
        "'seed @' = 1",
        "[@]",
        "@",
        "scheme = '@'",
        "scheme = ['@']",
        "scheme = {@ = 1}",
        "iqn-prefix = '@'",
        "on-existing = '@'",
        "placement = '@'",
        "firmware = '@'",
        "allow-volatile-machine-id = '@'",
        "seed = '@'",
        "denylist = ['@', 'x']",
        "[pin]\niqn = '@'",
        "[pin]\nhostnqn = ' @'",
        "[pin]\n@ = 'x'",
    ] {
        for id in [crate::testing::MACHINE_ID, dashed] {
            for id in [id.to_owned(), id.to_uppercase()] {
                let message = message(&main_file(&text.replace('@', &id)));
                assert!(!message.contains(&id), "{text}: {message}");
            }
        }
    }
}
