//! Pure FlashArray, by variables for the Ansible module `purefa_host`.
//!
//! The module makes a host's list what it is given, and a host holds names of one kind only. Host names
//! are 1 to 63 letters, digits and hyphens. Source: the module's documentation, purestorage.flasharray.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Map, Value, json};

use super::ansible;
use super::{
    Choice, Entry, Format, Member, Plan, Present, Protocol, Scope, TargetError, Writer, is_nqn,
};

const NAME: &str = "pure";
const EXPECTED: &str = "Have Ansible ask the array: purefa_info with gather_subset hosts, as JSON";
const KINDS: [&str; 2] = ["iqn", "nqn"];

fn kind(name: &str) -> &'static str {
    if is_nqn(name) { "nqn" } else { "iqn" }
}

fn mixed(host: &str) -> TargetError {
    TargetError::Refused(format!(
        "host {host} of the array would hold initiator names and host NQNs, and it takes one kind only: \
         make a second host there for the other kind"
    ))
}

fn write(out: &mut dyn Write, hosts: &BTreeMap<&str, Vec<&str>>) -> Result<(), TargetError> {
    let mut tasks = Vec::with_capacity(hosts.len());
    for (host, names) in hosts {
        let mut kinds: Vec<_> = names.iter().map(|name| kind(name)).collect();
        kinds.dedup();
        let [kind] = kinds.as_slice() else {
            return Err(mixed(host));
        };
        let mut task = Map::new();
        task.insert("name".to_owned(), json!(host));
        task.insert("state".to_owned(), json!("present"));
        let names: Vec<&str> = names
            .iter()
            .map(|name| if *name == NO_NQN { "" } else { name })
            .collect();
        task.insert((*kind).to_owned(), json!(names));
        tasks.push(Value::Object(task));
    }
    let what = "Arguments of purestorage.flasharray.purefa_host, one for each host; it makes this the host's whole list.";
    ansible::write(out, what, &json!({"sanid_pure_hosts": tasks}))
}

/// One task for each host.
pub(super) const PURE: Format = Format {
    name: NAME,
    about: "Pure FlashArray: Ansible variables for purefa_host (reads purefa_info's hosts)",
    loading: "purefa_host REPLACES the names of each host that it is given; hosts that are not in this export stay as they are",
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
    let Some(host) = host else { return Ok(()) };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let fits = (1..=63).contains(&host.len())
        && host.bytes().all(plain)
        && !host.starts_with('-')
        && !host.ends_with('-');
    if fits {
        Ok(())
    } else {
        Err("the array takes host names of 1 to 63 letters, digits and inner hyphens".to_owned())
    }
}

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let document = ansible::read(input, NAME, EXPECTED)?;
    let info = document
        .get("purefa_info")
        .and_then(|info| info.get("hosts"))
        .or_else(|| document.get("hosts"))
        .and_then(Value::as_object);
    let own = document.get("sanid_pure_hosts").and_then(Value::as_array);
    let hosts: Vec<(&str, &Value)> = match (info, own) {
        (Some(hosts), _) => hosts
            .iter()
            .map(|(name, host)| (name.as_str(), host))
            .collect(),
        (None, Some(tasks)) => tasks
            .iter()
            .map(|task| (super::json::text(task, "name").unwrap_or_default(), task))
            .collect(),
        (None, None) => {
            return Err(TargetError::read(NAME, EXPECTED, "it has no hosts"));
        }
    };
    let mut present = Present::default();
    for (host, value) in hosts {
        present.objects.push(host.to_owned());
        for kind in KINDS {
            let names = super::json::list(value, kind);
            for name in names.iter().filter_map(Value::as_str) {
                present.entries.push(Entry {
                    label: Some(host.to_owned()),
                    ..Entry::name(host, name)
                });
            }
        }
    }
    Ok(present)
}

fn export(members: &[Member<'_>], _scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let mut hosts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for member in members {
        let names = hosts.entry(&member.host.name).or_default();
        names.push(&member.name);
    }
    write(out, &hosts)
}

fn change(plan: &Plan<'_>, _scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let mut hosts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    // The array makes no difference between letters of either size: its spelling of a host stays.
    let object = |host: &'_ str| {
        let mut there = plan.present.objects.iter();
        there.find(|there| there.eq_ignore_ascii_case(host))
    };
    let objects: Vec<&str> = plan
        .add
        .iter()
        .map(|member| {
            object(&member.host.name)
                .unwrap_or(&member.host.name)
                .as_str()
        })
        .collect();
    for host in &objects {
        hosts.entry(host).or_default();
    }
    // What the plan leaves out, since nobody asked about it, is on the array all the same.
    let new = plan.add.first().map(|member| kind(&member.name));
    let other = |name: &str| new.is_some_and(|new| new != kind(name));
    for entry in &plan.present.entries {
        if other(&entry.name) && hosts.contains_key(entry.object.as_str()) {
            return Err(mixed(&entry.object));
        }
    }
    for entry in &plan.remove {
        hosts.entry(&entry.object).or_default();
    }
    for entry in plan.unchanged.iter().chain(&plan.unknown) {
        if let Some(names) = hosts.get_mut(entry.object.as_str()) {
            names.push(&entry.name);
        }
    }
    for (host, member) in objects.iter().zip(&plan.add) {
        if let Some(names) = hosts.get_mut(host) {
            names.push(&member.name);
        }
    }
    // The module takes a list with one empty name for "none".
    let emptied = hosts.iter_mut().filter(|(_, names)| names.is_empty());
    for (host, names) in emptied {
        let was_nqn = plan
            .remove
            .iter()
            .any(|entry| entry.object == **host && is_nqn(&entry.name));
        names.push(if was_nqn { NO_NQN } else { "" });
    }
    write(out, &hosts)
}

/// Stands for the empty name of the kind nqn until it is written.
const NO_NQN: &str = "nqn.";
