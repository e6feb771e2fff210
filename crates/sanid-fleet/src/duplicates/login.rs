//! What tells one session from another, where a target lists who is logged in.

use super::keys::{host, plain};
use super::tree::Node;
use super::value;

/// A session that a target shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Login {
    /// What the initiator calls itself: the name of its host, unless open-iscsi is configured otherwise.
    pub(crate) alias: Option<String>,
    /// The target or the subsystem, by its name or by its number.
    pub(crate) target: Option<String>,
    pub(crate) session: Option<u64>,
}

/// Keys of the name of somebody who is logged in.
const NAMES: [&str; 6] = [
    "initiator",
    "initiatorname",
    "initiatoriqn",
    "hostnqn",
    "nqn",
    "name",
];

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
/// log in. `near` are the objects around the name that have no other name in them, `above` all of them.
pub(super) fn of(key: &str, near: &[&Node], above: &[&Node], has_address: bool) -> Option<Login> {
    let key = plain(key);
    if !NAMES.contains(&key.as_str()) {
        return None;
    }
    let fields = |nodes: &[&Node], keys: &'static [&'static str]| {
        let fields = nodes.iter().rev().flat_map(|node| node.fields());
        let fields = fields.filter(|one| keys.contains(&plain(&one.key).as_str()));
        fields
            .filter_map(|one| one.text.clone())
            .collect::<Vec<_>>()
    };
    let aliases = fields(near, &["alias", "initiatoralias"]);
    let login = Login {
        alias: aliases.iter().find_map(|text| host(text)),
        target: target(&fields(above, &TARGETS), above),
        session: fields(near, &SESSIONS)
            .iter()
            .find_map(|text| number(text))
            .or_else(|| near.iter().rev().find_map(|node| controller(&node.key))),
    };
    let shown = has_address || login.alias.is_some() || login.session.is_some();
    // A name beside that of a target, and an initiator's own list of targets, are none.
    let is_session = shown || login.target.is_some() && key != "name";
    is_session.then_some(login)
}

/// The name of a target in its own field, or the first directory that is named so.
fn target(fields: &[String], above: &[&Node]) -> Option<String> {
    let named = fields.iter().find_map(|text| name(text));
    let directory = || {
        above
            .iter()
            .find_map(|node| name(node.key.strip_suffix('/')?))
    };
    let id = || fields.iter().find(|text| text.parse::<u64>().is_ok());
    named.or_else(directory).or_else(|| id().cloned())
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
