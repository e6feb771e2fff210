//! What files say together.

use super::*;

const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
const ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

#[test]
fn the_halves_of_a_pinned_pair_come_from_one_file() {
    let both = format!("[pin]\nhostnqn = '{NQN}'\nhostid = '{ID}'\n");
    let nqn = format!("pin.hostnqn = '{NQN}'");
    let id = format!("pin.hostid = '{ID}'");
    for (first, second, allowed) in [
        (both.as_str(), "", true),
        (nqn.as_str(), "", true),
        ("", id.as_str(), true),
        (nqn.as_str(), both.as_str(), true),
        (nqn.as_str(), id.as_str(), false),
        (both.as_str(), nqn.as_str(), false),
    ] {
        let root = Memory::with(&[
            ("etc/sanid/config.d/10-a.toml", first),
            ("etc/sanid/config.toml", second),
        ]);
        if allowed {
            assert!(load(&root).is_ok(), "{first} / {second}");
        } else {
            assert!(
                message(&root).contains("come from two files"),
                "{first} / {second}"
            );
        }
    }
}

#[test]
fn the_explanation_is_a_configuration_with_the_same_effect() {
    let text = format!(
        "scheme = 'talos'\niqn-template = 'iqn.2004-05.com.example:{{id12}}'\n\
         on-existing = 'replace'\nplacement = 'bind'\nfirmware = 'ignore'\nallow-volatile-machine-id = true\n\
         [pin]\niqn = 'iqn.2004-05.com.example:db1'\nhostnqn = '{NQN}'\nhostid = '{ID}'\n"
    );
    for text in ["", text.as_str()] {
        let first = load(&main_file(text)).unwrap().explain();
        let written: Vec<String> = first
            .iter()
            .map(|line| format!("{} = {}\n", line.key, line.value))
            .collect();
        let second = load(&main_file(&written.concat())).unwrap().explain();
        let values = |lines: &[Explained]| -> Vec<_> {
            lines
                .iter()
                .map(|line| (line.key, line.value.clone()))
                .collect()
        };
        assert_eq!(values(&first), values(&second));
        assert!(
            second
                .iter()
                .all(|line| line.origin.starts_with("/etc/sanid/config.toml:"))
        );
    }
}

#[test]
fn the_explanation_names_the_line_of_every_value() {
    let settings = load(&main_file(
        "# ours\n\n[pin]\niqn = 'iqn.2004-05.com.example:db1'\n",
    ))
    .unwrap();
    let lines = settings.explain();
    let line = lines.iter().find(|line| line.key == "pin.iqn").unwrap();
    assert_eq!(line.value, "\"iqn.2004-05.com.example:db1\"");
    assert_eq!(line.origin, "/etc/sanid/config.toml:4");
}
