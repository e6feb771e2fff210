//! What holds for every format, for any hosts.

use std::collections::BTreeSet;

use proptest::collection::btree_set;
use proptest::prelude::*;
use sanid_fleet::hosts::Host;
use sanid_fleet::targets::{self, FORMATS, Format, Present, Protocol, Scope};

use super::apply::apply;
use super::support::{export, host, names, protocols, scope, scope_of};

/// The names that a list of hosts gives for a format.
fn wanted(format: &Format, hosts: &[Host], scope: &Scope) -> Vec<String> {
    let made = targets::members(format, hosts, scope).unwrap();
    let mut names: Vec<String> = made
        .members
        .iter()
        .map(|member| member.name.to_string())
        .collect();
    names.sort_unstable();
    names
}

fn hosts(numbers: &BTreeSet<u64>) -> Vec<Host> {
    numbers.iter().copied().map(host).collect()
}

/// What a target that had one list has after the change to another.
fn change(
    format: &Format,
    before: &[Host],
    after: &[Host],
    scope: &Scope,
    prune: bool,
) -> Vec<String> {
    let text = export(format, before, scope);
    let present = format.read(&text).unwrap();
    let scope = Scope {
        base: Some(text),
        ..scope.clone()
    };
    let made = targets::members(format, after, &scope).unwrap();
    let plan = targets::plan(format, &made, &present, &scope, prune).unwrap();
    let mut target: BTreeSet<String> = names(&present).into_iter().map(str::to_owned).collect();
    if !plan.is_empty() {
        let mut out = Vec::new();
        format.change(&plan, &scope, &mut out).unwrap();
        let commands = String::from_utf8(out).unwrap();
        apply(format.name, &commands, &mut target);
    }
    target.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_exported_is_imported(numbers in btree_set(0_u64..2000, 1..600)) {
        let hosts = hosts(&numbers);
        for format in FORMATS {
            for protocol in protocols(format) {
                let scope = scope_of(format, protocol);
                let text = export(format, &hosts, &scope);
                let present = format.read(&text).unwrap();
                prop_assert_eq!(names(&present), wanted(format, &hosts, &scope), "{}", format.name);
                let made = targets::members(format, &hosts, &scope).unwrap();
                let plan = targets::plan(format, &made, &present, &scope, true).unwrap();
                prop_assert!(plan.is_empty(), "{}: {:?}", format.name, plan);
            }
        }
    }

    #[test]
    fn a_change_gives_exactly_the_wanted_set(
        before in btree_set(0_u64..60, 1..40),
        after in btree_set(0_u64..60, 1..40),
        prune: bool,
    ) {
        let (old, new) = (hosts(&before), hosts(&after));
        let all: Vec<Host> = if prune {
            new.clone()
        } else {
            hosts(&before.union(&after).copied().collect())
        };
        for format in FORMATS {
            for protocol in protocols(format) {
                let scope = scope_of(format, protocol);
                let result = change(format, &old, &new, &scope, prune);
                prop_assert_eq!(result, wanted(format, &all, &scope), "{}", format.name);
            }
        }
    }

    #[test]
    fn no_text_makes_a_reader_fall_over(text in "\\PC{0,200}|[\\[{\"a-z:,\\]} #<>\n]{0,200}") {
        for format in FORMATS {
            let _ = format.read(&text);
        }
    }
}

