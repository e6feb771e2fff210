//! LIO: `acls/IQN/info` has the latest session of an ACL (Linux `drivers/target/iscsi/iscsi_target_configfs.c`,
//! `lio_target_nacl_info_show`), `dynamic_sessions` the names of initiators without an ACL (`target_show_dynamic_sessions`).

use sanid_host::root::Root;
use serde_json::Value;

use super::{Answer, Attributes, count, directory, object};

const TARGETS: &str = "sys/kernel/config/target/iscsi";
/// How many sessions a target has (`iscsi_target_stat.c`), those that `info` leaves out included.
const COUNT: &str = "fabric_statistics/iscsi_instance/sessions";
const FIX: &str = "LIO's iSCSI target is not loaded, or configfs is not mounted, or this is not the target:\n  \
    mount -t configfs configfs /sys/kernel/config\n  modprobe iscsi_target_mod";

pub(super) fn read(root: &Root) -> Result<Answer, String> {
    let targets = directory(root, TARGETS, FIX)?;
    let targets: Vec<String> = targets.into_iter().filter(|name| is_name(name)).collect();
    let mut read = Attributes {
        root,
        not_read: Vec::new(),
    };
    let (mut all, mut acls, mut dynamic) = (Vec::new(), 0, 0);
    for target in &targets {
        let before = all.len();
        let mut groups = read.list(&format!("{TARGETS}/{target}"));
        groups.retain(|name| name.starts_with("tpgt_"));
        for group in groups {
            let group = format!("{TARGETS}/{target}/{group}");
            for acl in read.list(&format!("{group}/acls")) {
                acls += 1;
                let info = read.text(&format!("{group}/acls/{acl}/info"));
                all.extend(info.and_then(|info| session(&info, target)));
            }
            let names = read.text(&format!("{group}/dynamic_sessions"));
            let names = names.as_deref().unwrap_or_default().split(['\n', '\0']);
            for name in names.filter(|name| is_name(name)) {
                dynamic += 1;
                all.push(object([
                    ("initiator", Some(name.to_owned())),
                    ("target", Some(target.clone())),
                ]));
            }
        }
        let there = read.text(&format!("{TARGETS}/{target}/{COUNT}"));
        let there = there.and_then(|count| count.parse::<usize>().ok());
        read.not_read
            .extend(hidden(target, all.len() - before, there));
    }
    let mut not_shown = Vec::new();
    if acls > 0 {
        not_shown.push("configfs shows only the latest session of an ACL in a portal group, so a second machine can be hidden; --watch finds machines that end each other's session".to_owned());
    }
    if dynamic > 0 {
        not_shown.push(format!(
            "{} without an ACL: configfs shows only the name, no address",
            count(dynamic, "session")
        ));
    }
    Ok(Answer {
        text: Value::Array(all).to_string(),
        not_read: read.not_read,
        not_shown,
        seen: format!("{}, {}", count(targets.len(), "target"), count(acls, "ACL")),
    })
}

/// What is logged in besides the latest session of each ACL.
fn hidden(target: &str, shown: usize, there: Option<usize>) -> Option<String> {
    let there = there.filter(|there| *there > shown)?;
    Some(format!(
        "{target} has {}, and configfs shows {shown}: the others are of names that are shown, and may be second machines (ss -tn sport = :3260 lists all addresses)",
        count(there, "session")
    ))
}

fn is_name(name: &str) -> bool {
    ["iqn.", "eui.", "naa."]
        .iter()
        .any(|form| name.starts_with(form))
}

/// The session in an ACL's `info`.
fn session(info: &str, target: &str) -> Option<Value> {
    let after = |key: &str| {
        let mut lines = info.lines().map(str::trim_start);
        lines.find_map(|line| line.strip_prefix(key)).map(str::trim)
    };
    let name = after("InitiatorName:")?;
    let word = |text: Option<&str>| text?.split_whitespace().next().map(str::to_owned);
    Some(object([
        ("initiator", Some(name.to_owned())),
        ("target", Some(target.to_owned())),
        ("alias", after("InitiatorAlias:").map(str::to_owned)),
        ("session", word(after("LIO Session ID:"))),
        ("address", word(after("Address "))),
    ]))
}
