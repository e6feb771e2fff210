//! The names in a tree, and the host and the address around each.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use super::keys::{Rank, host, is_host_id, is_targets, plain, rank};
use super::login::{self, Login};
use super::node::{Names, Node};
use super::value::{self, Kind};

/// Who has a name, as a source shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A host by its name.
    Host(String),
    /// A group that may stand for one host or for many.
    Group(String),
    /// Somebody at an address.
    Address(IpAddr),
    /// The source names no host.
    Nobody,
}

/// One occurrence of a name.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) cut: bool,
    pub(crate) who: Who,
    pub(crate) address: Option<IpAddr>,
    /// The Host ID beside an NQN.
    pub(crate) host_id: Option<String>,
    /// The session, where the source is a target's list of them.
    pub(crate) login: Option<Login>,
    /// The file, and the line in it; 0 where the format has none.
    pub(crate) file: String,
    pub(crate) line: u64,
    /// Which name of the file, counted from 0: formats without lines have places, too.
    pub(crate) place: usize,
    /// It is the name of the host on which the text was printed: `Iface Initiatorname`.
    pub(crate) own: bool,
}

/// Whether a key that says nothing of a host is that of an object of the target: `Subsystems[].NQN`.
fn is_below_targets(key: &str, above: &[&Node]) -> bool {
    let says_nothing = ["nqn", "iqn", "name", "wwn", "id", ""].contains(&plain(key).as_str());
    let mut near = above
        .iter()
        .rev()
        .filter(|node| !node.key.is_empty())
        .take(1);
    says_nothing && near.any(|node| is_targets(&node.key))
}

/// The facts of a tree.
pub(crate) fn facts(root: &mut Node) -> Vec<Fact> {
    root.look(&mut HashMap::new());
    let mut all = Vec::new();
    walk(root, &mut Vec::new(), &mut all);
    all
}

fn walk<'n>(node: &'n Node, above: &mut Vec<&'n Node>, all: &mut Vec<Fact>) {
    if is_closed(node) || is_claim(node) {
        return;
    }
    if let Some(text) = &node.text {
        leaf(node, text, above, all);
    }
    above.push(node);
    for below in &node.below {
        walk(below, above, all);
    }
    above.pop();
}

/// The facts of one text: its names are of one host.
fn leaf(node: &Node, text: &str, above: &[&Node], all: &mut Vec<Fact>) {
    let key = key_of(node, above);
    if is_targets(key) || is_below_targets(key, above) || is_the_subsystem(key, above) {
        return;
    }
    let mut found = value::names(text);
    if is_host_id(key) {
        if let Some(name) = value::uuid(text) {
            let kind = Kind::HostId;
            let cut = false;
            found.push(value::Found { kind, name, cut });
        }
    }
    if found.is_empty() {
        return;
    }
    // Of several names it is not known whose the address is.
    let near = above
        .iter()
        .rposition(|one| one.seen.names == Names::Several);
    let near = above.get(near.map_or(0, |at| at + 1)..).unwrap_or_default();
    let address = near.iter().rev().find_map(|one| one.seen.address);
    let session = session(near);
    let from = session.iter().rev().find_map(|one| one.seen.address);
    let login = login::of(key, session, above, from);
    let own = plain(key).starts_with("iface");
    let known = address.filter(|_| !own);
    let who = who(above)
        .or(known.map(Who::Address))
        .unwrap_or(Who::Nobody);
    let host_id = above.last().and_then(|node| host_id_in(node));
    let facts = (all.len()..).zip(found).map(|(place, one)| Fact {
        kind: one.kind,
        name: one.name,
        cut: one.cut,
        who: who.clone(),
        address,
        host_id: host_id.clone().filter(|_| one.kind == Kind::Nqn),
        login: login.clone().filter(|_| one.kind != Kind::HostId),
        file: String::new(),
        line: node.line,
        place,
        own,
    });
    let facts: Vec<Fact> = facts.collect();
    all.extend(facts);
}

/// The objects around a name that are its own: up to the element of a list, or the directory, in which it is.
fn session<'a, 'n>(near: &'a [&'n Node]) -> &'a [&'n Node] {
    let mut start = near.len();
    for (at, node) in near.iter().enumerate().rev() {
        if start < near.len() && node.is_list() {
            break;
        }
        start = at;
        if node.key.ends_with('/') {
            break;
        }
    }
    near.get(start..).unwrap_or_default()
}

