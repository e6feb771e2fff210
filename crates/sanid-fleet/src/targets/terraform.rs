//! A variable for Terraform, `hosts.auto.tfvars.json`: a map of hosts by name.
//!
//! Terraform makes the world what its variables say, so a difference is the whole map, with what is there.
//! Strings of a tfvars.json are no templates. Source: Terraform's documentation, "JSON Configuration
//! Syntax" and "Input Variables".

use std::collections::HashSet;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::json::{parse, text};
use super::{Choice, Entry, Format, Member, Plan, Present, Protocol, Scope, TargetError, Writer};
use crate::hosts::Host;

const NAME: &str = "terraform";
const VARIABLE: &str = "sanid_hosts";
const EXPECTED: &str = "Give it the tfvars.json with the variable sanid_hosts";

fn one(host: &Host) -> Value {
    json!({
        "iqn": host.names()[0],
        "host_nqn": host.names()[1],
        "host_id": host.host_id.map(|id| id.to_string()),
    })
}

fn write(out: &mut dyn Write, document: &Value) -> Result<(), TargetError> {
    serde_json::to_writer_pretty(&mut *out, document).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// Puts a host into the map. Another one of its name there is somebody else's.
fn insert(hosts: &mut Map<String, Value>, host: &Host) -> Result<(), TargetError> {
    let new = one(host);
    match hosts.get(&host.name) {
        Some(there) if conflicts(there, &new) => Err(TargetError::Refused(format!(
            "the map has another host called {}, with other names: rename one of the two, or use --prune if its names are no longer wanted",
            host.name.escape_debug()
        ))),
        _ => {
            hosts.insert(host.name.clone(), new);
            Ok(())
        }
    }
}

fn conflicts(there: &Value, new: &Value) -> bool {
    ["iqn", "host_nqn"].iter().any(|key| {
        let (there, new) = (text(there, key), text(new, key));
        there.is_some() && there != new
    })
}

/// A map of hosts.
pub(super) const TERRAFORM: Format = Format {
    name: NAME,
    about: "Terraform: the variable sanid_hosts, a map of hosts, as tfvars.json (reads the same)",
    loading: "Terraform makes the array what its variables say: a host that is not in this map is destroyed. Use sanid-fleet diff where there is a map already",
    removal: "terraform apply removes it from the array at once; look at terraform plan first",
    protocol: Protocol::Both,
    takes: &[Choice::Protocol],
    is_by_host: true,
    read,
    writer: Writer::Lists { export, change },
    ..Format::NEW
};

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let document = parse(input, NAME, EXPECTED)?;
    let Some(hosts) = document.get(VARIABLE).and_then(Value::as_object) else {
        return Err(TargetError::read(
            NAME,
            EXPECTED,
            format!("it has no map {VARIABLE}"),
        ));
    };
    let mut present = Present::default();
    for (name, host) in hosts {
        for key in ["iqn", "host_nqn"] {
            if let Some(value) = text(host, key) {
                present.entries.push(Entry {
                    label: Some(name.clone()),
                    ..Entry::name("", value)
                });
            }
        }
    }
    Ok(present)
}

fn export(members: &[Member<'_>], _scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let mut hosts = Map::new();
    for member in members {
        insert(&mut hosts, member.host)?;
    }
    write(out, &json!({VARIABLE: hosts}))
}

fn change(plan: &Plan<'_>, scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let base = scope.base.as_deref().unwrap_or(r#"{"sanid_hosts":{}}"#);
    let mut document = parse(base, NAME, EXPECTED)?;
    if let Some(hosts) = document.get_mut(VARIABLE).and_then(Value::as_object_mut) {
        let gone: HashSet<(&str, &str)> = plan
            .remove
            .iter()
            .map(|entry| (entry.label.as_deref().unwrap_or_default(), &*entry.name))
            .collect();
        hosts.retain(|name, host| {
            for key in ["iqn", "host_nqn"] {
                let goes = text(host, key).is_some_and(|value| gone.contains(&(name, value)));
                if let (true, Some(host)) = (goes, host.as_object_mut()) {
                    host.insert(key.to_owned(), Value::Null);
                }
            }
            text(host, "iqn").is_some() || text(host, "host_nqn").is_some()
        });
        for member in &plan.add {
            insert(hosts, member.host)?;
        }
    }
    write(out, &document)
}
