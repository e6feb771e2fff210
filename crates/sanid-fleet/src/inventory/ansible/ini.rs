//! Ansible's INI: sections of hosts, `[group:vars]` and `[group:children]`.

use serde_json::Value;

use super::super::csv::looks_like_csv;
use super::super::guess::first_line;
use super::super::{Columns, Format, Opened, Unusable};
use super::groups::{Inventory, Vars};
use super::{HELP, lines, opened, whole};
use crate::chunks::Chunks;

/// Where hosts are that stand above every section.
const UNGROUPED: &str = "ungrouped";
/// A pattern of more hosts is a slip.
const MOST_HOSTS: u64 = 1_000_000;

/// The format.
pub(in super::super) struct Ini;

impl Format for Ini {
    fn name(&self) -> &'static str {
        "ansible-ini"
    }

    fn fits(&self, start: &[u8], name: &str) -> bool {
        let line = first_line(start);
        let section = line.starts_with(b"[") && line.ends_with(b"]");
        let assigned = line.contains(&b'=') && line.contains(&b' ') && !looks_like_csv(start);
        section || assigned || super::is_named(name, &["ini"])
    }

    fn open(&self, mut text: Chunks, columns: &Columns) -> Result<Opened, Unusable> {
        let text = whole(&mut text, HELP)?;
        opened(&parse(&text)?, lines(&text), columns)
    }
}

enum Section {
    Hosts(String),
    Vars(String),
    Children(String),
}

fn parse(text: &str) -> Result<Inventory, Unusable> {
    let mut inventory = Inventory::default();
    let mut section = Section::Hosts(UNGROUPED.to_owned());
    for (line, text) in (1..).zip(text.lines()) {
        let bad = |why: &str| Unusable {
            line,
            why: format!("{why}; {HELP}"),
        };
        let text = text.trim();
        if text.is_empty() || text.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = text.strip_prefix('[') {
            let name = name.split(['#', ';']).next().unwrap_or_default().trim();
            let name = name
                .strip_suffix(']')
                .ok_or_else(|| bad("a section has no ]"))?;
            section = match name.rsplit_once(':') {
                None => Section::Hosts(name.to_owned()),
                Some((group, "vars")) => Section::Vars(group.to_owned()),
                Some((group, "children")) => Section::Children(group.to_owned()),
                Some(_) => return Err(bad("a section is neither :vars nor :children")),
            };
            continue;
        }
        let words = words(text).ok_or_else(|| bad("a quote is not closed"))?;
        match &section {
            Section::Children(group) => inventory.child(group, text),
            Section::Vars(group) => {
                let (key, value) = text
                    .split_once('=')
                    .ok_or_else(|| bad("a variable has no ="))?;
                let mut vars = Vars::new();
                vars.insert(key.trim().to_owned(), Value::String(unquoted(value.trim())));
                inventory.vars(group, vars);
            }
            Section::Hosts(group) => {
                let (pattern, rest) = words.split_first().ok_or_else(|| bad("no host"))?;
                let mut vars = Vars::new();
                for word in rest {
                    let (key, value) = word
                        .split_once('=')
                        .ok_or_else(|| bad("a variable has no ="))?;
                    vars.insert(key.to_owned(), Value::String(unquoted(value)));
                }
                for name in expand(pattern).ok_or_else(|| bad("a range of hosts is none"))? {
                    inventory.host(line, group, name, vars.clone())?;
                }
            }
        }
    }
    Ok(inventory)
}

/// The words of a line, as a shell would split them; what follows a `#` is a comment.
fn words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    for sign in text.chars() {
        match (quote, sign) {
            (None, '#') if word.is_empty() => break,
            (None, sign) if sign.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), sign) if open == sign => quote = None,
            _ => {}
        }
        word.push(sign);
    }
    if !word.is_empty() {
        words.push(word);
    }
    quote.is_none().then_some(words)
}

fn unquoted(text: &str) -> String {
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"')
        .or_else(|| inner('\''))
        .unwrap_or(text)
        .to_owned()
}

