//! Answers of many hosts in one text: lines that begin with their host or their file, and heads that name one.

use std::collections::{BTreeMap, BTreeSet};

use super::blocks::{Line, Lines, blocks, has_names, pair};
use super::keys::{is_key, plain};
use super::node::Node;
use super::value;

/// `grep -H` over files: `path/of/file:text`.
pub(super) fn paths(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let full: Vec<_> = lines
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let split: Vec<_> = full
        .iter()
        .filter_map(|(number, line)| Some((*number, path(line)?)))
        .collect();
    if split.is_empty() || split.len() * 10 < full.len() * 8 {
        return None;
    }
    let mut root = Directory::default();
    for (line, (path, text)) in split {
        root.add(path, Node::leaf("", text, line));
    }
    Some(root.into_nodes())
}

/// What lies in a directory.
#[derive(Default)]
struct Directory {
    files: Vec<Node>,
    directories: BTreeMap<String, Directory>,
}

impl Directory {
    /// Adds a file. What is above `etc` is a host's root, and has its name.
    fn add(&mut self, path: &str, mut file: Node) {
        let components = path.split('/').filter(|one| !one.is_empty() && *one != ".");
        let components: Vec<&str> = components.collect();
        let Some((name, above)) = components.split_last() else {
            return;
        };
        (*name).clone_into(&mut file.key);
        let mut this = self;
        let mut above = above.iter().take(DEEPEST).peekable();
        while let Some(component) = above.next() {
            this = this.directories.entry((*component).to_owned()).or_default();
            let is_root = above.peek().is_some_and(|next| **next == "etc");
            if is_root && this.files.is_empty() {
                this.files.push(Node::leaf("host", component, file.line));
            }
        }
        this.files.push(file);
    }

    fn into_nodes(self) -> Vec<Node> {
        let directories = self.directories.into_iter().map(|(name, directory)| {
            let below = directory.into_nodes();
            let line = below.first().map_or(0, |one| one.line);
            Node::of(&format!("{name}/"), below, line)
        });
        self.files.into_iter().chain(directories).collect()
    }
}

/// Paths of programs are less deep.
const DEEPEST: usize = 128;

/// A file's name ends where a colon follows it; the names of targets above it have colons, too.
fn path(line: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    loop {
        let slash = at + line.get(at..)?.find('/')?;
        let leaf = line.get(slash + 1..)?;
        let end = leaf
            .find(|one: char| !(one.is_alphanumeric() || "._-@+".contains(one)))
            .unwrap_or(leaf.len());
        let name = leaf.get(..end)?;
        let is_name = ["iqn.", "nqn.", "eui.", "naa."]
            .iter()
            .any(|form| name.starts_with(form));
        if leaf.get(end..)?.starts_with(':')
            && !name.is_empty()
            && !is_name
            && !line.get(..slash)?.contains(char::is_whitespace)
        {
            return Some((line.get(..slash + 1 + end)?, leaf.get(end + 1..)?));
        }
        at = slash + 1;
    }
}

/// `db-01: text`, as pdsh and clush print many hosts.
pub(super) fn prefixed(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let full: Vec<_> = lines
        .iter()
        .filter(|(_, line)| !line.trim().is_empty())
        .collect();
    let prefix = |line: &'_ str| {
        let (host, _) = line.split_once(':')?;
        let plain = |one: char| one.is_alphanumeric() || "._-".contains(one);
        (!host.is_empty() && host.chars().all(plain) && line.get(host.len()..)?.starts_with(": "))
            .then(|| host.to_owned())
    };
    let all: Vec<(u64, String, &str)> = full
        .iter()
        .filter_map(|(number, line)| {
            let host = prefix(line)?;
            Some((*number, host.clone(), line.get(host.len() + 2..)?))
        })
        .collect();
    let is_key = |host: &str| {
        let host = plain(host);
        [
            "name",
            "iqn",
            "nqn",
            "initiator",
            "id",
            "host",
            "hostname",
            "server",
            "alias",
            "session",
            "target",
            "address",
        ]
        .iter()
        .any(|key| host == *key)
            || ["initiator", "iscsi", "nvme"]
                .iter()
                .any(|start| host.starts_with(start))
    };
    if all.is_empty()
        || all.len() * 10 < full.len() * 9
        || all.iter().any(|(_, host, _)| is_key(host))
    {
        return None;
    }
    let mut hosts: BTreeMap<String, Vec<Line<'_>>> = BTreeMap::new();
    for (number, host, rest) in all {
        hosts.entry(host).or_default().push((number, rest));
    }
    let node = |(host, lines): (String, Vec<Line<'_>>)| {
        let line = lines.first().map_or(0, |(line, _)| *line);
        let mut below = vec![Node::leaf("host", &host, line)];
        below.extend(
            lines
                .iter()
                .map(|(line, text)| pair(*line, text))
                .filter(|one| plain(&one.key) != "alias"),
        );
        Node::of("", below, line)
    };
    Some(hosts.into_iter().map(node).collect())
}

