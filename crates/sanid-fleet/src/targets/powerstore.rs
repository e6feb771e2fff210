//! Dell PowerStore, by variables for the Ansible module `host`.
//!
//! `initiator_state` says whether initiators are to be in the host or not: nothing else changes. A host has
//! initiators of one protocol. Source: the module's documentation, dellemc.powerstore.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::ansible;
use super::json::{list, text};
use super::{
    Choice, Entry, Format, Member, Plan, Present, Protocol, Scope, TargetError, Writer, is_nqn,
};

const NAME: &str = "powerstore";
const EXPECTED: &str = "Ask the array's REST: GET /api/rest/host?select=name,host_initiators";

/// Initiators by host, and whether they are to be there.
type Tasks<'t> = BTreeMap<(&'t str, bool), Vec<&'t str>>;

fn write(out: &mut dyn Write, tasks: &Tasks<'_>) -> Result<(), TargetError> {
    let task = |((host, there), names): (&(&str, bool), &Vec<&str>)| {
        let initiators: Vec<Value> = names
            .iter()
            .map(|name| {
                let kind = if is_nqn(name) { "NVMe" } else { "iSCSI" };
                json!({"port_name": name, "port_type": kind})
            })
            .collect();
        let state = if *there {
            "present-in-host"
        } else {
            "absent-in-host"
        };
        json!({
            "host_name": host,
            "os_type": "Linux",
            "state": "present",
            "initiator_state": state,
            "detailed_initiators": initiators,
        })
    };
    let tasks: Vec<Value> = tasks.iter().map(task).collect();
    let what = "Arguments of dellemc.powerstore.host, one for each host; it adds or removes these initiators only.";
    ansible::write(out, what, &json!({"sanid_powerstore_hosts": tasks}))
}

/// One task for each host.
pub(super) const POWERSTORE: Format = Format {
    name: NAME,
    about: "Dell PowerStore: Ansible variables for the host module (reads REST's /host)",
    loading: "adds the initiators to hosts of these names, which are made if they are not there, and changes nothing else",
    removal: "the array cuts an initiator that is removed off at once",
    protocol: Protocol::Either,
    takes: &[Choice::Protocol],
    is_by_host: true,
    admissible,
    read,
    writer: Writer::Lists { export, change },
    ..Format::NEW
};

/// # Errors
/// The reason.
fn admissible(_name: &str, host: Option<&str>) -> Result<(), String> {
    match host {
        Some(host) if host.chars().count() > 128 || host.chars().any(char::is_control) => {
            Err("the array takes host names of at most 128 printable characters".to_owned())
        }
        _ => Ok(()),
    }
}

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let document = ansible::read(input, NAME, EXPECTED)?;
    let hosts = document
        .get("sanid_powerstore_hosts")
        .unwrap_or(&document)
        .as_array();
    let Some(hosts) = hosts else {
        return Err(TargetError::read(
            NAME,
            EXPECTED,
            "it is not a list of hosts",
        ));
    };
    let mut present = Present::default();
    for host in hosts {
        let name = text(host, "name").or_else(|| text(host, "host_name"));
        let name = name.unwrap_or_default();
        present.objects.push(name.to_owned());
        let listed = list(host, "host_initiators");
        let own = list(host, "detailed_initiators");
        for initiator in listed.iter().chain(own) {
            // WWNs of Fibre Channel are not ours.
            if text(initiator, "port_type") == Some("FC") {
                continue;
            }
            present.entries.push(Entry {
                label: Some(name.to_owned()),
                ..Entry::name(name, text(initiator, "port_name").unwrap_or_default())
            });
        }
    }
    Ok(present)
}

fn export(members: &[Member<'_>], _scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let mut tasks = Tasks::new();
    for member in members {
        let names = tasks.entry((&member.host.name, true)).or_default();
        names.push(&member.name);
    }
    write(out, &tasks)
}

fn change(plan: &Plan<'_>, _scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let mut tasks = Tasks::new();
    for member in &plan.add {
        let names = tasks.entry((&member.host.name, true)).or_default();
        names.push(&member.name);
    }
    for entry in &plan.remove {
        let names = tasks.entry((&entry.object, false)).or_default();
        names.push(&entry.name);
    }
    write(out, &tasks)
}
