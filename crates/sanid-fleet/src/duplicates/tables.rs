//! Tables of text: with lines around their cells, with a ruler below their head, or by words.

use super::blocks::{Lines, has_names};
use super::keys::plain;
use super::node::Node;
use super::value;

/// Rows of cells below a head; a row whose first cell is empty goes on with the row above.
fn rows(head: &[String], cells: Vec<(u64, Vec<String>)>) -> Vec<Node> {
    let mut all: Vec<(u64, Vec<String>)> = Vec::new();
    for (line, row) in cells {
        let goes_on =
            row.first().is_some_and(String::is_empty) && row.iter().any(|cell| !cell.is_empty());
        match all.last_mut().filter(|_| goes_on) {
            Some((_, above)) => {
                for (cell, more) in above.iter_mut().zip(row) {
                    go_on(cell, &more);
                }
            }
            None => all.push((line, row)),
        }
    }
    let node = |(line, row): (u64, Vec<String>)| {
        let cells = head.iter().zip(row);
        Node::of(
            "",
            cells
                .map(|(key, cell)| Node::leaf(key, &cell, line))
                .collect(),
            line,
        )
    };
    all.into_iter().map(node).collect()
}

/// Another name in a cell, or the rest of one that is longer than its column.
fn go_on(cell: &mut String, more: &str) {
    if more.is_empty() {
        return;
    }
    let is_new = value::names(more)
        .first()
        .is_some_and(|one| more.starts_with(&one.name))
        || value::is_wwn(more.trim_end_matches(','));
    if is_new || cell.ends_with(',') {
        cell.push('\n');
    }
    cell.push_str(more);
}

/// `| a | b |`, as the clients of `OpenStack` and `MySQL` draw it.
pub(super) fn boxed(lines: &Lines<'_>) -> Option<Vec<Node>> {
    lines
        .iter()
        .find(|(_, line)| line.trim_start().starts_with("+-"))?;
    let cells = |line: &str| -> Option<Vec<String>> {
        let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(
            inner
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect(),
        )
    };
    let mut all = lines
        .iter()
        .filter_map(|(number, line)| Some((*number, cells(line)?)));
    let (_, head) = all.next()?;
    Some(rows(&head, all.collect()))
}

/// A table whose head has a ruler of dashes below it.
pub(super) fn ruled(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let at = lines.iter().position(|(_, line)| is_ruler(line))?;
    let (_, ruler) = lines.get(at)?;
    let mut starts: Vec<usize> = groups(ruler);
    if starts.len() < 2 {
        starts = gaps(lines.get(at.checked_sub(1)?..)?);
    }
    let mut heads: Vec<&str> = Vec::new();
    for (_, line) in lines.get(..at)?.iter().rev().take(2) {
        if line.trim().is_empty()
            || line.contains('>')
            || !line.contains(" | ") && line.trim().split("  ").count() < 2 && starts.len() > 2
        {
            break;
        }
        heads.insert(0, line);
    }
    let cut = |line: &str| -> Vec<String> {
        let all: Vec<char> = line.chars().collect();
        let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
        starts
            .iter()
            .zip(ends)
            .map(|(start, end)| {
                all.get(*start..end.min(all.len()))
                    .unwrap_or_default()
                    .iter()
                    .collect::<String>()
                    .trim_matches(|one: char| one.is_whitespace() || one == '|')
                    .to_owned()
            })
            .collect()
    };
    let mut head: Vec<String> = vec![String::new(); starts.len()];
    for line in heads {
        for (name, part) in head.iter_mut().zip(cut(line)) {
            format!("{name} {part}").trim().clone_into(name);
        }
    }
    let cells = lines
        .get(at + 1..)?
        .iter()
        .take_while(|(_, line)| !line.trim().is_empty())
        .filter(|(_, line)| !is_ruler(line));
    let made = rows(
        &head,
        cells.map(|(number, line)| (*number, cut(line))).collect(),
    );
    has_names(&made).then_some(made)
}

fn is_ruler(line: &str) -> bool {
    line.chars().all(|one| "-=+ ".contains(one)) && (groups(line).len() > 1 || line.len() > 20)
}

/// Where columns begin below one ruler for all: behind what is blank in the head and in each row.
fn gaps(lines: &Lines<'_>) -> Vec<usize> {
    let rows = lines.iter().map(|(_, line)| *line);
    let rows: Vec<Vec<char>> = rows
        .enumerate()
        .take_while(|(at, line)| *at < 2 || !is_ruler(line) && !line.trim().is_empty())
        .filter(|(at, _)| *at != 1)
        .map(|(_, line)| line.chars().collect())
        .collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut used = vec![false; width];
    for row in &rows {
        for (used, one) in used.iter_mut().zip(row) {
            *used |= !one.is_whitespace();
        }
    }
    let is_used = |at: usize| used.get(at).copied().unwrap_or_default();
    (0..width)
        .filter(|&at| is_used(at) && (at == 0 || !is_used(at - 1)))
        .collect()
}

/// Where groups of dashes begin.
fn groups(line: &str) -> Vec<usize> {
    let all: Vec<char> = line.chars().collect();
    let dash = |at: usize| all.get(at).is_some_and(|one| "-=".contains(*one));
    (0..all.len())
        .filter(|&at| dash(at) && dash(at + 1) && (at == 0 || !dash(at - 1)))
        .collect()
}

/// A table whose rows have as many words as its head.
pub(super) fn columns(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let says_name = |word: &str| {
        ["name", "iqn", "nqn", "initiator", "wwn"]
            .iter()
            .any(|part| plain(word).contains(part))
    };
    let (at, head) = lines.iter().enumerate().find_map(|(at, (_, line))| {
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| word.trim_matches('-').to_owned())
            .collect();
        let is_head = words.len() > 2
            && !words.iter().any(|word| word == "=")
            && words.iter().any(|word| says_name(word))
            && !line.contains(": ")
            && value::names(line).is_empty();
        is_head.then_some((at, words))
    })?;
    let rest = lines.get(at + 1..)?;
    let with_names = rest
        .iter()
        .filter(|(_, line)| !value::names(line).is_empty())
        .count();
    let cells: Vec<(u64, Vec<String>)> = rest
        .iter()
        .map(|(number, line)| {
            (
                *number,
                line.split_whitespace()
                    .map(str::to_owned)
                    .collect::<Vec<_>>(),
            )
        })
        .filter(|(_, words)| words.len() == head.len())
        .collect();
    let made = rows(&head, cells);
    let read = made
        .iter()
        .filter(|row| {
            row.below.iter().any(|cell| {
                cell.text
                    .as_ref()
                    .is_some_and(|text| !value::names(text).is_empty())
            })
        })
        .count();
    (read * 2 > with_names && read > 0).then_some(made)
}
