//! What is said to SPDK has the parameters that its schema publishes.

use sanid_fleet::hosts::Host;
use sanid_fleet::targets::{self, Protocol};
use serde_json::Value;

use super::support::{export, host, scope_of};

/// Methods with their required and their optional parameters: SPDK's
/// `schema/schema.yaml` at commit 01c847295f80.
const METHODS: &[(&str, &[&str], &[&str])] = &[
    (
        "nvmf_subsystem_add_host",
        &["nqn", "host"],
        &["tgt_name", "psk", "dhchap_key", "dhchap_ctrlr_key"],
    ),
    (
        "nvmf_subsystem_remove_host",
        &["nqn", "host"],
        &["tgt_name", "timeout_ms"],
    ),
    (
        "iscsi_create_initiator_group",
        &["tag", "initiators", "netmasks"],
        &[],
    ),
    (
        "iscsi_initiator_group_add_initiators",
        &["tag"],
        &["initiators", "netmasks"],
    ),
    (
        "iscsi_initiator_group_remove_initiators",
        &["tag"],
        &["initiators", "netmasks"],
    ),
    (
        "iscsi_target_node_add_pg_ig_maps",
        &["name", "pg_ig_maps"],
        &[],
    ),
];

fn check(requests: &str) -> Vec<String> {
    let mut seen = Vec::new();
    for (number, line) in requests.lines().enumerate() {
        let request: Value = serde_json::from_str(line).unwrap();
        assert_eq!(request["jsonrpc"], "2.0");
        assert_eq!(request["id"], number as u64 + 1);
        let method = request["method"].as_str().unwrap();
        let (_, required, optional) = METHODS.iter().find(|one| one.0 == method).unwrap();
        let params = request["params"].as_object().unwrap();
        for name in *required {
            assert!(params.contains_key(*name), "{line}");
        }
        for name in params.keys() {
            let name = name.as_str();
            assert!(
                required.contains(&name) || optional.contains(&name),
                "{line}"
            );
        }
        if let Some(tag) = params.get("tag") {
            assert!(tag.is_u64(), "{line}");
        }
        if let Some(maps) = params.get("pg_ig_maps") {
            for map in maps.as_array().unwrap() {
                assert!(map["ig_tag"].is_u64() && map["pg_tag"].is_u64(), "{line}");
            }
        }
        seen.push(method.to_owned());
    }
    seen.sort();
    seen.dedup();
    seen
}

#[test]
fn every_request_is_one_of_spdks() {
    let old: Vec<Host> = (0..300).map(host).collect();
    let new: Vec<Host> = (200..900).map(host).collect();
    let mut seen = Vec::new();
    for (name, protocol) in [
        ("spdk-nvmf", Protocol::Nvme),
        ("spdk-iscsi", Protocol::Iscsi),
    ] {
        let format = targets::format(name).unwrap();
        let scope = scope_of(format, protocol);
        let text = export(format, &old, &scope);
        seen.extend(check(&text));
        let present = format.read(&text).unwrap();
        let made = targets::members(format, &new, &scope).unwrap();
        let plan = targets::plan(format, &made, &present, &scope, true).unwrap();
        let mut out = Vec::new();
        format.change(&plan, &scope, &mut out).unwrap();
        seen.extend(check(&String::from_utf8(out).unwrap()));
    }
    for (method, _, _) in METHODS {
        assert!(
            seen.iter().any(|one| one == method),
            "{method} was never said"
        );
    }
}
