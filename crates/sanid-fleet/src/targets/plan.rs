//! What has to change at a target: a pure function of what is wanted and what there is.

use std::collections::{HashMap, HashSet};

use super::{Entry, Format, Kind, Member, Present, Protocol, Scope, TargetError, is_nqn};
use crate::alike;
use crate::hosts::Host;

/// What has to change.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan<'a> {
    /// What there is.
    pub present: &'a Present,
    /// Hosts that the target does not admit yet.
    pub add: Vec<&'a Member<'a>>,
    /// Entries to take away; none without `prune`.
    pub remove: Vec<&'a Entry>,
    /// Entries of hosts that are wanted.
    pub unchanged: Vec<&'a Entry>,
    /// Entries that belong to no host of the list and stay.
    pub unknown: Vec<&'a Entry>,
    /// Those of [`unknown`](Self::unknown) that stay for a row that became no member: they may be what it stands for.
    pub protected: usize,
    /// Names that the target has in the object of a different host.
    pub misplaced: Vec<Misplaced<'a>>,
    /// The objects within the scope; `None` for all.
    pub objects: Option<Vec<String>>,
}

/// A name that is in the object of a different host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misplaced<'a> {
    /// The host of the list, with its name.
    pub member: &'a Member<'a>,
    /// The entry, whose label is the host that has it.
    pub entry: &'a Entry,
}

impl<'a> Plan<'a> {
    /// Nothing to add and nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }

    /// The names to add.
    pub fn added(&self) -> Vec<&'a str> {
        self.add.iter().map(|member| &*member.name).collect()
    }

    /// The names to take away.
    pub fn removed(&self) -> Vec<&'a str> {
        self.remove
            .iter()
            .map(|entry| entry.name.as_str())
            .collect()
    }

    /// The names that the target admits when the plan is carried out: what it has, without what goes, and
    /// then what comes.
    pub fn result(&self) -> impl Iterator<Item = &str> {
        let kept = self.unchanged.iter().chain(&self.unknown);
        let kept = kept.map(|entry| entry.name.as_str());
        kept.chain(self.add.iter().map(|member| &*member.name))
    }
}

/// What a list of hosts gives for a format.
#[derive(Debug, Default)]
pub struct Members<'h> {
    /// One for each name, in the order of the list.
    pub members: Vec<Member<'h>>,
    /// Hosts without a name of this kind.
    pub nameless: Vec<&'h Host>,
    /// Hosts that the target cannot hold, and why.
    pub unfit: Vec<(&'h Host, String)>,
    /// Two hosts of one name: whoever logs in first is both.
    pub shared: Vec<(&'h Host, &'h Host, String)>,
}

impl Members<'_> {
    /// Whether a row that became no member may stand for this entry: it has the name, or the host's.
    fn may_stand_for(&self, format: &Format, entry: &Entry) -> bool {
        let key = format.key(&entry.name);
        let unfit = self.unfit.iter().map(|(host, _)| *host);
        unfit.chain(self.nameless.iter().copied()).any(|host| {
            let mut names = host.names().into_iter().flatten();
            names.any(|name| format.key(&format.spelling(name)) == key)
                || entry
                    .label
                    .as_deref()
                    .is_some_and(|label| may_be_one_host(label, &host.name))
        })
    }
}

/// Whether two names of hosts are one: letters of either size and a final dot make no difference.
pub(super) fn is_one_host(left: &str, right: &str) -> bool {
    alike::host(left) == alike::host(right)
}

/// Whether they are, or one of them is the first label of the other.
fn may_be_one_host(left: &str, right: &str) -> bool {
    is_one_host(left, right) || alike::is_short_for(&alike::host(left), &alike::host(right))
}

/// The members that a format makes of a list of hosts.
///
/// # Errors
/// [`TargetError::Usage`] where the format holds either kind of name and nobody said which.
pub fn members<'h>(
    format: &Format,
    hosts: &'h [Host],
    scope: &Scope,
) -> Result<Members<'h>, TargetError> {
    let chosen = match (format.protocol, scope.protocol) {
        (Protocol::Either, None) => {
            return Err(TargetError::Usage(format!(
                "{} holds initiator names or host NQNs, and a host of it only one kind: \
                 say --protocol iscsi or --protocol nvme",
                format.name
            )));
        }
        (Protocol::Either | Protocol::Both, Some(chosen)) => chosen,
        (own, _) => own,
    };
    let mut made = Members::default();
    let mut seen: HashMap<String, &Host> = HashMap::with_capacity(hosts.len());
    let mut first_rows = HashMap::new();
    for host in hosts {
        let first: &Host = first_rows.entry(alike::host(&host.name)).or_insert(host);
        if format.is_by_host && first.name != host.name && first.names() != host.names() {
            let first = &first.name;
            made.unfit.push((
                host,
                format!(
                    "{first} is the same host with different names in an earlier row; use one row per host"
                ),
            ));
            continue;
        }
        let [iqn, nqn] = host.names();
        let names = match chosen {
            Protocol::Iscsi => [iqn, None],
            Protocol::Nvme => [nqn, None],
            Protocol::Either | Protocol::Both => [iqn, nqn],
        };
        if names == [None, None] {
            made.nameless.push(host);
        }
        for name in names.into_iter().flatten() {
            let member = Member {
                host,
                name: format.spelling(name),
            };
            if let Err(why) = holds(format, name, Some(&host.name)) {
                made.unfit.push((host, why));
                continue;
            }
            let key = format.key(&member.name).into_owned();
            match seen.insert(key, host) {
                None => made.members.push(member),
                Some(first) if is_one_host(&first.name, &host.name) => {}
                Some(first) => made.shared.push((first, host, name.to_owned())),
            }
        }
    }
    Ok(made)
}

