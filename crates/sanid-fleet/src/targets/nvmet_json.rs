//! nvmetcli's JSON. Restoring one clears everything that is live, so the list is written into a given
//! configuration (`--base`), and a difference is commands.

use std::collections::HashSet;
use std::io::Write;

use serde_json::{Value, json};

use super::json::{self, list_mut, text};
use super::nvmet;
use super::{
    Choice, Commands, Compares, Format, Member, Protocol, Scope, TargetError, Writer, one_word,
    subsystem,
};

const NAME: &str = "nvmet-json";
const EXPECTED: &str = "Have nvmetcli write it: nvmetcli save nvmet.json";

fn empty(nqn: &str) -> Value {
    json!({
        "hosts": [],
        "ports": [],
        "subsystems": [{
            "nqn": nqn,
            "attr": {"allow_any_host": "0"},
            "allowed_hosts": [],
            "namespaces": [],
        }],
    })
}

/// Adds what a list does not have yet.
fn extend(config: &mut Value, key: &str, new: impl Iterator<Item = (String, Value)>) {
    let name = |value: &Value| {
        let nqn = value.as_str().or_else(|| text(value, "nqn"));
        nqn.unwrap_or_default().to_owned()
    };
    if let Some(values) = list_mut(config, key) {
        let known: HashSet<String> = values.iter().map(name).collect();
        let new = new.filter(|(name, _)| !known.contains(name));
        values.extend(new.map(|(_, value)| value));
    }
}

/// A configuration to restore.
pub(super) const NVMET_JSON: Format = Format {
    name: NAME,
    about: "nvmet: a configuration for nvmetcli restore; with --base, the given one and the hosts",
    loading: "nvmetcli restore CLEARS all that nvmet serves, with the connections to it, before it loads this file: \
         give --base what nvmetcli save has written, or use --to nvmet. A subsystem that admitted any host is closed to those that are not in its list",
    removal: nvmet::NVMET.removal,
    protocol: Protocol::Nvme,
    takes: &[Choice::Subsystem],
    takes_base: true,
    compares: Compares::Bytes,
    object: nvmet::object,
    admissible: one_word,
    read: nvmet::read,
    writer: Writer::FileOrCommands(export, Commands::Script(&nvmet::SCRIPT)),
    ..Format::NEW
};

fn export(members: &[Member<'_>], scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let nqn = subsystem(scope, NAME)?;
    let mut config = json::base(scope, NAME, EXPECTED, || empty(nqn))?;
    let present = nvmet::read(&config.to_string(), NAME)?;
    let subsystem = list_mut(&mut config, "subsystems")
        .and_then(|all| all.iter_mut().find(|one| text(one, "nqn") == Some(nqn)))
        .ok_or_else(|| TargetError::NotThere {
            format: NAME,
            object: nqn.to_owned(),
            present: present.objects,
        })?;
    let names = || members.iter().map(|member| member.name.to_string());
    // The kernel takes no list while anyone is admitted.
    if let Some(attr) = subsystem.get_mut("attr").and_then(Value::as_object_mut) {
        attr.insert("allow_any_host".to_owned(), json!("0"));
    }
    extend(
        subsystem,
        "allowed_hosts",
        names().map(|name| (name.clone(), json!(name))),
    );
    extend(
        &mut config,
        "hosts",
        names().map(|name| (name.clone(), json!({"nqn": name}))),
    );
    json::write(out, &config)
}
