//! Lines of text, and blocks of keys and values in them.

use super::keys::plain;
use super::node::Node;
use super::value;

/// Lines with their numbers.
pub(super) type Lines<'t> = [Line<'t>];
pub(super) type Line<'t> = (u64, &'t str);

pub(super) fn has_names(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| {
        node.text
            .as_ref()
            .is_some_and(|text| !value::names(text).is_empty())
            || has_names(&node.below)
    })
}

/// Blocks of keys and values: parted by empty lines, or where the first key of a block comes again.
pub(super) fn blocks(lines: &Lines<'_>) -> Vec<Node> {
    let mut all = Vec::new();
    for paragraph in lines.split(|(_, line)| line.trim().is_empty()) {
        let pairs: Vec<Node> = paragraph
            .iter()
            .flat_map(|(number, line)| pairs(*number, line))
            .collect();
        all.extend(split(pairs).into_iter().map(|block| {
            let line = block.first().map_or(0, |one| one.line);
            Node::of("", block, line)
        }));
    }
    all
}

/// Blocks with a name in each.
fn split(pairs: Vec<Node>) -> Vec<Vec<Node>> {
    let has_name = |one: &Node| {
        one.text
            .as_ref()
            .is_some_and(|text| !value::names(text).is_empty())
            && !plain(&one.key).starts_with("target")
    };
    let first = pairs
        .iter()
        .position(|one| has_name(one) && !one.key.is_empty());
    let Some(first) = first else {
        return vec![pairs];
    };
    let before: Vec<String> = pairs
        .iter()
        .take(first + 1)
        .map(|one| plain(&one.key))
        .collect();
    let name_key = before.last().cloned().unwrap_or_default();
    let mut all: Vec<Vec<Node>> = vec![Vec::new()];
    let mut named = false;
    for one in pairs {
        let key = plain(&one.key);
        let again = named && before.contains(&key) && (key != name_key || has_name(&one));
        let alone = key.is_empty() && has_name(&one);
        if again || alone {
            all.push(Vec::new());
            named = false;
        }
        named |= has_name(&one);
        if let Some(block) = all.last_mut() {
            block.push(one);
        }
    }
    all
}

/// The pairs of a line: a tab, or an alias, begins another.
fn pairs(number: u64, line: &str) -> Vec<Node> {
    let mut all = Vec::new();
    for part in line.trim().split('\t') {
        match part.split_once(" alias: ") {
            Some((first, alias)) => {
                all.push(pair(number, first));
                all.push(Node::leaf("alias", alias, number));
            }
            None => all.extend(listed(part).into_iter().map(|part| pair(number, part))),
        }
    }
    all
}

/// `host: db-01, iqn: …` is several pairs, and a comma in a value parts none.
fn listed(part: &str) -> Vec<&str> {
    let pieces: Vec<&str> = part.split(", ").collect();
    let is_pair = |piece: &&str| {
        let word = piece.trim().split([':', '=']).next().unwrap_or_default();
        let plain = |one: char| one.is_alphanumeric() || "_- ".contains(one);
        piece.contains([':', '=']) && !word.is_empty() && word.chars().all(plain)
    };
    if pieces.len() > 1 && pieces.iter().all(is_pair) {
        pieces
    } else {
        vec![part]
    }
}

/// `key: value`, `key = value`, `key    value`; or a text alone.
pub(super) fn pair(number: u64, line: &str) -> Node {
    let line = line.trim();
    let name = value::names(line)
        .first()
        .and_then(|one| line.find(&one.name))
        .unwrap_or(line.len());
    let marks = [":", "=", "  "];
    let cuts = marks
        .iter()
        .filter_map(|mark| line.find(mark).map(|at| (at, mark.len())));
    match cuts.min().filter(|(at, _)| *at < name) {
        Some((at, length)) => {
            let value = line.get(at + length..).unwrap_or_default().trim();
            // `:=` and `==`; an IPv6 address may begin with two colons.
            let value = match value.strip_prefix([':', '=']) {
                Some(rest) if !value.starts_with("::") => rest.trim(),
                _ => value,
            };
            Node::leaf(line.get(..at).unwrap_or_default().trim(), value, number)
        }
        None => Node::leaf("", line, number),
    }
}
