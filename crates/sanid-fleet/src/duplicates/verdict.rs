//! Who shares a name: a pure function of facts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use super::tree::{Fact, Who};
use super::value::{self, Kind};
use crate::alike;

/// What is known about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// One host has it.
    Apart,
    /// More than one host may have it; the sources do not show it.
    Ask,
    /// More than one host has it.
    Shared,
}

/// A name with those who have it.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) hosts: Vec<Holder>,
    pub(crate) groups: Vec<Holder>,
    /// Places that name no host.
    pub(crate) unnamed: Vec<String>,
    pub(crate) addresses: Vec<IpAddr>,
    /// The Host IDs that came with an NQN.
    pub(crate) host_ids: Vec<String>,
}

/// A host or a group, and where it has the name.
#[derive(Debug)]
pub(crate) struct Holder {
    /// As it is written first.
    pub(crate) name: String,
    pub(crate) places: Vec<String>,
}

pub(crate) fn judge(facts: &[Fact]) -> Vec<Judged> {
    let hosts = Hosts::new(facts);
    let mut names: HashMap<(Kind, String), Vec<&Fact>> = HashMap::new();
    for fact in facts.iter().filter(|fact| !fact.cut) {
        names
            .entry((fact.kind, value::key(fact.kind, &fact.name)))
            .or_default()
            .push(fact);
    }
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    names
        .into_iter()
        .map(|((kind, name), facts)| one(kind, name, &facts, &hosts))
        .collect()
}

fn one(kind: Kind, name: String, facts: &[&Fact], known: &Hosts) -> Judged {
    let (mut hosts, mut groups) = (Holders::new(), Holders::new());
    let (mut addresses, mut of_hosts) = (BTreeSet::new(), BTreeSet::new());
    let mut places: BTreeSet<(&str, u64, usize)> = BTreeSet::new();
    let mut unnamed = Vec::new();
    for fact in facts {
        match &fact.who {
            Who::Host(host) => {
                hold(&mut hosts, known.one(host), host, fact);
                of_hosts.extend(fact.address);
            }
            Who::Group(group) => hold(&mut groups, alike::host(group).into_owned(), group, fact),
            Who::Address(address) => {
                addresses.insert(*address);
            }
            Who::Nobody => {
                places.insert((&fact.file, fact.line, fact.place));
                unnamed.extend(place(fact));
            }
        }
    }
    let strangers = addresses.difference(&of_hosts).count();
    let host_ids: BTreeSet<String> = facts
        .iter()
        .filter_map(|fact| fact.host_id.clone())
        .collect();
    let verdict = if hosts.len() > 1 || host_ids.len() > 1 {
        Verdict::Shared
    } else if hosts.len() + groups.len() > 1
        || hosts.len() + strangers > 1
        || hosts.len() + places.len() > 1
    {
        Verdict::Ask
    } else {
        Verdict::Apart
    };
    addresses.extend(of_hosts);
    Judged {
        kind,
        name,
        verdict,
        hosts: hosts.into_values().collect(),
        groups: groups.into_values().collect(),
        unnamed,
        addresses: addresses.into_iter().collect(),
        host_ids: host_ids.into_iter().collect(),
    }
}

type Holders = BTreeMap<String, Holder>;

fn hold(holders: &mut Holders, key: String, name: &str, fact: &Fact) {
    let holder = holders.entry(key).or_insert_with(|| Holder {
        name: name.to_owned(),
        places: Vec::new(),
    });
    if let Some(place) = place(fact).filter(|place| holder.places.last() != Some(place)) {
        holder.places.push(place);
    }
}

/// File and line, as far as they are known.
fn place(fact: &Fact) -> Option<String> {
    match (fact.file.is_empty(), fact.line) {
        (true, _) => None,
        (false, 0) => Some(fact.file.clone()),
        (false, line) => Some(format!("{}:{line}", fact.file)),
    }
}

/// Which names of hosts are one host: letters of either size, a final dot, and a short name of one domain.
struct Hosts {
    domains: HashMap<String, BTreeSet<String>>,
}

impl Hosts {
    fn new(facts: &[Fact]) -> Self {
        let mut domains: HashMap<String, BTreeSet<String>> = HashMap::new();
        for fact in facts {
            if let Who::Host(host) = &fact.who {
                let host = alike::host(host).into_owned();
                if host.parse::<IpAddr>().is_ok() {
                    continue;
                }
                if let Some((short, domain)) = host.split_once('.') {
                    domains
                        .entry(short.to_owned())
                        .or_default()
                        .insert(domain.to_owned());
                }
            }
        }
        Self { domains }
    }

    fn one(&self, host: &str) -> String {
        let host = alike::host(host).into_owned();
        let domains = self.domains.get(&host);
        match domains
            .filter(|all| all.len() == 1)
            .and_then(|all| all.first())
        {
            Some(domain) => format!("{host}.{domain}"),
            None => host,
        }
    }
}
