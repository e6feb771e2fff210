//! What logins prove without the fleet: a pure function.
//!
//! Two Host IDs below one NQN, and two aliases below one initiator name, are two machines. Two addresses can be one
//! machine with two paths. Machines whose logins end each other's session are seen one at a time: their addresses
//! change between snapshots while session numbers climb.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::Login;
use crate::duplicates::{self, Fact, Kind, Who};

/// What is known about a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    /// One address at most was seen, which proves nothing.
    Unproven,
    /// More than one machine may use it.
    Ask,
    /// More than one machine uses it.
    Shared,
}

impl Verdict {
    /// The verdict in reports: API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unproven => "unproven",
            Self::Ask => "ask",
            Self::Shared => "shared",
        }
    }
}

/// A name and what its logins show.
#[derive(Debug)]
pub(crate) struct Judged<'l> {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) why: Vec<String>,
    pub(crate) logins: Vec<&'l Login>,
}

/// The names, the certain verdicts first.
pub(crate) fn judge(logins: &[Login]) -> Vec<Judged<'_>> {
    let mut names: BTreeMap<(Kind, String), Vec<&Login>> = BTreeMap::new();
    for login in logins {
        let key = duplicates::key(login.kind, &login.name);
        names.entry((login.kind, key)).or_default().push(login);
    }
    let mut all: Vec<Judged<'_>> = names.into_iter().map(one).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.verdict));
    all
}

fn one(((kind, name), logins): ((Kind, String), Vec<&Login>)) -> Judged<'_> {
    let mut found: BTreeSet<(Verdict, String)> = BTreeSet::new();
    for of_snapshot in by(&logins, |login| login.snapshot).into_values() {
        found.extend(at_one_time(&of_snapshot));
    }
    for of_target in by(&logins, |login| login.target.as_deref()).into_values() {
        found.extend(between(kind, &of_target));
    }
    if found.is_empty() {
        found.insert((Verdict::Unproven, alone(&logins)));
    }
    // NQNs are compared byte for byte.
    let name = match (kind, logins.first()) {
        (Kind::Nqn, Some(login)) => login.name.clone(),
        _ => name,
    };
    let verdict = found
        .last()
        .map_or(Verdict::Unproven, |(verdict, _)| *verdict);
    Judged {
        kind,
        name,
        verdict,
        why: found.into_iter().rev().map(|(_, why)| why).collect(),
        logins,
    }
}

fn by<'l, K: Ord>(
    logins: &[&'l Login],
    key: impl Fn(&'l Login) -> K,
) -> BTreeMap<K, Vec<&'l Login>> {
    let mut groups: BTreeMap<K, Vec<&Login>> = BTreeMap::new();
    for login in logins {
        groups.entry(key(login)).or_default().push(login);
    }
    groups
}

/// What the logins of one snapshot show.
fn at_one_time(logins: &[&Login]) -> Vec<(Verdict, String)> {
    let facts: Vec<Fact> = logins.iter().map(|login| fact(login)).collect();
    let mut found = Vec::new();
    for judged in duplicates::judge(&facts) {
        let aliases: Vec<&str> = judged.hosts.iter().map(|one| one.name.as_str()).collect();
        if let [first, .., last] = judged.host_ids.as_slice() {
            let why = format!("two Host IDs use this NQN: {first} and {last}");
            found.push((Verdict::Shared, why));
        }
        if let [first, .., last] = aliases.as_slice() {
            let why = format!(
                "two aliases use this name: {first} and {last} (open-iscsi sends the host name as its alias)"
            );
            found.push((Verdict::Shared, why));
        }
        if judged.addresses.len() > 1 {
            let why = format!(
                "{} addresses at the same time: multipath looks the same; compare with the hosts' reports (sanid-fleet audit --sessions)",
                judged.addresses.len()
            );
            found.push((Verdict::Ask, why));
        }
    }
    found
}

