//! What tells one session from another, where a target lists who is logged in.

use std::net::IpAddr;

use super::keys::{host, plain};
use super::node::Node;
use super::value;

/// A session that a target shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    /// What the initiator calls itself: the name of its host, unless open-iscsi is configured otherwise.
    pub(crate) alias: Option<String>,
    /// The target or the subsystem, by its name or as `id 1`.
    pub(crate) target: Option<String>,
    pub(crate) session: Option<u64>,
    pub(crate) address: Option<IpAddr>,
}

/// Keys of the name in a session.
const NAMES: [&str; 5] = ["initiator", "initiatorname", "hostnqn", "nqn", "name"];

const SESSIONS: [&str; 9] = [
    "session",
    "sessionid",
    "targetsessionid",
    "itnexus",
    "sid",
    "tsih",
    "cntlid",
    "controllerid",
    "ctrl",
];

const ALIASES: [&str; 2] = ["alias", "initiatoralias"];

/// What an initramfs is called that has no name yet: a host that boots from its array logs in by it, and by its own name
/// later.
const OF_INITRAMFS: [&str; 5] = [
    "(none)",
    "localhost.localdomain",
    "fedora",
    "archlinux",
    "initramfs",
];

const TARGETS: [&str; 8] = [
    "target",
    "targetname",
    "targetnodename",
    "targetiqn",
    "subsystem",
    "subsystemnqn",
    "subnqn",
    "subsysid",
];

/// The session around a name with this key; `None` where nothing shows that it is one, as in a list of hosts that may
/// log in. `near` are the objects that are its own, `above` all that it is in.
pub(super) fn of(
    key: &str,
    near: &[&Node],
    above: &[&Node],
    address: Option<IpAddr>,
) -> Option<Login> {
    let key = plain(key);
    if !NAMES.contains(&key.as_str()) {
        return None;
    }
    let mut login = Login {
        address: address.map(|address| address.to_canonical()),
        ..Login::default()
    };
    let mut target_id = None;
    for (depth, node) in above.iter().rev().enumerate() {
        let is_near = depth < near.len();
        for (key, text) in node
            .fields()
            .iter()
            .filter_map(|one| Some((&one.key, one.text.as_ref()?)))
        {
            let key = plain(key);
            let key = key.as_str();
            if is_near && ALIASES.contains(&key) {
                let alias = || host(text).filter(|one| !OF_INITRAMFS.contains(&one.as_str()));
                login.alias = login.alias.or_else(alias);
            } else if is_near && SESSIONS.contains(&key) {
                login.session = login.session.or_else(|| number(text));
            } else if TARGETS.contains(&key) {
                login.target = login.target.or_else(|| name(text));
                target_id = target_id.or_else(|| text.parse::<u64>().ok());
            }
        }
        if is_near {
            login.session = login.session.or_else(|| controller(&node.key));
        }
    }
    // The first directory that is named so, or the target's number.
    let directory = || {
        above
            .iter()
            .find_map(|node| name(node.key.strip_suffix('/')?))
    };
    login.target = login
        .target
        .or_else(directory)
        .or_else(|| target_id.map(|id| format!("id {id}")));
    // Lists of those who may log in have aliases, too, which are the array's. Without an address and a number only the
    // target beside the name shows a session; a key such as `name` says too little.
    let shown = address.is_some() || login.session.is_some();
    let is_session = shown || login.target.is_some() && key != "name";
    is_session.then_some(login)
}

fn name(text: &str) -> Option<String> {
    let found = value::names(text).into_iter().next()?;
    text.starts_with(&found.name).then_some(found.name)
}

/// The number at the beginning of a text. SCST prints ISID and TSIH as one number, the latter in its highest 16 bits.
fn number(text: &str) -> Option<u64> {
    const ISID_DIGITS: usize = 12;
    let word = text.split_whitespace().next()?;
    if word.len() > ISID_DIGITS {
        return u64::from_str_radix(word, 16).ok().map(|sid| sid >> 48);
    }
    word.parse().ok()
}

/// `ctrl7/` below a subsystem in nvmet's directory.
fn controller(directory: &str) -> Option<u64> {
    directory
        .strip_prefix("ctrl")?
        .strip_suffix('/')?
        .parse()
        .ok()
}