/// Whether a format can hold a name: no line end or other control character gets into a file or a script.
fn holds(format: &Format, name: &str, host: Option<&str>) -> Result<(), String> {
    if name.chars().any(char::is_control) {
        return Err("its name has a control character".to_owned());
    }
    format.admissible(name, host)
}

/// What has to change so that `present` admits the members of `wanted`; with `prune`, no other names.
///
/// A pattern is never removed: only its author knows whom it lets in. Nor is a name that the format could
/// not have written, since what removes it would be a command with a stranger's text in it, nor one that a row
/// without a member may stand for.
///
/// # Errors
/// [`TargetError::NotThere`] where the target has no such object; [`TargetError::Refused`] where `prune`
/// would take away everybody.
///
/// # Examples
/// ```
/// use sanid_fleet::{hosts, input::Input, targets};
///
/// let list = "host,iqn\na,iqn.2016-04.com.open-iscsi:1\n";
/// let hosts: Vec<_> = hosts::read(Input::of("list", list.as_bytes())).collect::<Result<_, _>>()?;
/// let tgt = targets::format("tgt").ok_or("no tgt")?;
/// let there = tgt.read("<target iqn.2024-01.a:t>\n initiator-name iqn.2024-01.a:old\n</target>\n")?;
/// let scope = targets::Scope { target: Some("iqn.2024-01.a:t".into()), ..Default::default() };
/// let wanted = targets::members(tgt, &hosts, &scope)?;
/// let plan = targets::plan(tgt, &wanted, &there, &scope, true)?;
/// assert_eq!(plan.added(), ["iqn.2016-04.com.open-iscsi:1"]);
/// assert_eq!(plan.removed(), ["iqn.2024-01.a:old"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan<'a>(
    format: &Format,
    wanted: &'a Members<'a>,
    present: &'a Present,
    scope: &Scope,
    prune: bool,
) -> Result<Plan<'a>, TargetError> {
    let objects = format.within(scope, present)?;
    if prune && wanted.members.is_empty() {
        return Err(TargetError::Refused(
            "the list has no host for this target, and --prune would take away everybody: \
             if that is what you want, remove the target's entries by hand"
                .to_owned(),
        ));
    }
    let here = here(scope, objects.as_deref(), present);
    let known: HashMap<_, _> = wanted
        .members
        .iter()
        .map(|member| (format.key(&member.name), member))
        .collect();
    let there: HashSet<_> = here
        .iter()
        .filter(|entry| entry.kind == Kind::Name)
        .map(|entry| format.key(&entry.name))
        .collect();
    let is_new = |member: &&Member<'_>| !there.contains(&format.key(&member.name));
    let mut plan = Plan {
        present,
        add: wanted.members.iter().filter(is_new).collect(),
        remove: Vec::new(),
        unchanged: Vec::new(),
        unknown: Vec::new(),
        protected: 0,
        misplaced: Vec::new(),
        objects,
    };
    for entry in here {
        if entry.kind != Kind::Name {
            plan.unknown.push(entry);
        } else if let Some(member) = known.get(&format.key(&entry.name)) {
            plan.unchanged.push(entry);
            let label = entry.label.as_deref().filter(|_| format.is_by_host);
            if label.is_some_and(|label| !is_one_host(label, &member.host.name)) {
                plan.misplaced.push(Misplaced { member, entry });
            }
        } else if prune && wanted.may_stand_for(format, entry) {
            plan.protected += 1;
            plan.unknown.push(entry);
        } else if prune && holds(format, &entry.name, None).is_ok() {
            plan.remove.push(entry);
        } else {
            plan.unknown.push(entry);
        }
    }
    Ok(plan)
}

/// The entries that the scope speaks of.
fn here<'p>(scope: &Scope, objects: Option<&[String]>, present: &'p Present) -> Vec<&'p Entry> {
    let is_within = |entry: &&Entry| objects.is_none_or(|all| all.contains(&entry.object));
    let entries = present.entries.iter().filter(is_within);
    // A list of initiator names says nothing of host NQNs.
    let is_of_kind = |entry: &&Entry| match scope.protocol {
        Some(Protocol::Iscsi) => !is_nqn(&entry.name),
        Some(Protocol::Nvme) => is_nqn(&entry.name) || entry.kind != Kind::Name,
        _ => true,
    };
    entries.filter(is_of_kind).collect()
}
