//! What the keys of many programs say of the text beside them: a host, its address, or the target's own.

use super::value;

/// A key without its spelling: `Host Name`, `host_name` and `hostName` are one.
pub(super) fn plain(key: &str) -> String {
    let mut plain = String::with_capacity(key.len());
    for one in key.chars().filter(|one| one.is_alphanumeric()) {
        plain.extend(one.to_lowercase());
    }
    plain
}

/// How well a key names a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Group,
    Label,
    Host,
}

pub(super) fn rank(key: &str) -> Option<Rank> {
    let key = plain(key);
    let host = [
        "host",
        "hostname",
        "vmhost",
        "esxhost",
        "esxihost",
        "server",
        "servername",
        "node",
        "nodename",
        "nodeuuid",
        "machine",
        "computer",
        "computername",
        "client",
        "clientname",
        "inventoryhostname",
        "fqdn",
        "device",
        "system",
        "alias",
        "initiatoralias",
        "nickname",
        "iscsinickname",
        "hostalias",
        "initiatornickname",
        "vm",
        "vmname",
        "nodeid",
        "parenthost",
        "rechner",
        "rechnername",
        "pscomputername",
        "certname",
        "minion",
        "dnsname",
        "ansiblehostname",
        "ansiblefqdn",
        "ansiblenodename",
    ];
    let label = [
        "name",
        "label",
        "displayname",
        "title",
        "hostid",
        "hostlabel",
        "initiatorlabel",
        // XtremIO uses this key for the host.
        "initiatorname",
    ];
    let group = [
        "igroup",
        "igroupname",
        "group",
        "groupname",
        "hostgroup",
        "hostgroupname",
        "initiatorgroup",
        "initiatorgroupname",
        "hgroup",
        "igid",
        "igname",
        "cluster",
        "storagegroupname",
    ];
    if host.contains(&key.as_str()) {
        Some(Rank::Host)
    } else if label.contains(&key.as_str()) {
        Some(Rank::Label)
    } else if group.contains(&key.as_str()) {
        Some(Rank::Group)
    } else {
        None
    }
}

/// Whether what is below a key is the target's own, and no host's.
pub(super) fn is_targets(key: &str) -> bool {
    let key = plain(key);
    [
        "target",
        "subsys",
        "subnqn",
        "portal",
        "arrayiqn",
        "storageiqn",
    ]
    .iter()
    .any(|start| key.starts_with(start))
}

pub(super) fn is_address(key: &str) -> bool {
    let key = plain(key);
    let known = [
        "ip",
        "ips",
        "ipaddr",
        "ipaddress",
        "address",
        "addresses",
        "hosttraddr",
        "traddr",
        "initiatoraddr",
        "initiatoraddress",
        "initiatorip",
        "initiatorportal",
        "initiatortransportaddress",
        "serveripaddress",
        "ifaceipaddress",
        "sdcip",
        "ipv4",
        "ipv6",
        "networks",
        "hostip",
        "clientip",
        "srcaddr",
        "sourceaddress",
        "peeraddr",
    ];
    known.contains(&key.as_str())
}

/// `vmhba64`, `eth0`: a part of a host.
fn is_adapter(text: &str) -> bool {
    ["vmhba", "vmk", "hba", "eth", "nvme"].iter().any(|kind| {
        let number = text.strip_prefix(kind);
        number.is_some_and(|number| number.parse::<u16>().is_ok())
    })
}

/// Whether a word labels the values beside it or below it, and so does not name a host.
pub(super) fn is_key(word: &str) -> bool {
    const WORDS: [&str; 44] = [
        "acls",
        "address",
        "addresses",
        "adapters",
        "alias",
        "all",
        "annotations",
        "connection",
        "connections",
        "data",
        "group",
        "groups",
        "hosts",
        "hostid",
        "hostname",
        "hostnqn",
        "id",
        "identity",
        "initiator",
        "initiatoriqn",
        "initiatorname",
        "initiators",
        "ip",
        "iqn",
        "items",
        "labels",
        "list",
        "luns",
        "members",
        "metadata",
        "name",
        "nodes",
        "nqn",
        "output",
        "ports",
        "portals",
        "results",
        "session",
        "sessions",
        "spec",
        "status",
        "targets",
        "uid",
        "wwn",
    ];
    WORDS.contains(&plain(word).as_str())
}

/// A text that can be the name of a host.
pub(super) fn host(text: &str) -> Option<String> {
    let text = text.trim().trim_matches('"');
    let nothing = [
        "",
        "-",
        "--",
        "---",
        "n/a",
        "<n/a>",
        "none",
        "null",
        "nohost",
        "default",
        "unknown",
        "localhost",
    ];
    if nothing.iter().any(|one| text.eq_ignore_ascii_case(one))
        || text.len() > 253
        || !value::names(text).is_empty()
    {
        return None;
    }
    // Neither the head of a table nor a key is a host.
    if text.contains("  ") || is_key(text) || is_adapter(text) {
        return None;
    }
    // 32 digits are an object of the array, or a machine-id, which is never shown.
    let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (!is_id && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

pub(super) fn is_host_id(key: &str) -> bool {
    ["hostid", "nvmehostid", "hostidentifier", "hostuuid"].contains(&plain(key).as_str())
}
