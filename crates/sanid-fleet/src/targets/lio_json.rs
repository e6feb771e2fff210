//! LIO's saveconfig.json. Restoring one clears everything that is live, so the list is written into a
//! given configuration (`--base`), and a difference is commands.

use std::collections::HashSet;
use std::io::Write;

use serde_json::{Value, json};

use super::json::{self, list, list_mut, text};
use super::lio::{self, EXPECTED, Luns};
use super::{
    Choice, Commands, Compares, Format, Member, Scope, TargetError, Writer, plain_iscsi, target,
};

const NAME: &str = "lio-json";

/// A configuration with one portal group, off: there is nothing to serve in it.
fn empty(target: &str, tag: u16) -> Value {
    json!({
        "fabric_modules": [],
        "storage_objects": [],
        "targets": [{
            "fabric": "iscsi",
            "wwn": target,
            "tpgs": [{
                "tag": tag,
                "enable": false,
                "attributes": {"generate_node_acls": 0},
                "luns": [],
                "portals": [],
                "node_acls": [],
            }],
        }],
    })
}

/// The portal group of the scope.
fn portal_group<'c>(
    config: &'c mut Value,
    scope: &Scope,
    target: &str,
) -> Result<&'c mut Value, TargetError> {
    let present = lio::read(&config.to_string(), NAME)?;
    let missing = || TargetError::NotThere {
        format: NAME,
        object: format!("{target}/tpgt_{}", scope.tag()),
        present: present.objects.clone(),
    };
    let targets = list_mut(config, "targets").ok_or_else(missing)?;
    targets
        .iter_mut()
        .filter(|one| text(one, "wwn") == Some(target))
        .find_map(|one| {
            let tags = list_mut(one, "tpgs")?;
            tags.iter_mut()
                .find(|tpg| tpg.get("tag") == Some(&json!(scope.tag())))
        })
        .ok_or_else(missing)
}

/// A configuration to restore.
pub(super) const LIO_JSON: Format = Format {
    name: NAME,
    about: "LIO: a saveconfig.json to restore; with --base, the given one and the hosts",
    loading: "targetctl restore and targetcli restoreconfig clear_existing=true CLEAR all that LIO serves, with the sessions on it, before they load this file: \
         give --base what targetcli saveconfig has written, or use --to lio",
    removal: lio::LIO.removal,
    takes: &[Choice::Target, Choice::PortalGroup],
    takes_base: true,
    compares: Compares::Bytes,
    object: |scope, _| lio::object(scope).map(Some),
    admissible: plain_iscsi,
    read: lio::read,
    writer: Writer::FileOrCommands(export, Commands::Written(lio::script)),
    ..Format::NEW
};

fn export(members: &[Member<'_>], scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let target = target(scope, NAME)?;
    let mut config = json::base(scope, NAME, EXPECTED, || empty(target, scope.tag()))?;
    let tpg = portal_group(&mut config, scope, target)?;
    let luns = match lio::access(tpg).luns {
        Luns::All => {
            let all = list(tpg, "luns").iter();
            let all = all.filter_map(|lun| lun.get("index").and_then(Value::as_u64));
            all.map(|lun| (lun, lun, false)).collect()
        }
        Luns::These(luns) => luns,
        Luns::Differ => {
            return Err(TargetError::Refused(
                "the ACLs of this portal group map different LUNs, and a new one would have to follow one of them: \
                 use --to lio, whose script asks which LUNs, or make them alike first"
                    .to_owned(),
            ));
        }
    };
    let luns: Vec<Value> = luns
        .into_iter()
        .map(|(index, lun, read_only)| {
            json!({"index": index, "tpg_lun": lun, "write_protect": read_only})
        })
        .collect();
    let known: HashSet<String> = list(tpg, "node_acls")
        .iter()
        .filter_map(|acl| text(acl, "node_wwn").map(str::to_owned))
        .collect();
    if let Some(acls) = list_mut(tpg, "node_acls") {
        let new = members
            .iter()
            .filter(|member| !known.contains(&*member.name));
        acls.extend(new.map(|member| json!({"node_wwn": member.name, "mapped_luns": luns})));
    }
    json::write(out, &config)
}
