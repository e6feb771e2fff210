//! Ansible's YAML: groups of `hosts`, `vars` and `children`.
//!
//! Scalars stay the text that they are in the file: thirty-two digits are no number.

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScanError, Span};
use serde_json::Value;

use super::super::guess::first_line;
use super::super::{Columns, Format, Opened, Unusable};
use super::groups::{Inventory, Vars};
use super::{HELP, lines, opened, whole};
use crate::chunks::Chunks;

/// Deeper files are hostile ones.
const DEEPEST: usize = 64;
/// What aliases may unfold to.
const MOST_NODES: usize = 10_000_000;

/// The format.
pub(in super::super) struct Yaml;

impl Format for Yaml {
    fn name(&self) -> &'static str {
        "ansible-yaml"
    }

    fn fits(&self, start: &[u8], name: &str) -> bool {
        let line = first_line(start);
        let begins = start.starts_with(b"---") || (line.ends_with(b":") && !line.contains(&b','));
        begins || super::is_named(name, &["yml", "yaml"])
    }

    fn open(&self, mut text: Chunks, columns: &Columns) -> Result<Opened, Unusable> {
        let text = whole(&mut text, HELP)?;
        let tree = parse(&text)?;
        let mut inventory = Inventory::default();
        let mut nodes = MOST_NODES;
        let Kind::Map(groups) = &tree.kind else {
            return Err(tree.bad("it is no mapping of groups"));
        };
        for (name, group) in groups {
            walk(&mut inventory, name, group, 0, &mut nodes)?;
        }
        opened(&inventory, lines(&text), columns)
    }
}

/// A value, with the line where it begins.
struct Node {
    line: u64,
    kind: Kind,
}

enum Kind {
    Scalar(String),
    /// Encrypted, for example, which only Ansible can read.
    Tagged,
    List(Vec<Rc<Node>>),
    Map(Vec<(String, Rc<Node>)>),
}