/// A host and its name on each line, without a head; or a host and its variables, as in an inventory of Ansible.
pub(super) fn host_and_name(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let parted = |one: char| one.is_whitespace() || one == ';' || one == ',';
    let full: Vec<_> = lines
        .iter()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with(['[', '#']))
        .collect();
    let row = |number: u64, line: &str| {
        let (host, rest) = line.trim().split_once(parted)?;
        let plain = |one: char| one.is_alphanumeric() || "._-".contains(one);
        let rest = rest.trim_start_matches(parted);
        let first = value::names(rest).into_iter().next()?;
        let is_variable = |word: &str| word.contains('=');
        let fits = host.chars().all(plain)
            && !is_key(host)
            && (rest.starts_with(&first.name) || rest.split_whitespace().all(is_variable));
        let mut below = vec![Node::leaf("host", host, number)];
        below.extend(rest.split_whitespace().map(|word| pair(number, word)));
        fits.then(|| Node::of("", below, number))
    };
    let rows: Vec<_> = full
        .iter()
        .filter_map(|(number, line)| row(*number, line))
        .collect();
    (!rows.is_empty() && rows.len() * 10 >= full.len() * 8).then_some(rows)
}

/// Answers of many hosts below a line each with the host: `==> FILE <==` of tail, `=== db-01 ===` of a loop, `db-01:`
/// of salt, and dshbak's, which puts hosts of one answer together.
pub(super) fn headed(lines: &Lines<'_>) -> Option<Vec<Node>> {
    let mut all: Vec<(u64, Vec<String>, Vec<Line<'_>>)> = Vec::new();
    let mut before = false;
    for (at, (number, line)) in lines.iter().enumerate() {
        let next = lines.get(at + 1).map_or("", |(_, line)| line);
        let above = at
            .checked_sub(1)
            .and_then(|above| lines.get(above))
            .map_or("", |(_, line)| line);
        if let Some(hosts) = heading(line, above, next) {
            all.push((*number, hosts, Vec::new()));
        } else if let Some((_, _, lines)) = all.last_mut() {
            lines.push((*number, line));
        } else {
            before |= !value::names(line).is_empty();
        }
    }
    // A key that is repeated above each block is not a host.
    let heads: BTreeSet<&Vec<String>> = all.iter().map(|(_, hosts, _)| hosts).collect();
    if before || all.is_empty() || all.len() > 1 && heads.len() < 2 {
        return None;
    }
    let mut made = Vec::new();
    for (line, hosts, below) in all {
        for host in hosts {
            let mut nodes = vec![Node::leaf("host", &host, line)];
            nodes.extend(
                blocks(&below)
                    .into_iter()
                    .flat_map(|block| block.below)
                    .filter(|one| plain(&one.key) != "alias"),
            );
            made.push(Node::of("", nodes, line));
        }
    }
    has_names(&made).then_some(made)
}

fn heading(line: &str, above: &str, next: &str) -> Option<Vec<String>> {
    let is_line =
        |text: &str| text.len() > 3 && text.bytes().all(|byte| byte == b'-' || byte == b'=');
    let text = line.trim();
    let marked = ["==>", "===", "---", "###", "***", "##", "=="]
        .iter()
        .find_map(|mark| text.strip_prefix(mark))
        .map(|rest| rest.trim_end_matches(['<', '=', '-', '#', '*', ' ']).trim());
    let alone = text.strip_suffix(':').filter(|_| {
        !line.starts_with(char::is_whitespace) && next.starts_with(char::is_whitespace)
    });
    let ruled = (is_line(above) && is_line(next)).then_some(text);
    let name = marked.or(alone).or(ruled).or(prompt(text))?;
    if name.is_empty()
        || name.contains(char::is_whitespace)
        || name.contains("::")
        || is_key(name)
        || !value::names(name).is_empty()
        || is_line(name)
    {
        return None;
    }
    // A file of a host: the directory above etc.
    if let Some((home, _)) = name.split_once("/etc/") {
        return home
            .rsplit('/')
            .next()
            .filter(|home| !home.is_empty())
            .map(|home| vec![home.to_owned()]);
    }
    let plain = |one: char| one.is_alphanumeric() || "._-[],@:".contains(one);
    name.chars().all(plain).then(|| expanded(name))
}

/// The host of a shell's prompt: `root@db-01:~# cat …`, `[root@db-01 ~]# cat …`.
fn prompt(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('@')?;
    let end = rest.find([':', ' '])?;
    let (host, rest) = rest.split_at_checked(end)?;
    let user = text.trim_start_matches('[').split('@').next()?;
    let is_prompt =
        !user.contains(char::is_whitespace) && (rest.contains("# ") || rest.contains("$ "));
    (is_prompt && !host.is_empty()).then_some(host)
}

/// `db-[01-03,07],web-1`, as clush and dshbak fold hosts.
fn expanded(text: &str) -> Vec<String> {
    const MOST: u64 = 4096;
    let mut all = Vec::new();
    let mut depth = 0;
    let parts = text.split(|one| {
        match one {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        one == ',' && depth == 0
    });
    for part in parts {
        let folded = part
            .split_once('[')
            .and_then(|(start, rest)| rest.split_once(']').map(|(list, end)| (start, list, end)));
        let Some((before, list, after)) = folded else {
            all.push(part.to_owned());
            continue;
        };
        for range in list.split(',') {
            let (low, high) = range.split_once('-').unwrap_or((range, range));
            let (Ok(from), Ok(to)) = (low.parse::<u64>(), high.parse::<u64>()) else {
                continue;
            };
            all.extend(
                (from..=to.min(from.saturating_add(MOST)))
                    .map(|number| format!("{before}{number:0width$}{after}", width = low.len())),
            );
        }
    }
    all.retain(|one| !one.is_empty());
    all
}
