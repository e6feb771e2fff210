//! Random states of targets that others configured, and random lists: a difference admits who is wanted, takes
//! away only what `--prune` may, touches nothing else, and once it is carried out there is none.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sanid_fleet::hosts::Host;
use sanid_fleet::targets::{self, FORMATS, Format, Kind, Protocol, Scope, TargetError};
use serde_json::{Value, json};

use super::apply::apply;
use super::support::{SUBSYSTEM, TARGET, host, protocols, scope};

/// What others configured, by the numbers of hosts.
#[derive(Debug, Clone)]
struct State {
    /// The object that the list is for.
    here: BTreeSet<u64>,
    /// Another one.
    elsewhere: BTreeSet<u64>,
    /// Anyone may come.
    open: bool,
    /// What stands for more or less than one: an address, a wildcard, a WWPN.
    pattern: bool,
}

fn states() -> impl Strategy<Value = State> {
    let numbers = || prop::collection::btree_set(0_u64..30, 0..12);
    (numbers(), numbers(), any::<bool>(), any::<bool>()).prop_map(
        |(here, elsewhere, open, pattern)| State {
            here,
            elsewhere,
            open,
            pattern,
        },
    )
}

/// The names of hosts by which a format knows them.
fn names_of(protocol: Protocol, numbers: &BTreeSet<u64>) -> Vec<String> {
    let kept = |name: &&str| match protocol {
        Protocol::Iscsi => name.starts_with("iqn."),
        Protocol::Nvme => name.starts_with("nqn."),
        Protocol::Either | Protocol::Both => true,
    };
    let hosts: Vec<Host> = numbers.iter().copied().map(host).collect();
    hosts
        .iter()
        .flat_map(|host| host.names().into_iter().flatten().filter(kept))
        .map(str::to_owned)
        .collect()
}

/// Every name of the object of the list, by what the target prints.
fn here(format: &Format, protocol: Protocol, state: &State) -> BTreeSet<String> {
    let by_host = format.is_by_host;
    let mut names = names_of(protocol, &state.here);
    if by_host {
        names.extend(names_of(protocol, &state.elsewhere));
    }
    names.into_iter().collect()
}

/// What a target prints of two objects, in which `names` are in the first.
fn printed(format: &str, protocol: Protocol, state: &State, names: &BTreeSet<String>) -> String {
    let other = names_of(protocol, &state.elsewhere);
    let names: Vec<String> = names.iter().cloned().collect();
    let objects = [(true, &names), (false, &other)];
    match format {
        "lio" | "lio-json" => json!({"fabric_modules": [], "targets": objects.map(|(here, names)| json!({
            "fabric": "iscsi",
            "wwn": if here { TARGET } else { "iqn.2024-01.test.local:other" },
            "tpgs": [{
                "tag": 1,
                "attributes": {"generate_node_acls": u8::from(here && state.open)},
                "luns": [{"index": 0}],
                "node_acls": names.iter().map(|name| json!({"node_wwn": name, "mapped_luns": []})).collect::<Vec<_>>(),
            }],
        }))})
        .to_string(),
        "nvmet" | "nvmet-json" => json!({"subsystems": objects.map(|(here, names)| json!({
            "nqn": subsystem(here),
            "attr": {"allow_any_host": if here && state.open { "1" } else { "0" }},
            "allowed_hosts": names,
        }))})
        .to_string(),
        "spdk-nvmf" => json!(objects.map(|(here, names)| json!({
            "nqn": subsystem(here),
            "subtype": "NVMe",
            "allow_any_host": here && state.open,
            "hosts": names.iter().map(|name| json!({"nqn": name})).collect::<Vec<_>>(),
        })))
        .to_string(),
        "spdk-iscsi" => spdk_iscsi(state, objects),
        "tgt" | "tgtadm" => tgt(state, objects),
        "scst" | "scstadmin" => scst(state, objects),
        "ceph-nvmeof" => objects
            .map(|(here, names)| {
                json!({
                    "status": 0,
                    "subsystem_nqn": subsystem(here),
                    "allow_any_host": here && state.open,
                    "hosts": names.iter().map(|name| json!({"nqn": name})).collect::<Vec<_>>(),
                })
                .to_string()
            })
            .concat(),
        "truenas-iscsi" => json!(objects.map(|(here, names)| {
            let pattern = (here && state.pattern).then(|| "10.0.0.0/8".to_owned());
            json!({
                "id": 1 + u8::from(here),
                "comment": if here { "1,2,3" } else { "other" },
                "initiators": names.iter().cloned().chain(pattern).collect::<Vec<_>>(),
            })
        }))
        .to_string(),
        "truenas-nvmet" => {
            let tie = |here: bool, name: &String| json!({
                "host": {"hostnqn": name},
                "subsys": {"subnqn": subsystem(here), "allow_any_host": here && state.open},
            });
            let ties = objects.map(|(here, names)| names.iter().map(|name| tie(here, name)).collect::<Vec<_>>());
            json!(ties.concat()).to_string()
        }
        "ontap-igroup" => json!({"records": objects.map(|(here, names)| {
            let wwpn = (here && state.pattern).then(|| json!({"name": "20:01:00:25:b5:00:00:01"}));
            let initiators = names.iter().map(|name| json!({"name": name, "comment": "by somebody"}));
            json!({
                "svm": {"name": "svm1"},
                "name": if here { "1,2,3" } else { "other" },
                "protocol": "mixed",
                "os_type": "vmware",
                "initiators": initiators.chain(wwpn).collect::<Vec<_>>(),
            })
        })})
        .to_string(),
        "ontap-nvme" => json!({"records": objects.map(|(here, names)| json!({
            "svm": {"name": "svm1"},
            "name": subsystem(here),
            "hosts": names.iter().map(|name| json!({"nqn": name})).collect::<Vec<_>>(),
        }))})
        .to_string(),
        _ => by_host(format, &names),
    }
}

