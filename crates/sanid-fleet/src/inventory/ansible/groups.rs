//! Groups of hosts, and what a host inherits from them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::super::Unusable;
use super::Host;

/// The group that every host is in.
const ALL: &str = "all";
/// By it a group outranks others that are as deep.
const PRIORITY: &str = "ansible_group_priority";

/// The deepest nesting that is read; a chain of groups is followed by recursion.
const DEEPEST: usize = 500;
const TOO_DEEP: &str = "its groups are nested more than 500 deep";

/// Variables.
pub(super) type Vars = Map<String, Value>;

/// An inventory as it is written, before anything is inherited.
#[derive(Default)]
pub(super) struct Inventory {
    /// In the order in which they are first named.
    hosts: Vec<Named>,
    index: HashMap<String, usize>,
    groups: BTreeMap<String, Group>,
}

struct Named {
    line: u64,
    name: String,
    vars: Vars,
    groups: Vec<String>,
}

#[derive(Default)]
struct Group {
    vars: Vars,
    parents: Vec<String>,
}

impl Group {
    fn priority(&self) -> i64 {
        let given = match self.vars.get(PRIORITY) {
            Some(Value::String(text)) => text.parse().ok(),
            _ => None,
        };
        given.unwrap_or(1)
    }
}

impl Inventory {
    /// A host in a group, with what is said of it there.
    ///
    /// The machine-id of a host is its own, so a second one is a mistake, and which one is right cannot be told.
    pub(super) fn host(
        &mut self,
        line: u64,
        group: &str,
        name: String,
        vars: Vars,
    ) -> Result<(), Unusable> {
        let at = *self.index.entry(name.clone()).or_insert_with(|| {
            self.hosts.push(Named {
                line,
                name,
                vars: Vars::new(),
                groups: Vec::new(),
            });
            self.hosts.len() - 1
        });
        self.group(group);
        let Some(host) = self.hosts.get_mut(at) else {
            return Ok(());
        };
        for (key, value) in vars {
            let before = host.vars.get(&key).filter(|before| **before != value);
            if before.is_some() && key.contains("machine_id") {
                return Err(Unusable {
                    line,
                    why: format!("it gives a host another {key} than line {} does", host.line),
                });
            }
            host.vars.insert(key, value);
        }
        host.groups.push(group.to_owned());
        Ok(())
    }

    pub(super) fn group(&mut self, group: &str) {
        self.groups.entry(group.to_owned()).or_default();
    }

    pub(super) fn vars(&mut self, group: &str, vars: Vars) {
        self.groups
            .entry(group.to_owned())
            .or_default()
            .vars
            .extend(vars);
    }

    pub(super) fn child(&mut self, parent: &str, child: &str) {
        self.group(parent);
        self.groups
            .entry(child.to_owned())
            .or_default()
            .parents
            .push(parent.to_owned());
    }

    /// Every host with all that it inherits: a host's own word before a group's, a child's before a parent's,
    /// and of equals that of the higher priority, or else the last in the alphabet.
    pub(super) fn hosts(&self) -> Result<Vec<Host>, Unusable> {
        let mut depths: HashMap<&str, usize> = HashMap::new();
        for group in self.groups.keys() {
            self.depth(group, 0, &mut depths)?;
        }
        self.hosts
            .iter()
            .map(|host| {
                let mut groups = Vec::new();
                for group in &host.groups {
                    self.above(group, &mut groups);
                }
                if !groups.contains(&ALL) {
                    groups.push(ALL);
                }
                let priority = |group| self.groups.get(group).map_or(1, Group::priority);
                groups.sort_by_key(|&group| (depths.get(group).copied(), priority(group), group));
                let mut vars = Vars::new();
                for group in groups
                    .into_iter()
                    .filter_map(|group| self.groups.get(group))
                {
                    vars.extend(group.vars.clone());
                }
                vars.extend(host.vars.clone());
                Ok(Host {
                    line: host.line,
                    name: Some(host.name.clone()),
                    object: Value::Object(vars).to_string(),
                })
            })
            .collect()
    }

    fn above<'a>(&'a self, group: &'a str, found: &mut Vec<&'a str>) {
        if !found.contains(&group) {
            found.push(group);
            for parent in self
                .groups
                .get(group)
                .into_iter()
                .flat_map(|group| &group.parents)
            {
                self.above(parent, found);
            }
        }
    }

    /// How many groups are above one.
    fn depth<'a>(
        &'a self,
        group: &'a str,
        below: usize,
        known: &mut HashMap<&'a str, usize>,
    ) -> Result<usize, Unusable> {
        if let Some(depth) = known.get(group) {
            return Ok(*depth);
        }
        if below > self.groups.len().min(DEEPEST) {
            return Err(Unusable::first(if below > self.groups.len() {
                "a group is below itself"
            } else {
                TOO_DEEP
            }));
        }
        // Every other group is below the one of all hosts, said or not.
        let mut depth = usize::from(group != ALL);
        for parent in self
            .groups
            .get(group)
            .into_iter()
            .flat_map(|group| &group.parents)
        {
            depth = depth.max(1 + self.depth(parent, below + 1, known)?);
        }
        if depth > DEEPEST {
            return Err(Unusable::first(TOO_DEEP));
        }
        known.insert(group, depth);
        Ok(depth)
    }
}
