//! ONTAP, by variables for the Ansible modules `na_ontap_igroup` and `na_ontap_nvme_subsystem`.
//!
//! Both modules make the array's list what they are given: a name that is not in it goes. A difference is
//! therefore the whole list, with what is there. Source: the modules' documentation, netapp.ontap.

use std::collections::HashMap;
use std::io::Write;

use serde_json::{Value, json};

use super::ansible;
use super::json::{list, text};
use super::{
    Choice, Compares, Entry, Format, Member, Plan, Present, Protocol, Scope, TargetError, Writer,
    required,
};

const IGROUP_NAME: &str = "ontap-igroup";
const SUBSYSTEM_NAME: &str = "ontap-nvme";
const IGROUPS_FROM: &str = "Ask ONTAP's REST: GET /api/protocols/san/igroups?fields=svm.name,protocol,os_type,igroups.name,initiators.name,initiators.comment,initiators.igroup.name";
const SUBSYSTEMS_FROM: &str =
    "Ask ONTAP's REST: GET /api/protocols/nvme/subsystems?fields=svm.name,hosts.nqn";
/// What ONTAP takes as a comment.
const COMMENT: usize = 254;

fn vserver<'s>(scope: &'s Scope, format: &'static str) -> Result<&'s str, TargetError> {
    required(
        scope.vserver.as_ref(),
        format,
        "--vserver",
        "the storage virtual machine",
        "svm1",
    )
}

/// What the array's REST, `na_ontap_rest_info` or a file of ours lists.
fn records(
    input: &str,
    format: &'static str,
    from: &'static str,
    own: &str,
    rest: &str,
) -> Result<Vec<Value>, TargetError> {
    let mut document = ansible::read(input, format, from)?;
    if let Some(group) = document.get_mut(own) {
        return Ok(vec![group.take()]);
    }
    let info = document
        .get_mut("ontap_info")
        .and_then(|info| info.get_mut(rest))
        .map(Value::take);
    let listed = info.unwrap_or(document);
    match listed.get("records").and_then(Value::as_array) {
        Some(records) => Ok(records.clone()),
        None => Err(TargetError::read(format, from, "it has no records")),
    }
}

/// `svm:group`.
fn named(record: &Value, name: &str) -> String {
    let svm = record.get("svm").and_then(|svm| text(svm, "name"));
    let svm = svm.or_else(|| text(record, "vserver")).unwrap_or_default();
    let group = text(record, name).or_else(|| text(record, "name"));
    format!("{svm}:{}", group.unwrap_or_default())
}

/// What an igroup is beside its list.
struct Kind<'r> {
    protocol: &'r str,
    os_type: &'r str,
}

const NEW: Kind<'static> = Kind {
    protocol: "iscsi",
    os_type: "linux",
};

/// What the igroup that is there is, which the module would otherwise make something else.
///
/// # Errors
/// An igroup that the module's list cannot express: with igroups inside of it, or for Fibre Channel. An answer
/// without the fields that say so.
fn kind(record: &Value) -> Result<Kind<'_>, TargetError> {
    let field = |names: [&str; 2]| names.iter().find_map(|name| text(record, name));
    let protocol = field(["protocol", "initiator_group_type"]);
    let (Some(protocol), Some(os_type)) = (protocol, text(record, "os_type")) else {
        return Err(TargetError::read(
            IGROUP_NAME,
            IGROUPS_FROM,
            "the igroup has no protocol and os_type, and the module would overwrite them",
        ));
    };
    let nested = list(record, "igroups")
        .iter()
        .filter_map(|one| text(one, "name"));
    let from = list(record, "initiators")
        .iter()
        .filter_map(|one| one.get("igroup"));
    let nested = nested
        .chain(from.filter_map(|one| text(one, "name")))
        .next();
    if let Some(nested) = nested {
        return Err(TargetError::Refused(format!(
            "the igroup contains the igroup {}, and na_ontap_igroup would replace that by a list: change {} itself",
            nested.escape_debug(),
            nested.escape_debug()
        )));
    }
    if protocol == "fcp" {
        return Err(TargetError::Refused(
            "the igroup is for Fibre Channel, and takes no iSCSI names".to_owned(),
        ));
    }
    Ok(Kind { protocol, os_type })
}

