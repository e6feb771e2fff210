//! The iSCSI target of SPDK, told by JSON-RPC.
//!
//! Initiators are in groups of at most 256; a target maps portal groups to initiator groups. `ANY`
//! lets anyone in, `!name` keeps one out, and the first match counts. Letters of either size are one.
//! Source: SPDK `schema/schema.yaml` and `lib/iscsi`.

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

use super::json::list;
use super::spdk::{self, Requests, Said};
use super::{Entry, Format, Kind, Member, Plan, Present, Protocol, Scope, TargetError, names};

/// JSON-RPC for initiator groups.
pub(super) struct SpdkIscsi;

const NAME: &str = "spdk-iscsi";
/// The most initiators that a group holds.
const GROUP: usize = 256;
const EXPECTED: &str =
    "Have SPDK say it: scripts/rpc.py iscsi_get_initiator_groups, or scripts/rpc.py save_config";

/// The tags that the user names; the first is where new groups begin in an export.
fn tags(scope: &Scope) -> Result<Vec<u64>, TargetError> {
    let Some(group) = &scope.group else {
        return Ok(Vec::new());
    };
    group
        .split(',')
        .map(|tag| tag.trim().parse().ok().filter(|&tag: &u64| tag > 0))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            TargetError::Usage(format!(
                "{NAME} takes tags of initiator groups, numbers from 1 with commas between them: --group 1,2; \
                 it was given {group:?}"
            ))
        })
}

/// New groups from this tag on, mapped to the target where one is named.
fn create(
    requests: &mut Requests<'_>,
    scope: &Scope,
    first: u64,
    initiators: &[&str],
) -> Result<(), TargetError> {
    for (tag, chunk) in (first..).zip(initiators.chunks(GROUP)) {
        let group = json!({"tag": tag, "initiators": chunk, "netmasks": ["ANY"]});
        requests.call("iscsi_create_initiator_group", &group)?;
        if let Some(target) = &scope.target {
            let map = json!([{"ig_tag": tag, "pg_tag": scope.portal_group}]);
            let params = json!({"name": target, "pg_ig_maps": map});
            requests.call("iscsi_target_node_add_pg_ig_maps", &params)?;
        }
    }
    Ok(())
}

fn group(present: &mut Present, group: &Value) {
    let Some(tag) = group.get("tag").and_then(Value::as_u64) else {
        return;
    };
    let object = tag.to_string();
    present.object(&object);
    for name in list(group, "initiators").iter().filter_map(Value::as_str) {
        let kind = match name {
            name if name.eq_ignore_ascii_case("ANY") => Kind::Anyone,
            name if name.starts_with('!') => Kind::Pattern,
            _ => Kind::Name,
        };
        present.entries.push(Entry {
            kind,
            ..Entry::name(&object, name)
        });
    }
}

impl Format for SpdkIscsi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "SPDK's iSCSI target: JSON-RPC requests, one to a line (reads iscsi_get_initiator_groups, save_config)"
    }

    fn loading(&self) -> &'static str {
        "makes groups of at most 256 initiators from the tag --group on; SPDK answers with an error, and changes nothing, for a tag that is taken. \
         A new group admits nobody until a target maps it: --target NAME --tpg PORTAL-GROUP"
    }

    fn removal(&self) -> &'static str {
        "an initiator that is logged in to SPDK goes on until it logs in again"
    }

    fn protocol(&self) -> Protocol {
        Protocol::Iscsi
    }

    fn object(&self, scope: &Scope) -> Result<Option<String>, TargetError> {
        tags(scope).map(|_| None)
    }

    fn within(&self, object: &str, scope: &Scope) -> bool {
        match tags(scope) {
            Ok(tags) if !tags.is_empty() => tags.iter().any(|tag| tag.to_string() == object),
            _ => true,
        }
    }

    fn export(
        &self,
        members: &[Member<'_>],
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        let first = tags(scope)?.first().copied().unwrap_or(1);
        create(&mut Requests::new(out), scope, first, &names(members))
    }

    fn read(&self, input: &str) -> Result<Present, TargetError> {
        let mut present = Present::default();
        match spdk::read(input, NAME, EXPECTED)? {
            Said::Answer(groups) => {
                for one in &groups {
                    group(&mut present, one);
                }
            }
            Said::Calls(calls) => {
                for (method, params) in &calls {
                    if matches!(
                        method.as_str(),
                        "iscsi_create_initiator_group" | "iscsi_initiator_group_add_initiators"
                    ) {
                        group(&mut present, params);
                    }
                }
            }
        }
        Ok(present)
    }

    fn change(
        &self,
        plan: &Plan<'_>,
        scope: &Scope,
        out: &mut dyn Write,
    ) -> Result<(), TargetError> {
        let mut requests = Requests::new(out);
        let mut gone: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for entry in &plan.remove {
            gone.entry(&entry.object).or_default().push(&entry.name);
        }
        for (tag, initiators) in gone {
            let params = json!({"tag": tag.parse::<u64>().unwrap_or(0), "initiators": initiators});
            requests.call("iscsi_initiator_group_remove_initiators", &params)?;
        }
        let mut left = plan.added();
        let tags = || {
            plan.present
                .objects
                .iter()
                .filter_map(|tag| tag.parse().ok())
        };
        for tag in tags().filter(|tag: &u64| self.within(&tag.to_string(), scope)) {
            let object = tag.to_string();
            let kept = plan.unchanged.iter().chain(&plan.unknown);
            let kept: Vec<_> = kept.filter(|entry| entry.object == object).collect();
            // Who joins such a group would join whoever is let in or kept out by it.
            if kept.iter().any(|entry| entry.kind != Kind::Name) {
                continue;
            }
            let room = GROUP.saturating_sub(kept.len()).min(left.len());
            let now: Vec<_> = left.drain(..room).collect();
            if !now.is_empty() {
                let params = json!({"tag": tag, "initiators": now});
                requests.call("iscsi_initiator_group_add_initiators", &params)?;
            }
        }
        let next = tags().max().unwrap_or(0) + 1;
        create(&mut requests, scope, next, &left)
    }
}
