//! What a target has after the commands of a change, by what the commands say.

use std::collections::BTreeSet;

use serde_json::Value;

/// Carries a change out on a set of names.
pub(crate) fn apply(format: &str, change: &str, names: &mut BTreeSet<String>) {
    if change.starts_with("#!/bin/sh") {
        script(change, names);
    } else if format.starts_with("spdk") {
        requests(change, names);
    } else if format == "csv" || format == "ndjson" {
        rows(change, names);
    } else {
        tasks(&document(change), names);
    }
}

fn script(change: &str, names: &mut BTreeSet<String>) {
    let mut lines = change.lines();
    while let Some(line) = lines.next() {
        let section = line.strip_prefix("each ");
        let Some(what) = section.and_then(|line| line.strip_suffix(" <<'END OF NAMES'")) else {
            continue;
        };
        for name in lines.by_ref().take_while(|line| *line != "END OF NAMES") {
            let done = match what {
                "admit" => names.insert(name.to_owned()),
                "dismiss" => names.remove(name),
                other => panic!("{other}"),
            };
            assert!(done, "{what} {name} changes nothing");
        }
    }
}

fn requests(change: &str, names: &mut BTreeSet<String>) {
    for line in change.lines() {
        let request: Value = serde_json::from_str(line).unwrap();
        let params = &request["params"];
        let one = params["host"].as_str().into_iter();
        let list = params["initiators"].as_array().into_iter().flatten();
        for name in one.chain(list.filter_map(Value::as_str)) {
            let method = request["method"].as_str().unwrap();
            let done = if method.contains("remove") {
                names.remove(name)
            } else {
                names.insert(name.to_owned())
            };
            assert!(done, "{line}");
        }
    }
}

fn rows(change: &str, names: &mut BTreeSet<String>) {
    for line in change.lines().filter(|line| !line.starts_with("change,")) {
        let (what, row): (String, Vec<String>) = if line.starts_with('{') {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            (text("change"), vec![text("iqn"), text("hostNqn")])
        } else {
            let mut fields = line.split(',').map(str::to_owned);
            let what = fields.next().unwrap();
            (what, fields.skip(1).take(2).collect())
        };
        for name in row.into_iter().filter(|name| !name.is_empty()) {
            match what.as_str() {
                "add" => names.insert(name),
                "remove" => names.remove(&name),
                other => panic!("{other}"),
            };
        }
    }
}

fn document(change: &str) -> Value {
    let json: Vec<&str> = change
        .lines()
        .filter(|line| !line.starts_with('#'))
        .collect();
    serde_json::from_str(&json.join("\n")).unwrap()
}

/// Tasks for hosts of an array.
fn tasks(document: &Value, names: &mut BTreeSet<String>) {
    if let Some(tasks) = document["sanid_powerstore_hosts"].as_array() {
        for task in tasks {
            for one in task["detailed_initiators"].as_array().unwrap() {
                let name = one["port_name"].as_str().unwrap().to_owned();
                let done = if task["initiator_state"] == "present-in-host" {
                    names.insert(name)
                } else {
                    names.remove(&name)
                };
                assert!(done, "{task}");
            }
        }
    }
    // A task of the module for Pure is the whole list of a host, which has one name in these tests.
    for task in document["sanid_pure_hosts"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let number: u64 = task["name"].as_str().unwrap()[5..].parse().unwrap();
        let own = super::support::host(number);
        for kind in ["iqn", "nqn"] {
            let Some(list) = task[kind].as_array() else {
                continue;
            };
            for name in own.names().into_iter().flatten() {
                if name.starts_with(kind) {
                    names.remove(name);
                }
            }
            let kept = list.iter().filter_map(Value::as_str);
            names.extend(kept.filter(|name| !name.is_empty()).map(str::to_owned));
        }
    }
    // These are whole lists.
    if let Some(hosts) = document["sanid_hosts"].as_object() {
        names.clear();
        for host in hosts.values() {
            let both = [&host["iqn"], &host["host_nqn"]];
            names.extend(
                both.into_iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
        }
    }
    if let Some(list) = document["sanid_igroup"]["initiator_objects"].as_array() {
        let list = list.iter().map(|one| one["name"].as_str().unwrap());
        *names = list.map(str::to_owned).collect();
    }
    if let Some(list) = document["sanid_nvme_subsystem"]["hosts"].as_array() {
        *names = list
            .iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect();
    }
}