fn igroup(
    scope: &Scope,
    out: &mut dyn Write,
    kind: &Kind<'_>,
    initiators: &[(&str, Option<&str>)],
) -> Result<(), TargetError> {
    let name = required(
        scope.group.as_ref(),
        IGROUP_NAME,
        "--group",
        "the name of the igroup",
        "linux-hosts",
    )?;
    let objects: Vec<Value> = initiators
        .iter()
        .map(|(name, comment)| match comment {
            Some(comment) if comment.len() <= COMMENT => json!({"name": name, "comment": comment}),
            _ => json!({"name": name}),
        })
        .collect();
    let variables = json!({"sanid_igroup": {
        "state": "present",
        "vserver": vserver(scope, IGROUP_NAME)?,
        "name": name,
        "initiator_group_type": kind.protocol,
        "os_type": kind.os_type,
        "initiator_objects": objects,
    }});
    let what =
        "Arguments of netapp.ontap.na_ontap_igroup, which makes this the whole list of the igroup.";
    ansible::write(out, what, &variables)
}

/// Every igroup of a document.
fn igroups(input: &str) -> Result<Vec<Value>, TargetError> {
    records(
        input,
        IGROUP_NAME,
        IGROUPS_FROM,
        "sanid_igroup",
        "protocols/san/igroups",
    )
}

fn subsystem(scope: &Scope, out: &mut dyn Write, hosts: &[&str]) -> Result<(), TargetError> {
    let name = super::subsystem(scope, SUBSYSTEM_NAME)?;
    let variables = json!({"sanid_nvme_subsystem": {
        "state": "present",
        "vserver": vserver(scope, SUBSYSTEM_NAME)?,
        "subsystem": name,
        "ostype": "linux",
        "hosts": hosts,
    }});
    let what = "Arguments of netapp.ontap.na_ontap_nvme_subsystem, which makes this the whole list of the subsystem.";
    ansible::write(out, what, &variables)
}

/// An igroup.
pub(super) const IGROUP: Format = Format {
    name: IGROUP_NAME,
    about: "ONTAP iSCSI: Ansible variables for na_ontap_igroup (reads REST's /protocols/san/igroups)",
    loading: "na_ontap_igroup REPLACES the list of the igroup: whoever is not in this export is cut off. For an igroup that has initiators use sanid-fleet diff, which keeps them",
    removal: "ONTAP refuses to remove an initiator of a mapped igroup unless force_remove_initiator is set, and then cuts it off at once",
    takes: &[Choice::Group, Choice::Vserver],
    object: object_igroup,
    read: read_igroup,
    writer: Writer::Lists {
        export: export_igroup,
        change: change_igroup,
    },
    ..Format::NEW
};

fn object_igroup(scope: &Scope, _format: &'static str) -> Result<Option<String>, TargetError> {
    let group = required(
        scope.group.as_ref(),
        IGROUP_NAME,
        "--group",
        "the name of the igroup",
        "linux-hosts",
    )?;
    Ok(Some(format!("{}:{group}", vserver(scope, IGROUP_NAME)?)))
}

fn read_igroup(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    for record in igroups(input)? {
        let object = named(&record, "name");
        present.object(&object);
        let listed = list(&record, "initiators");
        let own = list(&record, "initiator_objects");
        for initiator in listed.iter().chain(own) {
            let name = text(initiator, "name").unwrap_or_default();
            // WWPNs of Fibre Channel are in igroups for both protocols, and stay.
            let is_iscsi = ["iqn.", "eui.", "naa."].iter().any(|form| {
                let begin = name.get(..form.len());
                begin.is_some_and(|begin| begin.eq_ignore_ascii_case(form))
            });
            present.entries.push(Entry {
                label: text(initiator, "comment")
                    .filter(|comment| !comment.is_empty())
                    .map(str::to_owned),
                kind: if is_iscsi {
                    super::Kind::Name
                } else {
                    super::Kind::Pattern
                },
                ..Entry::name(&object, name)
            });
        }
    }
    Ok(present)
}