fn subsystem(here: bool) -> &'static str {
    if here {
        SUBSYSTEM
    } else {
        "nqn.2024-01.test.local:other"
    }
}

type Objects<'n> = [(bool, &'n Vec<String>); 2];

fn spdk_iscsi(state: &State, objects: Objects<'_>) -> String {
    let calls = objects.map(|(here, names)| {
        let tag = if here { 1 } else { 2 };
        let mut initiators = names.clone();
        if here && state.pattern {
            initiators.push("!iqn.2024-01.test.local:kept-out".to_owned());
        }
        if here && state.open {
            initiators.push("ANY".to_owned());
        }
        let name = if here {
            TARGET
        } else {
            "iqn.2024-01.test.local:other"
        };
        vec![
            json!({"method": "iscsi_create_initiator_group",
                "params": {"tag": tag, "initiators": initiators, "netmasks": ["ANY"]}}),
            json!({"method": "iscsi_create_target_node",
                "params": {"name": name, "pg_ig_maps": [{"pg_tag": 1, "ig_tag": tag}]}}),
        ]
    });
    json!({"subsystems": [{"subsystem": "iscsi", "config": calls.concat()}]}).to_string()
}

fn tgt(state: &State, objects: Objects<'_>) -> String {
    let block = |(here, names): (bool, &Vec<String>)| {
        let name = if here {
            TARGET
        } else {
            "iqn.2024-01.test.local:other"
        };
        let mut lines = vec![
            format!("<target {name}>"),
            "  backing-store /dev/null".to_owned(),
        ];
        lines.extend(
            names
                .iter()
                .map(|name| format!("\tinitiator-name = {name}")),
        );
        if here && state.pattern {
            lines.push("  initiator-address 10.0.0.0/8".to_owned());
        }
        // Without any address tgt-admin lets everybody in.
        if !(here && state.open) {
            lines.push("  initiator-address 255.255.255.255".to_owned());
        }
        lines.push("</target>\n".to_owned());
        lines.join("\n")
    };
    objects.map(block).concat()
}