/// A login as the finder of duplicates takes it: the alias stands for a host.
fn fact(login: &Login) -> Fact {
    Fact {
        kind: login.kind,
        name: login.name.clone(),
        cut: false,
        who: match (&login.alias, login.address) {
            (Some(alias), _) => Who::Host(alias.clone()),
            (None, Some(address)) => Who::Address(address),
            (None, None) => Who::Nobody,
        },
        address: login.address,
        host_id: login.host_id.clone(),
        login: None,
        file: String::new(),
        line: 0,
        place: 0,
        own: false,
    }
}

/// What the snapshots of one target show, where each has at most one login of the name.
fn between(kind: Kind, logins: &[&Login]) -> Option<(Verdict, String)> {
    /// Fewer do not show that a number goes on climbing.
    const FEWEST: usize = 3;
    let groups = by(logins, |login| login.snapshot);
    let turns: Vec<&Login> = groups
        .into_values()
        .map(|group| match group.as_slice() {
            [one] => Some(*one),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let pairs = || turns.iter().zip(turns.iter().skip(1));
    let steps = pairs()
        .filter(|(before, after)| who(before) != who(after))
        .count();
    // Controllers of NVMe get numbers that were in use before.
    let numbers = |before: &Login, after: &Login| {
        before
            .session
            .zip(after.session)
            .filter(|_| kind == Kind::Iscsi)
    };
    let is_new = |(before, after): (&&Login, &&Login)| {
        numbers(before, after).is_some_and(|(before, after)| after > before)
    };
    let climbs = turns.len() >= FEWEST && pairs().all(is_new);
    let returns = steps > 1
        && turns.iter().enumerate().any(|(at, one)| {
            let mut later = turns
                .iter()
                .skip(at + 1)
                .skip_while(|next| who(next) == who(one));
            later.any(|next| who(next) == who(one))
        });
    let each_is_new = pairs().all(|(before, after)| {
        who(before) == who(after) && before.session == after.session || is_new((before, after))
    });
    let is_proof = climbs || returns && each_is_new;
    let seen = format!("{}{}", names(&turns), span(&turns));
    match steps {
        0 if climbs => Some((
            Verdict::Ask,
            format!(
                "{seen}: a new session in every snapshot. Something ends them, as the login of a second machine does; take more snapshots"
            ),
        )),
        0 => None,
        _ if is_proof => Some((
            Verdict::Shared,
            format!("{seen}, take turns: each login ends the session of the other machine"),
        )),
        _ => Some((
            Verdict::Ask,
            format!(
                "{seen}, one after the other: a new lease and a failover look the same; take more snapshots"
            ),
        )),
    }
}

/// `, session 4 to 13 in 6 snapshots`.
fn span(turns: &[&Login]) -> String {
    let session = |login: Option<&&Login>| login.and_then(|login| login.session);
    let span = session(turns.first()).zip(session(turns.last()));
    span.map_or_else(String::new, |(first, last)| {
        format!(", session {first} to {last} in {} snapshots", turns.len())
    })
}

/// By what a login differs from that of a different machine.
fn who(login: &Login) -> (Option<IpAddr>, Option<&str>, Option<&str>) {
    let alias = login.alias.as_deref();
    (login.address, alias, login.host_id.as_deref())
}

/// The different ones, in their order.
fn names(turns: &[&Login]) -> String {
    let mut all: Vec<String> = Vec::new();
    for login in turns {
        let address = login.address.map(|address| address.to_string());
        let name = address.or(login.alias.clone()).or(login.host_id.clone());
        all.extend(name.filter(|name| !all.contains(name)));
    }
    all.join(" and ")
}

/// What one address proves.
fn alone(logins: &[&Login]) -> String {
    let addresses: BTreeSet<IpAddr> = logins.iter().filter_map(|login| login.address).collect();
    match addresses.first() {
        Some(address) => {
            format!("one address seen, {address}: that is no proof that one machine is behind it")
        }
        None => "the target shows no address, so the number of machines is not known".to_owned(),
    }
}