#[test]
fn names_are_compared_as_the_target_compares_them() {
    let mut mixed = host(1);
    mixed.iqn = Some("iqn.2016-04.com.open-iscsi:AbC".parse().unwrap());
    let there = |format: &str, name: &str| {
        let (text, scope) = match format {
            "lio" => (
                format!(
                    r#"{{"targets":[{{"fabric":"iscsi","wwn":"iqn.2024-01.test.local:target","tpgs":[{{"tag":1,"node_acls":[{{"node_wwn":"{name}"}}]}}]}}]}}"#
                ),
                scope(Protocol::Iscsi),
            ),
            "spdk-iscsi" => (
                format!(r#"[{{"tag":1,"initiators":["{name}"],"netmasks":["ANY"]}}]"#),
                Scope {
                    target: None,
                    group: Some("1".to_owned()),
                    ..scope(Protocol::Iscsi)
                },
            ),
            "tgt" => (
                format!(
                    "<target iqn.2024-01.test.local:target>\n initiator-name {name}\n</target>\n"
                ),
                scope(Protocol::Iscsi),
            ),
            _ => (
                format!("subsystems/nqn.2024-01.test.local:subsystem/allowed_hosts/{name}\n"),
                scope(Protocol::Nvme),
            ),
        };
        let format = targets::format(format).unwrap();
        let present = format.read(&text).unwrap();
        let hosts = [mixed.clone()];
        let made = targets::members(format, &hosts, &scope).unwrap();
        let plan = targets::plan(format, &made, &present, &scope, false).unwrap();
        (plan.added().join(" "), plan.unchanged.len())
    };
    let small = "iqn.2016-04.com.open-iscsi:abc";
    let capital = "iqn.2016-04.com.open-iscsi:AbC";
    // LIO makes small letters of what comes, so its ACL has to have them, and one with capitals is dead.
    assert_eq!(there("lio", small), (String::new(), 1));
    assert_eq!(there("lio", capital), (small.to_owned(), 0));
    assert_eq!(there("tgt", capital), (small.to_owned(), 0));
    assert_eq!(there("spdk-iscsi", capital), (String::new(), 1));
    let nqn = host(1).host_nqn.unwrap();
    assert_eq!(there("nvmet", nqn.as_str()), (String::new(), 1));
    let upper = nqn.as_str().to_uppercase().replace("NQN", "nqn");
    assert_eq!(there("nvmet", &upper), (nqn.as_str().to_owned(), 0));
}

#[test]
fn prune_leaves_patterns_and_what_is_no_name() {
    let format = targets::format("scst").unwrap();
    let text = "TARGET_DRIVER iscsi {\n TARGET iqn.2024-01.test.local:target {\n GROUP 1,2,3 {\n\
                INITIATOR iqn.2024-01.test.local:*\n INITIATOR iqn.2024-01.test.local:old\n\
                INITIATOR iqn.x;reboot\n }\n }\n}\n";
    let present = format.read(text).unwrap();
    let scope = scope(Protocol::Iscsi);
    let hosts = [host(1)];
    let made = targets::members(format, &hosts, &scope).unwrap();
    let plan = targets::plan(format, &made, &present, &scope, true).unwrap();
    assert_eq!(plan.removed(), ["iqn.2024-01.test.local:old"]);
    assert_eq!(plan.unknown.len(), 2);
}

#[test]
fn an_old_entry_is_never_a_line_of_a_script() {
    // A name that the target was made to hold, with which whoever made it waits for the script.
    let evil = r"nqn.2024-01.a:x\nEND OF NAMES\nreboot\n";
    let text = format!(
        r#"{{"subsystems":[{{"nqn":"nqn.2024-01.test.local:subsystem","allowed_hosts":["{evil}"]}}]}}"#
    );
    let format = targets::format("nvmet").unwrap();
    let present: Present = format.read(&text).unwrap();
    assert!(present.entries[0].name.contains('\n'));
    let scope = scope(Protocol::Nvme);
    let hosts = [host(1)];
    let made = targets::members(format, &hosts, &scope).unwrap();
    let plan = targets::plan(format, &made, &present, &scope, true).unwrap();
    assert!(plan.remove.is_empty());
    let mut script = Vec::new();
    format.change(&plan, &scope, &mut script).unwrap();
    assert!(!String::from_utf8(script).unwrap().contains("reboot"));
}

#[test]
fn a_group_of_spdk_has_at_most_256_initiators() {
    let format = targets::format("spdk-iscsi").unwrap();
    let scope = Scope {
        group: None,
        ..scope(Protocol::Iscsi)
    };
    let old: Vec<Host> = (0..300).map(host).collect();
    let new: Vec<Host> = (0..1000).map(host).collect();
    let present = format.read(&export(format, &old, &scope)).unwrap();
    let made = targets::members(format, &new, &scope).unwrap();
    let plan = targets::plan(format, &made, &present, &scope, false).unwrap();
    let mut out = Vec::new();
    format.change(&plan, &scope, &mut out).unwrap();
    let before = export(format, &old, &scope);
    let whole = before + &String::from_utf8(out).unwrap();
    let after = format.read(&whole).unwrap();
    assert_eq!(after.entries.len(), 1000);
    assert_eq!(after.objects, ["1", "2", "3", "4"]);
    for tag in &after.objects {
        let size = after.entries.iter().filter(|entry| entry.object == *tag);
        assert!(size.count() <= 256, "group {tag}");
    }
}

#[test]
fn nobody_joins_a_group_of_spdk_that_lets_anyone_in_or_keeps_somebody_out() {
    let format = targets::format("spdk-iscsi").unwrap();
    let scope = Scope {
        target: None,
        group: None,
        ..scope(Protocol::Iscsi)
    };
    let text = r#"[{"tag":3,"initiators":["ANY"],"netmasks":["ANY"]},
                   {"tag":5,"initiators":["!iqn.2024-01.a:x"],"netmasks":["ANY"]}]"#;
    let present = format.read(text).unwrap();
    let hosts = [host(1)];
    let made = targets::members(format, &hosts, &scope).unwrap();
    let plan = targets::plan(format, &made, &present, &scope, true).unwrap();
    assert!(plan.remove.is_empty());
    let mut out = Vec::new();
    format.change(&plan, &scope, &mut out).unwrap();
    let calls = String::from_utf8(out).unwrap();
    assert!(
        calls.contains(r#""method":"iscsi_create_initiator_group""#),
        "{calls}"
    );
    assert!(calls.contains(r#""tag":6"#), "{calls}");
}

#[test]
fn who_speaks_of_initiator_names_removes_no_host_nqn() {
    for name in ["terraform", "csv", "pure"] {
        let format = targets::format(name).unwrap();
        let old: Vec<Host> = (1..4).map(host).collect();
        let kind = if name == "pure" {
            Protocol::Nvme
        } else {
            Protocol::Both
        };
        let present = format.read(&export(format, &old, &scope(kind))).unwrap();
        let iscsi = scope(Protocol::Iscsi);
        let new = [host(2)];
        let made = targets::members(format, &new, &iscsi).unwrap();
        let plan = targets::plan(format, &made, &present, &iscsi, true).unwrap();
        assert!(
            plan.removed().iter().all(|name| name.starts_with("iqn.")),
            "{name}: {plan:?}"
        );
    }
}
