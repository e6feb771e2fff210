//! Names below the line that names their host: farther to the right, or the next line.

use std::collections::BTreeSet;

use super::blocks::{Lines, pair};
use super::keys::is_key;
use super::node::Node;
use super::value;

/// `db-01:` and `iqn: …` below it, a row of a table and its initiators below it, `db-01` and its file after it.
///
/// Applies only if each name has such a line and these lines name at least two hosts: a single key above all names is
/// not a host.
pub(super) fn outline(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    let mut hosts = BTreeSet::new();
    // The lines above, each farther to the right than the one before.
    let mut above: Vec<(usize, Option<&str>)> = Vec::new();
    for (number, line) in lines {
        let depth = line.len() - line.trim_start().len();
        let text = line.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if value::names(text).is_empty() {
            above.retain(|(other, _)| *other < depth);
            above.push((depth, head(text)));
            continue;
        }
        // At the same depth only a line that contains nothing but the host counts.
        let mut left = above.iter().rev().filter(|(other, _)| *other < depth);
        let alone = above.last().filter(|(other, _)| *other == depth);
        let host = match left.next() {
            Some((_, host)) => (*host)?,
            None => alone
                .and_then(|(_, host)| *host)
                .filter(|host| is_alone(host, lines))?,
        };
        hosts.insert(host);
        nodes.push(Node::of(
            "",
            vec![Node::leaf("host", host, *number), pair(*number, text)],
            *number,
        ));
    }
    (hosts.len() > 1).then_some(nodes)
}

/// The host that a line names: a word, alone, with a colon behind it or before other columns.
fn head(text: &str) -> Option<&str> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end)?;
    let columns = rest.is_empty() || rest.starts_with("  ") || rest.starts_with('\t');
    let word = word
        .strip_suffix(':')
        .filter(|_| rest.is_empty())
        .unwrap_or(word);
    let plain = |one: char| one.is_alphanumeric() || "._-".contains(one);
    let is_word = word.chars().all(plain) && word.chars().any(char::is_alphabetic);
    (columns && is_word && !is_key(word)).then_some(word)
}

fn is_alone(host: &str, lines: &Lines<'_>) -> bool {
    lines.iter().any(|(_, line)| line.trim() == host)
}
