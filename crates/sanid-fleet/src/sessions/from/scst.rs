//! SCST: `TARGET/sessions/SESSION/` with `initiator_name`, `sid`, and a directory for each connection with its `ip`
//! (SCST iscsi-scst/README).

use sanid_host::root::Root;
use serde_json::Value;

use super::{Answer, Attributes, count, directory, object};

const TARGETS: &str = "sys/kernel/scst_tgt/targets/iscsi";
const FIX: &str =
    "SCST's iSCSI target is not loaded, or this is not the target:\n  modprobe iscsi-scst";

pub(super) fn read(root: &Root) -> Result<Answer, String> {
    let targets = directory(root, TARGETS, FIX)?;
    let targets: Vec<String> = targets
        .into_iter()
        .filter(|name| name.contains('.'))
        .collect();
    let mut read = Attributes {
        root,
        not_read: Vec::new(),
    };
    let mut all = Vec::new();
    for target in &targets {
        let sessions = format!("{TARGETS}/{target}/sessions");
        for session in read.list(&sessions) {
            let path = format!("{sessions}/{session}");
            let Some(name) = read.text(&format!("{path}/initiator_name")) else {
                continue;
            };
            let sid = read.text(&format!("{path}/sid"));
            let mut connections = read.list(&path);
            // Beside them are attributes, LUNs and latencies.
            connections.retain(|name| name.contains(['.', ':']));
            let address = connections
                .iter()
                .find_map(|connection| read.text(&format!("{path}/{connection}/ip")));
            all.push(object([
                ("initiator", Some(name)),
                ("target", Some(target.clone())),
                ("sid", sid),
                ("ip", address),
            ]));
        }
    }
    Ok(Answer {
        text: Value::Array(all).to_string(),
        not_read: read.not_read,
        not_shown: Vec::new(),
        seen: count(targets.len(), "target"),
    })
}