/// The hosts of a pattern such as `web[01:20].example.com`.
pub(super) fn expand(pattern: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = pattern.split_once('[') else {
        // A port that is given beside the host is none of its name.
        let name = pattern.rsplit_once(':').filter(|(name, port)| {
            !name.contains(':') && !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit())
        });
        return Some(vec![name.map_or(pattern, |(name, _)| name).to_owned()]);
    };
    let (range, after) = rest.split_once(']')?;
    let mut parts = range.split(':');
    let (from, to) = (parts.next()?, parts.next()?);
    let step: u64 = parts
        .next()
        .map_or(Some(1), |step| step.parse().ok().filter(|step| *step > 0))?;
    let middles: Vec<String> =
        if let (Ok(first), Ok(last)) = (from.parse::<u64>(), to.parse::<u64>()) {
            let width = if from.starts_with('0') { from.len() } else { 0 };
            if last < first || (last - first) / step >= MOST_HOSTS {
                return None;
            }
            let steps = (last - first) / step;
            (0..=steps)
                .map(|at| format!("{:0width$}", first + at * step))
                .collect()
        } else {
            let letter = |text: &str| {
                text.bytes()
                    .next()
                    .filter(|it| text.len() == 1 && it.is_ascii_alphabetic())
            };
            let (first, last) = (letter(from)?, letter(to)?);
            let letters = (first..=last).step_by(usize::try_from(step).ok()?);
            letters
                .map(|letter| char::from(letter).to_string())
                .collect()
        };
    let tails = expand(after)?;
    let names = middles.iter().flat_map(|middle| {
        tails
            .iter()
            .map(move |tail| format!("{before}{middle}{tail}"))
    });
    (middles.len() as u64 * tails.len() as u64 <= MOST_HOSTS).then(|| names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_all_their_hosts() {
        for (pattern, names) in [
            ("web", "web"),
            ("web:2222", "web"),
            ("2001:db8::1", "2001:db8::1"),
            ("web[1:3]", "web1 web2 web3"),
            ("web[08:10].x", "web08.x web09.x web10.x"),
            ("web[1:5:2]", "web1 web3 web5"),
            ("db-[a:c]", "db-a db-b db-c"),
            ("r[1:2]n[1:2]", "r1n1 r1n2 r2n1 r2n2"),
        ] {
            let expanded = expand(pattern).map(|names| names.join(" "));
            assert_eq!(expanded.as_deref(), Some(names), "{pattern}");
        }
        for pattern in [
            "web[3:1]",
            "web[1:",
            "web[1]",
            "web[1:99999999999]",
            "web[a:9]",
            "web[1:3:0]",
        ] {
            assert_eq!(expand(pattern), None, "{pattern}");
        }
    }

    #[test]
    fn hosts_inherit_from_their_groups() {
        let text = "lone machine_id=1 # a comment\n[web]\nn[1:2] rack='r 1'\nn2 machine_id=\"2\"\n\n\
                    [web:vars]\nscheme = talos\nrack=r9\n[site:children]\nweb\n[site:vars]\nscheme=nvme-stas\nx=1\n\
                    [all:vars]\nx=0\ny=0\n";
        let hosts = parse(text).unwrap().hosts().unwrap();
        let shown: Vec<_> = hosts
            .iter()
            .map(|host| {
                format!(
                    "{} {} {}",
                    host.line,
                    host.name.as_deref().unwrap_or_default(),
                    host.object
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                r#"1 lone {"machine_id":"1","x":"0","y":"0"}"#,
                r#"3 n1 {"rack":"r 1","scheme":"talos","x":"1","y":"0"}"#,
                r#"3 n2 {"machine_id":"2","rack":"r 1","scheme":"talos","x":"1","y":"0"}"#,
            ]
        );
    }

    #[test]
    fn what_is_no_inventory_is_said_with_its_line() {
        for (text, word) in [
            ("[web\n", "1: a section has no ]"),
            ("a\n[web:hosts]\n", "2: a section is neither"),
            ("a rack\n", "1: a variable has no ="),
            ("a x='1\n", "1: a quote is not closed"),
            ("a[1:\n", "1: a range of hosts is none"),
            (
                "a machine_id=1\n[web]\na machine_id=2\n",
                "3: it gives a host another machine_id than line 1",
            ),
        ] {
            let error = parse(text).map(|_| ()).unwrap_err();
            assert!(
                format!("{}: {}", error.line, error.why).starts_with(word),
                "{text:?}: {error:?}"
            );
        }
        let looped = parse("[a:children]\nb\n[b:children]\na\n[a]\nhost\n").unwrap();
        assert!(looped.hosts().is_err());
    }

    /// Each group by itself is followed by recursion: a chain of them overflowed the stack.
    #[test]
    fn a_long_chain_of_groups_is_refused() {
        let chain = |length: usize| {
            let group = |number| format!("[g{number:05}:children]\ng{:05}\n", number + 1);
            let chain: String = (0..length).map(group).collect();
            format!("{chain}[g{length:05}]\nhost\n")
        };
        assert!(parse(&chain(400)).unwrap().hosts().is_ok());
        for length in [600, 80_000] {
            let error = parse(&chain(length))
                .unwrap()
                .hosts()
                .map(|_| ())
                .unwrap_err();
            assert!(
                error.why.contains("nested more than 500 deep"),
                "{}",
                error.why
            );
        }
    }
}
