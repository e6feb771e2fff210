//! What has to change at a target: a pure function of what is wanted and what there is.

use std::collections::{HashMap, HashSet};

use super::{Entry, Format, Kind, Member, Present, Protocol, Scope, TargetError, is_nqn};
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

/// The members that a format makes of a list of hosts.
///
/// # Errors
/// [`TargetError::Usage`] where the format holds either kind of name and nobody said which.
pub fn members<'h>(
    format: &dyn Format,
    hosts: &'h [Host],
    scope: &Scope,
) -> Result<Members<'h>, TargetError> {
    let chosen = match (format.protocol(), scope.protocol) {
        (Protocol::Either, None) => {
            return Err(TargetError::Usage(format!(
                "{} holds initiator names or host NQNs, and a host of it only one kind: \
                 say --protocol iscsi or --protocol nvme",
                format.name()
            )));
        }
        (Protocol::Either | Protocol::Both, Some(chosen)) => chosen,
        (own, _) => own,
    };
    let mut made = Members::default();
    let mut seen: HashMap<String, &Host> = HashMap::with_capacity(hosts.len());
    for host in hosts {
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
                Some(first) if first.name == host.name => {}
                Some(first) => made.shared.push((first, host, name.to_owned())),
            }
        }
    }
    Ok(made)
}

/// Whether a format can hold a name: no line end or other control character gets into a file or a script.
fn holds(format: &dyn Format, name: &str, host: Option<&str>) -> Result<(), String> {
    if name.chars().any(char::is_control) {
        return Err("its name has a control character".to_owned());
    }
    format.admissible(name, host)
}

/// What has to change so that `present` admits `wanted`; with `prune`, nobody else by name.
///
/// A pattern is never removed: whom it lets in, only its author knows. Nor is a name that the format could
/// not have written: what removes it would be a command with a stranger's text in it.
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
/// let wanted = targets::members(tgt, &hosts, &scope)?.members;
/// let plan = targets::plan(tgt, &wanted, &there, &scope, true)?;
/// assert_eq!(plan.added(), ["iqn.2016-04.com.open-iscsi:1"]);
/// assert_eq!(plan.removed(), ["iqn.2024-01.a:old"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan<'a>(
    format: &dyn Format,
    wanted: &'a [Member<'a>],
    present: &'a Present,
    scope: &Scope,
    prune: bool,
) -> Result<Plan<'a>, TargetError> {
    if let Some(object) = format.object(scope)? {
        if !present.objects.contains(&object) {
            return Err(TargetError::NotThere {
                format: format.name(),
                object,
                present: present.objects.clone(),
            });
        }
    }
    if prune && wanted.is_empty() {
        return Err(TargetError::Refused(
            "the list has no host for this target, and --prune would take away everybody: \
             if that is what you want, remove the target's entries by hand"
                .to_owned(),
        ));
    }
    let here: Vec<&Entry> = present
        .entries
        .iter()
        .filter(|entry| format.within(&entry.object, scope))
        // Who speaks of initiator names says nothing of host NQNs.
        .filter(|entry| match scope.protocol {
            Some(Protocol::Iscsi) => !is_nqn(&entry.name),
            Some(Protocol::Nvme) => is_nqn(&entry.name) || entry.kind != Kind::Name,
            _ => true,
        })
        .collect();
    let known: HashSet<_> = wanted
        .iter()
        .map(|member| format.key(&member.name))
        .collect();
    let there: HashSet<_> = here
        .iter()
        .filter(|entry| entry.kind == Kind::Name)
        .map(|entry| format.key(&entry.name))
        .collect();
    let mut plan = Plan {
        present,
        add: wanted
            .iter()
            .filter(|member| !there.contains(&format.key(&member.name)))
            .collect(),
        remove: Vec::new(),
        unchanged: Vec::new(),
        unknown: Vec::new(),
    };
    for entry in here {
        if entry.kind == Kind::Name && known.contains(&format.key(&entry.name)) {
            plan.unchanged.push(entry);
        } else if entry.kind == Kind::Name && prune && holds(format, &entry.name, None).is_ok() {
            plan.remove.push(entry);
        } else {
            plan.unknown.push(entry);
        }
    }
    Ok(plan)
}
