//! Files that a program reads by a schema: Terraform's variable, the arguments of PowerStore's module.

use sanid_fleet::hosts::Host;
use sanid_fleet::targets::{self, Protocol};
use serde_json::{Value, json};

use super::support::{export, host, scope};

fn hosts() -> Vec<Host> {
    let mut hosts: Vec<Host> = (0..4).map(host).collect();
    hosts[1].iqn = None;
    hosts[2].host_nqn = None;
    hosts[2].host_id = None;
    "${path.module} %{ if true } {{ x }} \"\\".clone_into(&mut hosts[3].name);
    hosts
}

/// `map(object({ iqn = string, host_nqn = string, host_id = string }))`, as docs/fleet.md declares it.
#[test]
fn a_tfvars_file_is_of_the_declared_type() {
    let name = json!({"type": ["string", "null"]});
    let one = json!({
        "type": "object",
        "properties": {"iqn": name, "host_nqn": name, "host_id": name},
        "required": ["iqn", "host_nqn", "host_id"],
        "additionalProperties": false,
    });
    let schema = json!({
        "type": "object",
        "properties": {"sanid_hosts": {"type": "object", "additionalProperties": one}},
        "required": ["sanid_hosts"],
        "additionalProperties": false,
    });
    let format = targets::format("terraform").unwrap();
    let text = export(format, &hosts(), &scope(Protocol::Both));
    let document: Value = serde_json::from_str(&text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(document["sanid_hosts"].as_object().unwrap().len(), 4);
}

/// The options of dellemc.powerstore.host 3.3, by its documentation.
#[test]
fn powerstores_module_has_these_arguments() {
    let format = targets::format("powerstore").unwrap();
    for (protocol, kind) in [(Protocol::Iscsi, "iSCSI"), (Protocol::Nvme, "NVMe")] {
        let text = export(format, &hosts(), &scope(protocol));
        let json: String = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.replace("!unsafe ", "") + "\n")
            .collect();
        let document: Value = serde_json::from_str(&json).unwrap();
        let tasks = document["sanid_powerstore_hosts"].as_array().unwrap();
        assert_eq!(tasks.len(), 3);
        for task in tasks {
            for (argument, value) in task.as_object().unwrap() {
                let right = match argument.as_str() {
                    "host_name" => value.is_string(),
                    "os_type" => value == "Linux",
                    "state" => value == "present",
                    "initiator_state" => value == "present-in-host",
                    "detailed_initiators" => value.as_array().unwrap().iter().all(|one| {
                        one["port_name"].is_string()
                            && one["port_type"] == kind
                            && one.as_object().unwrap().len() == 2
                    }),
                    _ => false,
                };
                assert!(right, "{argument}: {value}");
            }
        }
    }
}

#[test]
fn a_map_of_terraform_keeps_the_hosts_of_others() {
    let format = targets::format("terraform").unwrap();
    let mut scope = scope(Protocol::Both);
    let base = json!({
        "region": "x",
        "sanid_hosts": {"old": {"iqn": "iqn.2024-01.a:old", "host_nqn": null, "host_id": null, "rack": "r1"}},
    });
    scope.base = Some(base.to_string());
    let present = format.read(&base.to_string()).unwrap();
    let new = [host(1)];
    let made = targets::members(format, &new, &scope).unwrap();
    for (prune, count) in [(false, 2), (true, 1)] {
        let plan = targets::plan(format, &made, &present, &scope, prune).unwrap();
        let mut out = Vec::new();
        format.change(&plan, &scope, &mut out).unwrap();
        let document: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(document["region"], "x");
        assert_eq!(document["sanid_hosts"].as_object().unwrap().len(), count);
        assert_eq!(document["sanid_hosts"]["old"].is_object(), !prune);
    }
    let mut twin = host(1);
    "old".clone_into(&mut twin.name);
    let twins = [twin];
    let made = targets::members(format, &twins, &scope).unwrap();
    let plan = targets::plan(format, &made, &present, &scope, false).unwrap();
    let refused = format.change(&plan, &scope, &mut Vec::new()).unwrap_err();
    assert!(
        refused.to_string().contains("another host called old"),
        "{refused}"
    );
}

/// Who calls the library may hand it both kinds.
#[test]
fn a_host_of_pure_holds_one_kind_of_names() {
    let format = targets::format("pure").unwrap();
    let host = host(1);
    let names = host.names().map(Option::unwrap);
    let members = names.map(|name| targets::Member {
        host: &host,
        name: name.into(),
    });
    let scope = scope(Protocol::Iscsi);
    let mut out = Vec::new();
    let refused = format.export(&members, &scope, &mut out).unwrap_err();
    assert!(refused.to_string().contains("one kind only"), "{refused}");
    assert!(out.is_empty());
    for member in members {
        format.export(&[member], &scope, &mut out).unwrap();
    }
}

#[test]
fn a_host_of_pure_keeps_the_names_that_it_has() {
    let format = targets::format("pure").unwrap();
    let iscsi = scope(Protocol::Iscsi);
    let there = |names: &str| {
        format
            .read(&format!(
                r#"{{"purefa_info":{{"hosts":{{"node-1":{names}}}}}}}"#
            ))
            .unwrap()
    };
    let hosts = [host(1)];
    let made = targets::members(format, &hosts, &iscsi).unwrap();
    let new = "iqn.2016-04.com.open-iscsi:00000001a6894520";
    let list = |names: &str, prune: bool| {
        let present = there(names);
        let plan = targets::plan(format, &made, &present, &iscsi, prune).unwrap();
        let mut out = Vec::new();
        format.change(&plan, &iscsi, &mut out).map(|()| {
            let read = format.read(&String::from_utf8(out).unwrap()).unwrap();
            let names = read.entries.into_iter().map(|entry| entry.name);
            names.collect::<Vec<String>>()
        })
    };
    let old = r#"{"iqn":["iqn.2024-01.a:old"],"nqn":[],"wwn":[]}"#;
    assert_eq!(list(old, false).unwrap(), ["iqn.2024-01.a:old", new]);
    assert_eq!(list(old, true).unwrap(), [new]);
    let nqn = r#"{"iqn":[],"nqn":["nqn.2024-01.a:old"]}"#;
    let refused = list(nqn, false).unwrap_err();
    assert!(refused.to_string().contains("one kind only"), "{refused}");
    // Who is wanted stays where a stranger goes, and a host that had only strangers is emptied.
    let both = format!(r#"{{"iqn":["{new}","iqn.2024-01.a:old"]}}"#);
    assert_eq!(list(&both, true).unwrap(), [new]);
    let present = format
        .read(r#"{"hosts":{"gone":{"iqn":["iqn.2024-01.a:old"]}}}"#)
        .unwrap();
    let plan = targets::plan(format, &made, &present, &iscsi, true).unwrap();
    let mut out = Vec::new();
    format.change(&plan, &iscsi, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("\"iqn\": [\n        \"\"\n      ]"), "{text}");
}