fn scst(state: &State, objects: Objects<'_>) -> String {
    let mut text = "TARGET_DRIVER iscsi {\n".to_owned();
    for (here, names) in objects {
        let name = if here {
            TARGET
        } else {
            "iqn.2024-01.test.local:other"
        };
        text.extend(["TARGET ", name, " {\n"]);
        if here && state.open {
            text += "LUN 0 disk1\n";
        }
        text += "GROUP 1,2,3 {\nLUN 0 disk1\n";
        for name in names {
            text.extend(["INITIATOR ", name.as_str(), "\n"]);
        }
        if here && state.pattern {
            text += "INITIATOR iqn.2024-01.test.local:*\n";
        }
        text += "}\n}\n";
    }
    text + "}\n"
}

/// Lists of hosts; each has the names of its number.
fn by_host(format: &str, names: &[String]) -> String {
    let mut hosts: BTreeMap<String, [Option<&String>; 2]> = BTreeMap::new();
    for number in 0..30 {
        let own = host(number);
        let held = own
            .names()
            .map(|name| names.iter().find(|held| Some(held.as_str()) == name));
        if held != [None, None] {
            hosts.insert(own.name.clone(), held);
        }
    }
    match format {
        "pure" => {
            let list = |name: Option<&String>| name.cloned().into_iter().collect::<Vec<_>>();
            let hosts: BTreeMap<_, _> = hosts
                .iter()
                .map(|(host, [iqn, nqn])| {
                    (
                        host,
                        json!({"iqn": list(*iqn), "nqn": list(*nqn), "wwn": []}),
                    )
                })
                .collect();
            json!({"purefa_info": {"hosts": hosts}}).to_string()
        }
        "powerstore" => {
            let one = |(name, kind): (Option<&String>, &str)| {
                name.map(|name| json!({"port_name": name, "port_type": kind}))
            };
            let host = |(host, [iqn, nqn]): (&String, &[Option<&String>; 2])| {
                let initiators = [(*iqn, "iSCSI"), (*nqn, "NVMe")]
                    .into_iter()
                    .filter_map(one);
                json!({"name": host, "host_initiators": initiators.collect::<Vec<_>>()})
            };
            json!(hosts.iter().map(host).collect::<Vec<_>>()).to_string()
        }
        "terraform" => {
            let hosts: BTreeMap<_, _> = hosts
                .iter()
                .map(|(host, [iqn, nqn])| {
                    (
                        host,
                        json!({"iqn": iqn, "host_nqn": nqn, "tags": ["by somebody"]}),
                    )
                })
                .collect();
            json!({"region": "by somebody", "sanid_hosts": hosts}).to_string()
        }
        "ndjson" => {
            let row = |(host, [iqn, nqn]): (&String, &[Option<&String>; 2])| {
                format!("{}\n", json!({"host": host, "iqn": iqn, "hostNqn": nqn}))
            };
            hosts.iter().map(row).collect()
        }
        _ => {
            let text = |name: Option<&String>| name.cloned().unwrap_or_default();
            let row = |(host, [iqn, nqn]): (&String, &[Option<&String>; 2])| {
                format!("{host},{},{},\n", text(*iqn), text(*nqn))
            };
            let rows: String = hosts.iter().map(row).collect();
            format!("host,iqn,host_nqn,host_id\n{rows}")
        }
    }
}

/// A difference that was carried out.
struct Done {
    before: BTreeSet<String>,
    after: BTreeSet<String>,
    wanted: BTreeSet<String>,
    written: String,
}

