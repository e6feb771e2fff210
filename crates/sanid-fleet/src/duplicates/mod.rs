//! Names in any table, dump or export: found by what they look like, then the host around each.
//!
//! ```text
//! bytes ─► formats, text ─► a tree of keys and texts ─► facts: who has which name ─► verdicts
//! ```

mod answers;
mod blocks;
mod formats;
mod keys;
mod login;
mod node;
mod outline;
pub(crate) mod report;
mod tables;
mod text;
mod tree;
mod value;
mod verdict;
mod xml;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use tree::{Fact, Who};
pub(crate) use value::{Kind, key};
pub(crate) use verdict::{Holder, Judged, Verdict, judge};

/// What one file shows.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) facts: Vec<Fact>,
    /// What was not read, and where.
    pub(crate) unread: Vec<String>,
    /// Worldwide names of Fibre Channel.
    pub(crate) wwns: usize,
}

/// The document that `sanid-fleet duplicates --format json` prints about these files: the path of each, for a file of one
/// host that does not name it, and its bytes, not compressed.
///
/// Its shape is that of `Duplicates` in `docs/schema/sanid-fleet-v1.schema.json`. Bytes in which nothing is found are no
/// error: the document says what was not read.
///
/// # Examples
/// ```
/// let one = "web1 iqn.2016-04.com.open-iscsi:1".as_bytes();
/// let two = "web2 iqn.2016-04.com.open-iscsi:1".as_bytes();
/// let document = sanid_fleet::duplicates::find([("array-1", one), ("array-2", two)]);
/// let document = serde_json::to_value(document)?;
/// assert_eq!(document["names"][0]["verdict"], "shared");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn find<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> impl serde::Serialize {
    let files = files.into_iter();
    let sources: BTreeMap<String, Source> = files
        .map(|(name, bytes)| (name.to_owned(), read(name, bytes)))
        .collect();
    report::DuplicatesReport::new(&sources)
}

/// Reads a file; `name` is its path, for the files of one host that do not say which.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Source {
    let mut source = Source::default();
    let mut root = formats::read(bytes, &mut source.unread);
    source.facts = tree::facts(&mut root);
    source.wwns = root.wwns();
    let cut: Vec<&Fact> = source.facts.iter().filter(|fact| fact.cut).collect();
    if let Some(first) = cut.first() {
        let count = cut.len();
        source.unread.push(format!(
            "line {}: {count} names are cut, and not compared: print them whole",
            first.line
        ));
    }
    source.facts.retain(|fact| !fact.cut);
    if let Some(host) = of_one_host(&source.facts).then(|| host_of(name)).flatten() {
        for fact in &mut source.facts {
            fact.who = Who::Host(host.clone());
        }
    }
    source
}

/// Whether a file is that of one host, which it does not name: `iscsiadm -m session -P 3`, `nvme list-subsys`, or a file
/// with one name of a kind. A name that occurs twice may belong to two hosts.
fn of_one_host(facts: &[Fact]) -> bool {
    let once = |kind: Kind| {
        let of_kind = facts.iter().filter(|fact| fact.kind == kind);
        let (own, others): (Vec<&Fact>, Vec<&Fact>) = of_kind.partition(|fact| fact.own);
        let own: BTreeSet<_> = own.iter().map(|fact| key(kind, &fact.name)).collect();
        own.len() + others.len() < 2
    };
    let unnamed = facts.iter().all(|fact| fact.who == Who::Nobody);
    unnamed && !facts.is_empty() && once(Kind::Iscsi) && once(Kind::Nqn)
}

/// The host whose file this is: the directory above `etc` in its path, or the name of the file.
fn host_of(path: &str) -> Option<String> {
    let home = path.split_once("/etc/").map(|(home, _)| home);
    let last = home.unwrap_or(path).rsplit('/').next()?;
    let stem = if home.is_some() {
        last
    } else {
        last.rsplit_once('.').map_or(last, |(stem, _)| stem)
    };
    (!stem.is_empty()).then(|| stem.to_owned())
}
