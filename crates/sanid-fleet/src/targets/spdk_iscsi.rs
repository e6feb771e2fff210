//! The iSCSI target of SPDK, told by JSON-RPC.
//!
//! Initiators are in groups of at most 256; a target maps portal groups to initiator groups. `ANY`
//! lets anyone in, `!name` keeps one out, and the first match counts. Letters of either size are one.
//! Source: SPDK `schema/schema.yaml` and `lib/iscsi`.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use super::json::{list, text};
use super::spdk::{self, Requests, Said};
use super::{
    Choice, Entry, Format, Kind, Map, Member, Plan, Present, Scope, TargetError, Writer, names,
};

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
    portal_group: u16,
    first: u64,
    initiators: &[&str],
) -> Result<(), TargetError> {
    for (tag, chunk) in (first..).zip(initiators.chunks(GROUP)) {
        let group = json!({"tag": tag, "initiators": chunk, "netmasks": ["ANY"]});
        requests.call("iscsi_create_initiator_group", &group)?;
        if let Some(target) = &scope.target {
            let map = json!([{"ig_tag": tag, "pg_tag": portal_group}]);
            let params = json!({"name": target, "pg_ig_maps": map});
            requests.call("iscsi_target_node_add_pg_ig_maps", &params)?;
        }
    }
    Ok(())
}

fn wrong(why: String) -> TargetError {
    TargetError::read(NAME, EXPECTED, why)
}

/// # Errors
/// A group has no tag.
fn group(present: &mut Present, group: &Value) -> Result<(), TargetError> {
    let tag = group.get("tag").and_then(Value::as_u64);
    let tag =
        tag.ok_or_else(|| wrong("it has an element that is not an initiator group".to_owned()))?;
    let object = tag.to_string();
    present.object(&object);
    for name in list(group, "initiators").iter().filter_map(Value::as_str) {
        let kind = match name {
            name if name.eq_ignore_ascii_case("ANY") => Kind::Anyone,
            name if name.starts_with('!') => Kind::Pattern,
            _ => Kind::of(name),
        };
        present.entries.push(Entry {
            kind,
            ..Entry::name(&object, name)
        });
    }
    Ok(())
}

/// # Errors
/// A method that is about initiator groups or their maps and not known.
fn call(present: &mut Present, method: &str, params: &Value) -> Result<(), TargetError> {
    match method {
        "iscsi_create_initiator_group" | "iscsi_initiator_group_add_initiators" => {
            group(present, params)?;
        }
        "iscsi_create_target_node" | "iscsi_target_node_add_pg_ig_maps" => {
            let target = text(params, "name").unwrap_or_default();
            let number = |map: &Value, key: &str| map.get(key).and_then(Value::as_u64);
            for map in list(params, "pg_ig_maps") {
                let (Some(group), Some(portal_group)) =
                    (number(map, "ig_tag"), number(map, "pg_tag"))
                else {
                    return Err(wrong(format!(
                        "{method} has a map without ig_tag or pg_tag"
                    )));
                };
                present.maps.push(Map {
                    target: target.to_owned(),
                    portal_group: u16::try_from(portal_group).unwrap_or(u16::MAX),
                    group: group.to_string(),
                });
            }
        }
        other if other.contains("initiator_group") || other.contains("pg_ig_maps") => {
            return Err(wrong(format!(
                "the method {} is not known",
                other.escape_debug()
            )));
        }
        _ => {}
    }
    Ok(())
}

/// The groups of a scope without a target: those that it names, or all where they are one target's.
fn groups(tags: Vec<String>, present: &Present) -> Result<Vec<String>, TargetError> {
    if !tags.is_empty() {
        return Ok(tags);
    }
    let targets: BTreeSet<&str> = present.maps.iter().map(|map| map.target.as_str()).collect();
    if targets.len() > 1 {
        let targets: Vec<String> = targets.into_iter().map(str::to_owned).collect();
        return Err(TargetError::Usage(format!(
            "{NAME} needs --target or --group here, since there is more than one target: {}",
            super::shown(&targets)
        )));
    }
    Ok(present.objects.clone())
}