/// The key of an element of a list is that of the list.
fn key_of<'n>(node: &'n Node, above: &[&'n Node]) -> &'n str {
    if !node.key.is_empty() {
        return &node.key;
    }
    above
        .iter()
        .rev()
        .map(|node| node.key.as_str())
        .find(|key| !key.is_empty())
        .unwrap_or_default()
}

/// A connection that is over.
fn is_closed(node: &Node) -> bool {
    node.below
        .iter()
        .any(|one| plain(&one.key) == "connected" && one.text.as_deref() == Some("false"))
}

/// A claim of sanid has the names of its holder, and of those who had them before.
fn is_claim(node: &Node) -> bool {
    let mut fields = node.fields().iter();
    fields.any(|one| one.key == "kind" && one.text.as_deref() == Some("StorageIdentityClaim"))
}

/// The NQN of an object that has a list of hosts is the subsystem's.
fn is_the_subsystem(key: &str, above: &[&Node]) -> bool {
    let lists = ["hosts", "allowedhosts", "namespaces", "listenaddresses"];
    ["nqn", "name"].contains(&plain(key).as_str())
        && above.last().is_some_and(|node| {
            node.fields()
                .iter()
                .any(|one| one.text.is_none() && lists.contains(&plain(&one.key).as_str()))
        })
}

/// The nearest object that names a host, seen from the name.
fn who(above: &[&Node]) -> Option<Who> {
    let mut label: Option<String> = None;
    let mut group: Option<String> = None;
    for node in above.iter().rev() {
        let best = named(node);
        for (rank, name) in best {
            match rank {
                Rank::Host if label.is_none() => return Some(Who::Host(name)),
                // db-01_p0 is a port of db-01.
                Rank::Label if label.as_ref().is_none_or(|inner| is_port_of(inner, &name)) => {
                    label = Some(name);
                }
                Rank::Group if group.is_none() => group = Some(name),
                Rank::Host | Rank::Label | Rank::Group => {}
            }
        }
        if let Some(name) = metadata(node) {
            return Some(Who::Host(name));
        }
    }
    let keyed = above.windows(2).rev().find_map(|pair| match pair {
        // A directory is no key.
        [map, node] if is_map(map) && !node.key.ends_with('/') => host(&node.key),
        _ => None,
    });
    if let (None, Some(host)) = (&label, keyed) {
        return Some(Who::Host(host));
    }
    match (label, group) {
        (Some(label), Some(group)) if is_port_of(&label, &group) => Some(Who::Host(group)),
        (Some(label), _) => Some(Who::Host(label)),
        (None, Some(group)) => Some(Who::Group(group)),
        (None, None) => None,
    }
}

/// So many show what all are.
const FEW: usize = 8;

/// Whether the keys of an object are hosts: each has an object with names, and no two are the same, as those of a list in
/// XML are.
fn is_map(node: &Node) -> bool {
    let first = node.below.iter().take(FEW);
    let keys: BTreeSet<&str> = first.clone().map(|one| one.key.as_str()).collect();
    node.below.len() > 1
        && keys.len() == first.len()
        && first.clone().all(|one| {
            one.text.is_none() && !one.key.is_empty() && one.seen.names != Names::Nothing
        })
}

fn is_port_of(inner: &str, outer: &str) -> bool {
    inner
        .strip_prefix(outer)
        .is_some_and(|rest| rest.starts_with(['_', '-', '.', ':']))
}

/// The names that an object gives itself, the best first.
fn named(node: &Node) -> Vec<(Rank, String)> {
    let mut all: Vec<(Rank, String)> = Vec::new();
    for one in node.fields() {
        let Some(rank) = rank(&one.key) else { continue };
        let text = match &one.text {
            Some(text) => host(text),
            // {"parentHost": {"id": …}}, and XtremIO's ["", "db-01", 1].
            None if one.below.iter().all(|below| below.key.is_empty()) => {
                let texts = one.below.iter().filter_map(|below| below.text.as_deref());
                texts
                    .filter_map(host)
                    .find(|text| text.parse::<u64>().is_err())
            }
            None => {
                let named = ["name", "id"]
                    .iter()
                    .find_map(|key| one.below.iter().find(|below| plain(&below.key) == *key));
                named
                    .filter(|_| rank == Rank::Host)
                    .and_then(|one| host(one.text.as_deref()?))
            }
        };
        let is_host_id = |text: &String| is_host_id(&one.key) && value::uuid(text).is_some();
        if let Some(text) = text.filter(|text| !is_host_id(text)) {
            if !all.iter().any(|(known, _)| *known == rank) {
                all.push((rank, text));
            }
        }
    }
    all.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    all
}

/// The name of an object of Kubernetes.
fn metadata(node: &Node) -> Option<String> {
    let metadata = node.fields().iter().find(|one| one.key == "metadata")?;
    let name = metadata.fields().iter().find(|one| one.key == "name")?;
    host(name.text.as_deref()?)
}

fn host_id_in(node: &Node) -> Option<String> {
    node.fields()
        .iter()
        .filter(|one| is_host_id(&one.key))
        .find_map(|one| value::uuid(one.text.as_deref()?))
}
