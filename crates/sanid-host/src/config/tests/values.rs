//! The merge of several files.

use super::*;
use crate::IdentityFile;

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
                message(&root).contains("are in two files"),
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

#[test]
fn a_name_that_breaks_the_standard_is_pinned_only_as_it_is() {
    let nqn = "nqn.2014-08.org.nvmexpress:NVMf:uuid:a3b1c2d4-0000-4000-8000-0123456789ab";
    for pin in [
        "iqn = 'iqn.2004-10.com.ubuntu:01:node_1'".to_owned(),
        format!("hostnqn = '{nqn}'"),
    ] {
        let plain = main_file(&format!("[pin]\n{pin}\n"));
        assert!(message(&plain).contains("pin.verbatim = true"), "{pin}");
        let verbatim = load(&main_file(&format!("[pin]\n{pin}\nverbatim = true\n"))).unwrap();
        assert_eq!(verbatim.pin.names.len(), 1);
    }
    // No program uses these.
    for pin in ["iqn = 'db_1'", "hostnqn = 'nqn.2014-08.com.example:a,b'"] {
        let unusable = main_file(&format!("[pin]\n{pin}\nverbatim = true\n"));
        assert!(!message(&unusable).contains("pin.verbatim"), "{pin}");
    }
}

#[test]
fn reports_unknown_keys_and_withholds_no_part() {
    let text = format!(
        "scheme = 'talos'\n[nfs]\nclient-id = 'x'\n[pin]\nhostid = '{ID}'\nreservation-key = '1'\n"
    );
    let settings = load(&main_file(&text)).unwrap();
    let names: Vec<&str> = settings.unknown.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["[nfs]", "pin.reservation-key"]);
    assert_eq!(
        settings.unknown[1].1.to_string(),
        "/etc/sanid/config.toml:6"
    );
    assert_eq!(settings.scheme.value.name(), "talos");
    assert!(settings.pin.names.contains_key(&IdentityFile::HostId));
    // These resemble a known one, or may concern every name.
    for text in [
        "[pins]\niqn = 'x'",
        "pin.iqnn = 'x'",
        "pin.host-nqn = 'x'",
        "colour = 'red'",
    ] {
        assert!(message(&main_file(text)).contains("unknown key"), "{text}");
    }
}