/// Carries out the difference between a state and a list, and sees that then there is none.
fn carried_out(
    format: &Format,
    protocol: Protocol,
    state: &State,
    list: &BTreeSet<u64>,
    prune: bool,
) -> Result<Option<Done>, TestCaseError> {
    let before = here(format, protocol, state);
    let text = printed(format.name, protocol, state, &before);
    // No list at all is no empty list.
    if text.is_empty() {
        return Ok(None);
    }
    let read = |text: &str| {
        format
            .read(text)
            .map_err(|error| TestCaseError::fail(format!("{}: {error}\n{text}", format.name)))
    };
    let present = read(&text)?;
    let scope = |base: &str| Scope {
        base: Some(base.to_owned()),
        group: Some(
            if format.name == "spdk-iscsi" {
                "1"
            } else {
                "1,2,3"
            }
            .to_owned(),
        ),
        ..scope(protocol)
    };
    let hosts: Vec<Host> = list.iter().copied().map(host).collect();
    let asked = scope(&text);
    let made = targets::members(format, &hosts, &asked).unwrap();
    let plan = match targets::plan(format, &made, &present, &asked, prune) {
        Ok(plan) => plan,
        // Nobody would be left.
        Err(TargetError::Refused(_)) if prune && list.is_empty() => return Ok(None),
        // What has no entry is not in what the target prints.
        Err(TargetError::NotThere { .. }) if before.is_empty() => return Ok(None),
        Err(error) => return Err(TestCaseError::fail(format!("{}: {error}", format.name))),
    };
    let kept = |entry: &targets::Entry| entry.kind != Kind::Name;
    prop_assert!(
        !plan.remove.iter().any(|entry| kept(entry)),
        "{}: a pattern goes",
        format.name
    );
    let mut out = Vec::new();
    let mut after = before.clone();
    if !plan.is_empty() {
        match format.change(&plan, &asked, &mut out) {
            Ok(()) => {}
            // An empty list is for anyone; a host of the array holds names of one kind.
            Err(TargetError::Refused(_)) => return Ok(None),
            Err(error) => return Err(TestCaseError::fail(format!("{}: {error}", format.name))),
        }
        apply(format.name, std::str::from_utf8(&out).unwrap(), &mut after);
        after.retain(|name| name.starts_with("iqn.2016") || name.starts_with("nqn.2014"));
    }
    let now = printed(format.name, protocol, state, &after);
    let present = read(&now)?;
    let asked = scope(&now);
    let again = targets::plan(format, &made, &present, &asked, prune).unwrap();
    prop_assert!(
        again.is_empty(),
        "{} has a second difference: {:?}",
        format.name,
        again
    );
    Ok(Some(Done {
        before,
        after,
        wanted: names_of(protocol, list).into_iter().collect(),
        written: String::from_utf8(out).unwrap(),
    }))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_difference_does_what_it_says_and_nothing_else(
        state in states(),
        list in prop::collection::btree_set(0_u64..30, 0..12),
        prune: bool,
    ) {
        for format in FORMATS {
            for protocol in protocols(format) {
                let Some(done) = carried_out(format, protocol, &state, &list, prune)? else {
                    continue;
                };
                let expected: BTreeSet<String> = if prune {
                    done.wanted.clone()
                } else {
                    done.before.union(&done.wanted).cloned().collect()
                };
                prop_assert_eq!(&done.after, &expected, "{}", format.name);
                if !done.written.is_empty() {
                    others_stay(format.name, &state, &done)?;
                }
            }
        }
    }
}

/// What others configured beside the names is in lists that replace what is there.
fn others_stay(format: &str, state: &State, done: &Done) -> Result<(), TestCaseError> {
    let document = || -> Value {
        let lines = done.written.lines().filter(|line| !line.starts_with('#'));
        serde_json::from_str(&lines.collect::<Vec<_>>().join("\n")).unwrap()
    };
    match format {
        "ontap-igroup" => {
            let igroup = &document()["sanid_igroup"];
            prop_assert_eq!(&igroup["initiator_group_type"], "mixed");
            prop_assert_eq!(&igroup["os_type"], "vmware");
            let objects = igroup["initiator_objects"].as_array().unwrap();
            let wwpn = objects
                .iter()
                .any(|one| one["name"] == "20:01:00:25:b5:00:00:01");
            prop_assert_eq!(wwpn, state.pattern);
            for one in objects {
                let was_there = done.before.contains(one["name"].as_str().unwrap());
                prop_assert!(!was_there || one["comment"] == "by somebody", "{}", one);
            }
        }
        "terraform" => {
            let document = document();
            prop_assert_eq!(&document["region"], "by somebody");
            for (name, one) in document["sanid_hosts"].as_object().unwrap() {
                let was_there = one["iqn"]
                    .as_str()
                    .is_some_and(|iqn| done.before.contains(iqn));
                prop_assert!(
                    !was_there || one["tags"] == json!(["by somebody"]),
                    "{}: {}",
                    name,
                    one
                );
            }
        }
        _ => {}
    }
    Ok(())
}
