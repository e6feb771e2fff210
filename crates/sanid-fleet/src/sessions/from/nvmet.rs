//! nvmet: `SUBSYSTEM/ctrlN/` with `hostnqn` and `host_traddr` (Linux `drivers/nvme/target/debugfs.c`). There is no Host ID
//! in it.

use sanid_host::root::Root;
use serde_json::Value;

use super::{Answer, Attributes, count, directory, object};

const SUBSYSTEMS: &str = "sys/kernel/debug/nvmet";
const FIX: &str = "nvmet shows its hosts in debugfs since Linux 6.11, where CONFIG_NVME_TARGET_DEBUGFS is set:\n  \
    mount -t debugfs debugfs /sys/kernel/debug\n  modprobe nvmet";

pub(super) fn read(root: &Root) -> Result<Answer, String> {
    let subsystems = directory(root, SUBSYSTEMS, FIX)?;
    let mut read = Attributes {
        root,
        not_read: Vec::new(),
    };
    let mut all = Vec::new();
    for subsystem in &subsystems {
        let controllers = read.list(&format!("{SUBSYSTEMS}/{subsystem}"));
        for (controller, number) in controllers
            .iter()
            .filter_map(|name| Some((name, name.strip_prefix("ctrl")?)))
        {
            let path = format!("{SUBSYSTEMS}/{subsystem}/{controller}");
            let Some(name) = read.text(&format!("{path}/hostnqn")) else {
                continue;
            };
            all.push(object([
                ("hostnqn", Some(name)),
                ("subsystem", Some(subsystem.clone())),
                ("ctrl", Some(number.to_owned())),
                ("host_traddr", read.text(&format!("{path}/host_traddr"))),
            ]));
        }
    }
    Ok(Answer {
        text: Value::Array(all).to_string(),
        not_read: read.not_read,
        not_shown: vec!["debugfs has no Host IDs: two of one NQN are not seen here".to_owned()],
        seen: count(subsystems.len(), "subsystem"),
    })
}