/// The groups that a target maps, through the portal group of the scope where it names one.
fn mapped(scope: &Scope, target: &str, present: &Present) -> Result<Vec<String>, TargetError> {
    if present.maps.is_empty() {
        return Err(TargetError::Usage(format!(
            "what was read does not say which groups the target {target} maps: \
             give what scripts/rpc.py save_config prints, or say --group in place of --target"
        )));
    }
    let of_target: Vec<&Map> = present
        .maps
        .iter()
        .filter(|map| map.target == target)
        .collect();
    if of_target.is_empty() {
        let mut targets: Vec<String> = present.maps.iter().map(|map| map.target.clone()).collect();
        targets.dedup();
        return Err(TargetError::NotThere {
            format: NAME,
            object: target.to_owned(),
            present: targets,
        });
    }
    let is_meant = |map: &&&Map| scope.portal_group.is_none_or(|tag| tag == map.portal_group);
    let mut groups: Vec<String> = of_target
        .iter()
        .filter(is_meant)
        .map(|map| map.group.clone())
        .collect();
    groups.sort_unstable();
    groups.dedup();
    if groups.is_empty() {
        return Err(TargetError::Usage(format!(
            "the target {target} maps no initiator group through the portal group {}",
            scope.tag()
        )));
    }
    Ok(groups)
}

/// JSON-RPC for initiator groups.
pub(super) const SPDK_ISCSI: Format = Format {
    name: NAME,
    about: "SPDK's iSCSI target: JSON-RPC requests, one to a line (reads iscsi_get_initiator_groups, save_config)",
    loading: "makes groups of at most 256 initiators from the tag --group on; SPDK answers with an error, and changes nothing, for a tag that is taken. \
         A new group admits nobody until a target maps it: --target NAME --tpg PORTAL-GROUP",
    removal: "an initiator that is logged in to SPDK goes on until it logs in again",
    takes: &[Choice::Target, Choice::PortalGroup, Choice::Group],
    object: |scope, _| tags(scope).map(|_| None),
    within,
    read,
    writer: Writer::Lists { export, change },
    ..Format::NEW
};

fn within(
    _format: &Format,
    scope: &Scope,
    present: &Present,
) -> Result<Option<Vec<String>>, TargetError> {
    let tags: Vec<String> = tags(scope)?.iter().map(u64::to_string).collect();
    for tag in &tags {
        present.must_have(NAME, tag)?;
    }
    let Some(target) = &scope.target else {
        return groups(tags, present).map(Some);
    };
    let maps = mapped(scope, target, present)?;
    if let Some(other) = tags.iter().find(|tag| !maps.contains(tag)) {
        return Err(TargetError::Usage(format!(
            "the target {target} does not map the group {other}; it maps {}",
            super::shown(&maps)
        )));
    }
    let chosen = if tags.is_empty() { maps } else { tags };
    let elsewhere = present
        .maps
        .iter()
        .find(|map| map.target != *target && chosen.contains(&map.group));
    match elsewhere {
        Some(map) => Err(TargetError::Refused(format!(
            "the target {} maps the group {} as well: its hosts get access to both. \
             To change it for both, say --group {} without --target",
            map.target, map.group, map.group
        ))),
        None => Ok(Some(chosen)),
    }
}

fn read(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    match spdk::read(input, NAME, EXPECTED)? {
        Said::Answer(groups) => {
            for one in &groups {
                group(&mut present, one)?;
            }
        }
        Said::Calls(calls) => {
            for (method, params) in &calls {
                call(&mut present, method, params)?;
            }
            if present.objects.is_empty() && present.maps.is_empty() {
                return Err(wrong("it has no initiator group".to_owned()));
            }
        }
    }
    Ok(present)
}

fn export(members: &[Member<'_>], scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let first = tags(scope)?.first().copied().unwrap_or(1);
    create(
        &mut Requests::new(out),
        scope,
        scope.tag(),
        first,
        &names(members),
    )
}

fn change(plan: &Plan<'_>, scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
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
    let is_within = |tag: &u64| {
        plan.objects
            .as_ref()
            .is_none_or(|all| all.contains(&tag.to_string()))
    };
    for tag in tags().filter(is_within) {
        let object = tag.to_string();
        let kept = plan.unchanged.iter().chain(&plan.unknown);
        let kept: Vec<_> = kept.filter(|entry| entry.object == object).collect();
        // Who joins such a group would join whoever is let in or kept out by it.
        let open = |entry: &&&Entry| entry.kind == Kind::Anyone || entry.name.starts_with('!');
        if kept.iter().any(open) {
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
    // A new group is mapped through the portal group by which the target has its others.
    let maps = plan.present.maps.iter();
    let mut own = maps.filter(|map| Some(&map.target) == scope.target.as_ref());
    let portal_group = scope
        .portal_group
        .or_else(|| own.next().map(|map| map.portal_group))
        .unwrap_or(1);
    create(&mut requests, scope, portal_group, next, &left)
}
