//! LIO's saveconfig.json. Restoring one clears everything that is live, so the list is written into a
//! given configuration (`--base`), and a difference is commands.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write;

use serde_json::{Value, json};

use super::json::{self, list, list_mut, text};
use super::lio::{self, EXPECTED, Lio, Luns};
use super::{
    Choice, Format, Member, Plan, Present, Protocol, Scope, TargetError, plain_iscsi, target,
};

/// A configuration to restore.
pub(super) struct LioJson;

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

impl Format for LioJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "LIO: a saveconfig.json to restore; with --base, the given one and the hosts"
    }

    fn loading(&self) -> &'static str {
        "targetctl restore and targetcli restoreconfig clear_existing=true CLEAR all that LIO serves, with the sessions on it, before they load this file: \
         give --base what targetcli saveconfig has written, or use --to lio"
    }

    fn removal(&self) -> &'static str {
        Lio.removal()
    }

    fn takes_base(&self) -> bool {
        true
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn takes(&self) -> &'static [Choice] {
        &[Choice::Target, Choice::PortalGroup]
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        lio::object(scope).map(Some)
    }

    fn admissible(&self, name: &str, _host: Option<&str>) -> Result<(), String> {
        plain_iscsi(name)
    }

    fn key<'n>(&self, name: &'n str) -> Cow<'n, str> {
        Cow::Borrowed(name)
    }

    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
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

    fn read(&self, text: &str) -> Result<Present, TargetError> {
        lio::read(text, NAME)
    }

    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        Lio.change(plan, scope, out)
    }
}