fn export_igroup(
    members: &[Member<'_>],
    scope: &Scope,
    out: &mut dyn Write,
) -> Result<(), TargetError> {
    let initiators: Vec<_> = members
        .iter()
        .map(|member| (&*member.name, Some(member.host.name.as_str())))
        .collect();
    igroup(scope, out, &NEW, &initiators)
}

fn change_igroup(plan: &Plan<'_>, scope: &Scope, out: &mut dyn Write) -> Result<(), TargetError> {
    let here: HashMap<&str, Option<&str>> = plan
        .unchanged
        .iter()
        .chain(&plan.unknown)
        .map(|entry| (entry.name.as_str(), entry.label.as_deref()))
        .collect();
    let new: HashMap<&str, &str> = plan
        .add
        .iter()
        .map(|member| (&*member.name, member.host.name.as_str()))
        .collect();
    let initiators: Vec<_> = plan
        .result()
        .map(|name| {
            let comment = here.get(name).copied().flatten();
            (name, comment.or_else(|| new.get(name).copied()))
        })
        .collect();
    let there = igroups(scope.base.as_deref().unwrap_or_default())?;
    let wanted = object_igroup(scope, IGROUP_NAME)?;
    let record = there
        .iter()
        .find(|record| Some(named(record, "name")) == wanted);
    let record = record.ok_or_else(|| TargetError::NotThere {
        format: IGROUP_NAME,
        object: wanted.clone().unwrap_or_default(),
        present: plan.present.objects.clone(),
    })?;
    igroup(scope, out, &kind(record)?, &initiators)
}

/// An NVMe subsystem.
pub(super) const SUBSYSTEM: Format = Format {
    name: SUBSYSTEM_NAME,
    about: "ONTAP NVMe: Ansible variables for na_ontap_nvme_subsystem (reads REST's /protocols/nvme/subsystems)",
    loading: "na_ontap_nvme_subsystem REPLACES the hosts of the subsystem: whoever is not in this export is cut off. For a subsystem that has hosts use sanid-fleet diff, which keeps them",
    removal: "ONTAP cuts a host that is removed off at once",
    protocol: Protocol::Nvme,
    takes: &[Choice::Subsystem, Choice::Vserver],
    compares: Compares::Bytes,
    object: object_subsystem,
    read: read_subsystem,
    writer: Writer::Lists {
        export: export_subsystem,
        change: change_subsystem,
    },
    ..Format::NEW
};

fn object_subsystem(scope: &Scope, _format: &'static str) -> Result<Option<String>, TargetError> {
    let name = super::subsystem(scope, SUBSYSTEM_NAME)?;
    Ok(Some(format!("{}:{name}", vserver(scope, SUBSYSTEM_NAME)?)))
}

fn read_subsystem(input: &str, _format: &'static str) -> Result<Present, TargetError> {
    let mut present = Present::default();
    for record in records(
        input,
        SUBSYSTEM_NAME,
        SUBSYSTEMS_FROM,
        "sanid_nvme_subsystem",
        "protocols/nvme/subsystems",
    )? {
        let object = named(&record, "subsystem");
        present.object(&object);
        for host in list(&record, "hosts") {
            let name = host.as_str().or_else(|| text(host, "nqn"));
            let entry = Entry::name(&object, name.unwrap_or_default());
            present.entries.push(entry);
        }
    }
    Ok(present)
}

fn export_subsystem(
    members: &[Member<'_>],
    scope: &Scope,
    out: &mut dyn Write,
) -> Result<(), TargetError> {
    subsystem(scope, out, &super::names(members))
}

fn change_subsystem(
    plan: &Plan<'_>,
    scope: &Scope,
    out: &mut dyn Write,
) -> Result<(), TargetError> {
    let hosts: Vec<&str> = plan.result().collect();
    subsystem(scope, out, &hosts)
}