impl Node {
    fn bad(&self, why: &str) -> Unusable {
        Unusable {
            line: self.line,
            why: format!("{why}; {HELP}"),
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(&self.kind, Kind::Scalar(text) if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The members, and below them those of `<<`, which they outrank.
    fn members(&self) -> Result<Vec<(&str, &Rc<Self>)>, Unusable> {
        let mut members = Vec::new();
        match &self.kind {
            Kind::Map(map) => {
                for (_, merged) in map.iter().filter(|(key, _)| key == "<<") {
                    match &merged.kind {
                        Kind::List(list) => {
                            for one in list.iter().rev() {
                                members.extend(one.members()?);
                            }
                        }
                        _ => members.extend(merged.members()?),
                    }
                }
                members.extend(
                    map.iter()
                        .filter(|(key, _)| key != "<<")
                        .map(|(key, node)| (key.as_str(), node)),
                );
            }
            _ if self.is_nothing() => {}
            _ => return Err(self.bad("it is no mapping")),
        }
        Ok(members)
    }

    fn json(&self, nodes: &mut usize) -> Result<Value, Unusable> {
        *nodes = nodes
            .checked_sub(1)
            .ok_or_else(|| self.bad("its aliases unfold to too much"))?;
        Ok(match &self.kind {
            Kind::Scalar(_) if self.is_nothing() => Value::Null,
            Kind::Scalar(text) => Value::String(text.clone()),
            // Not the text of a column, and said so where it is asked for.
            Kind::Tagged => Value::Bool(true),
            Kind::List(list) => Value::Array(
                list.iter()
                    .map(|node| node.json(nodes))
                    .collect::<Result<_, _>>()?,
            ),
            Kind::Map(_) => Value::Object(self.vars(nodes)?),
        })
    }

    fn vars(&self, nodes: &mut usize) -> Result<Vars, Unusable> {
        let members = self.members()?;
        members
            .into_iter()
            .map(|(key, node)| Ok((key.to_owned(), node.json(nodes)?)))
            .collect()
    }
}

fn walk(
    inventory: &mut Inventory,
    name: &str,
    group: &Node,
    depth: usize,
    nodes: &mut usize,
) -> Result<(), Unusable> {
    if depth > DEEPEST {
        return Err(group.bad("groups are below groups without end"));
    }
    inventory.group(name);
    for (key, node) in group.members()? {
        match key {
            "hosts" => {
                for (pattern, vars) in node.members()? {
                    let names = super::ini::expand(pattern)
                        .ok_or_else(|| vars.bad("a range of hosts is none"))?;
                    let own = vars.vars(nodes)?;
                    for host in names {
                        inventory.host(vars.line, name, host, own.clone())?;
                    }
                }
            }
            "vars" => inventory.vars(name, node.vars(nodes)?),
            "children" => {
                for (child, node) in node.members()? {
                    inventory.child(name, child);
                    walk(inventory, child, node, depth + 1, nodes)?;
                }
            }
            _ => return Err(node.bad("a group has something else than hosts, vars and children")),
        }
    }
    Ok(())
}

/// Builds the tree of the first document.
fn parse(text: &str) -> Result<Rc<Node>, Unusable> {
    let mut builder = Builder {
        events: Parser::new_from_str(text),
        anchors: HashMap::new(),
    };
    loop {
        match builder.next()? {
            (Event::Nothing | Event::StreamStart | Event::DocumentStart(_), _) => {}
            (Event::StreamEnd, _) => {
                return Err(Unusable::first(format!("it has no host; {HELP}")));
            }
            (event, span) => return builder.node(event, span, 0),
        }
    }
}

struct Builder<'t> {
    events: Parser<'t, saphyr_parser::StrInput<'t>>,
    anchors: HashMap<usize, Rc<Node>>,
}

impl<'t> Builder<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Unusable> {
        let failed = |error: &ScanError| Unusable {
            line: error.marker().line() as u64,
            // The parser's own words do not repeat the text.
            why: format!("it is no YAML: {}", error.info()),
        };
        match self.events.next() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(failed(&error)),
            None => Err(Unusable::first("it ends in the middle")),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Rc<Node>, Unusable> {
        let line = span.start.line() as u64;
        let bad = |why: &str| Unusable {
            line,
            why: why.to_owned(),
        };
        if depth > DEEPEST {
            return Err(bad("it is nested too deeply"));
        }
        let (anchor, kind) = match event {
            Event::Alias(anchor) => {
                return self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or_else(|| bad("an alias stands for itself"));
            }
            Event::Scalar(_, _, anchor, Some(tag)) if !tag.is_yaml_core_schema() => {
                (anchor, Kind::Tagged)
            }
            Event::Scalar(text, _, anchor, _) => (anchor, Kind::Scalar(text.into_owned())),
            Event::SequenceStart(anchor, _) => {
                let mut list = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, span) => list.push(self.node(event, span, depth + 1)?),
                    }
                }
                (anchor, Kind::List(list))
            }
            Event::MappingStart(anchor, _) => (anchor, self.map(depth)?),
            _ => return Err(bad("it ends in the middle")),
        };
        let node = Rc::new(Node { line, kind });
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        Ok(node)
    }

    fn map(&mut self, depth: usize) -> Result<Kind, Unusable> {
        let mut map = Vec::new();
        loop {
            let (event, span) = self.next()?;
            let line = span.start.line() as u64;
            let key = match event {
                Event::MappingEnd => return Ok(Kind::Map(map)),
                event => self.node(event, span, depth + 1)?,
            };
            let Kind::Scalar(key) = &key.kind else {
                return Err(Unusable {
                    line,
                    why: "a key is no text".to_owned(),
                });
            };
            let (event, span) = self.next()?;
            let node = self.node(event, span, depth + 1)?;
            // The line of a member is that of its key.
            let node = match &node.kind {
                Kind::Map(inner) if node.line != line => {
                    let inner = inner
                        .iter()
                        .map(|(key, node)| (key.clone(), Rc::clone(node)))
                        .collect();
                    Rc::new(Node {
                        line,
                        kind: Kind::Map(inner),
                    })
                }
                _ => node,
            };
            map.push((key.clone(), node));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(text: &str) -> Result<Vec<String>, Unusable> {
        let tree = parse(text)?;
        let mut inventory = Inventory::default();
        let mut nodes = 1000;
        for (name, group) in tree.members()? {
            walk(&mut inventory, name, group, 0, &mut nodes)?;
        }
        let shown = inventory.hosts()?.into_iter();
        Ok(shown
            .map(|host| {
                format!(
                    "{} {} {}",
                    host.line,
                    host.name.as_deref().unwrap_or_default(),
                    host.object
                )
            })
            .collect())
    }

    #[test]
    fn scalars_stay_text_and_hosts_inherit() {
        let text = "---\n\
            all:\n  vars:\n    x: 0\n  hosts:\n    lone:\n      machine_id: 00112233445566778899001122334455\n  \
            children:\n    web:\n      vars: {scheme: talos}\n      hosts:\n        n[1:2]:\n          \
            ansible_facts:\n            machine_id: 1234e5678\n        n3:\n";
        assert_eq!(
            hosts(text).unwrap(),
            [
                r#"6 lone {"machine_id":"00112233445566778899001122334455","x":"0"}"#,
                r#"12 n1 {"ansible_facts":{"machine_id":"1234e5678"},"scheme":"talos","x":"0"}"#,
                r#"12 n2 {"ansible_facts":{"machine_id":"1234e5678"},"scheme":"talos","x":"0"}"#,
                r#"15 n3 {"scheme":"talos","x":"0"}"#,
            ]
        );
    }

    #[test]
    fn anchors_are_merged_and_cannot_be_a_bomb() {
        let text = "all:\n  vars: &v {scheme: talos}\n  hosts:\n    a: {<<: *v, x: '1'}\n";
        assert_eq!(hosts(text).unwrap(), [r#"4 a {"scheme":"talos","x":"1"}"#]);
        let mut bomb = "all:\n  vars:\n    a0: &a0 [x]\n".to_owned();
        for at in 1..20 {
            let below = format!("*a{0}, ", at - 1).repeat(9);
            bomb = format!("{bomb}    a{at}: &a{at} [{below}x]\n");
        }
        assert!(hosts(&bomb).unwrap_err().why.contains("unfold to too much"));
    }

    #[test]
    fn what_is_no_inventory_is_said_with_its_line() {
        for (text, line, word) in [
            ("- a\n- b\n", 1, "no mapping"),
            ("all:\n  hosts: [a]\n", 2, "no mapping"),
            ("all:\n  machines: {}\n", 2, "something else than"),
            ("all:\n\thosts:\n", 2, "no YAML"),
            (
                "all:\n  hosts:\n    ? [a]\n    : {}\n",
                3,
                "a key is no text",
            ),
            (
                "all: &a\n  children:\n    x: *a\n",
                3,
                "an alias stands for itself",
            ),
            (
                "all:\n  hosts:\n    a: {machine_id: '1'}\n  children:\n    x:\n      hosts:\n        a: {machine_id: '2'}\n",
                7,
                "another machine_id",
            ),
        ] {
            let error = hosts(text).unwrap_err();
            assert!(
                error.line == line && error.why.contains(word),
                "{text:?}: {error:?}"
            );
        }
        let deep = format!("all: {}{}", "[".repeat(200), "]".repeat(200));
        assert!(hosts(&deep).unwrap_err().why.contains("too deeply"));
    }
}
