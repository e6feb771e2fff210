//! Rows that share their initiator name and nothing else: a name that an inventory gives, or one of a template,
//! can be another host's.
//!
//! A usual row has no key for its name, since that follows from its UUID. So keys of names are compared with
//! those of UUIDs, too, and what is no usual row is sorted out afterwards.

use std::collections::HashMap;
use std::fs::File;
use std::io;

use foldhash::HashSet;

use super::{Group, Heap, Shared};

/// Rows of one name: those that have a key for it, and those whose UUID it could come from.
struct Alike {
    named: Vec<u64>,
    perhaps: Vec<u64>,
}

/// The rows that have one initiator name.
pub(super) fn alike(iqns: &[Heap], seeds: &[Heap], file: Option<&File>) -> io::Result<Vec<Group>> {
    let mut found = Vec::new();
    for (iqns, seeds) in iqns.iter().zip(seeds) {
        if !iqns.blocks.is_empty() || !iqns.stored.is_empty() {
            found.extend(in_heap(iqns, seeds, file)?);
        }
    }
    let mut unusual: HashSet<u64> = HashSet::default();
    let asked: HashSet<u64> = found
        .iter()
        .flat_map(|one| one.perhaps.iter().copied())
        .collect();
    if !asked.is_empty() {
        for heap in iqns {
            heap.each(file, |_, line| {
                if asked.contains(&line) {
                    unusual.insert(line);
                }
            })?;
        }
    }
    let mut groups: Vec<Group> = found
        .into_iter()
        .filter_map(|one| {
            let usual = one
                .perhaps
                .into_iter()
                .filter(|line| !unusual.contains(line));
            let mut lines: Vec<u64> = one.named.into_iter().chain(usual).collect();
            lines.sort_unstable();
            lines.dedup();
            (lines.len() > 1).then_some(Group {
                shared: Shared::Iqn,
                lines,
            })
        })
        .collect();
    groups.sort_by(|one, other| one.lines.cmp(&other.lines));
    Ok(groups)
}

fn in_heap(iqns: &Heap, seeds: &Heap, file: Option<&File>) -> io::Result<Vec<Alike>> {
    let mut keys = Vec::new();
    iqns.each(file, |hash, line| keys.push((hash, line, false)))?;
    let hashes: HashSet<u64> = keys.iter().map(|(hash, ..)| *hash).collect();
    seeds.each(file, |hash, line| {
        if hashes.contains(&hash) {
            keys.push((hash, line, true));
        }
    })?;
    keys.sort_unstable();
    let groups = keys.chunk_by(|one, other| one.0 == other.0);
    let several = groups.filter(|group| {
        group
            .iter()
            .any(|key| Some(key.1) != group.first().map(|first| first.1))
    });
    Ok(several
        .map(|group| {
            let lines = |perhaps: bool| {
                let of = group.iter().filter(move |key| key.2 == perhaps);
                of.map(|key| key.1).collect::<Vec<u64>>()
            };
            Alike {
                named: lines(false),
                perhaps: lines(true),
            }
        })
        .collect())
}

/// Those that are not told already, because all of their rows have one seed, too.
pub(super) fn not_among(iqns: Vec<Group>, seeds: &[Group]) -> Vec<Group> {
    if iqns.is_empty() {
        return iqns;
    }
    let mut of_line: HashMap<u64, Vec<&Group>> = HashMap::new();
    for group in seeds {
        for line in &group.lines {
            of_line.entry(*line).or_default().push(group);
        }
    }
    let told = |iqns: &Group| {
        let first = iqns.lines.first().and_then(|line| of_line.get(line));
        first.into_iter().flatten().any(|seeds| {
            iqns.lines
                .iter()
                .all(|line| seeds.lines.binary_search(line).is_ok())
        })
    };
    iqns.into_iter().filter(|group| !told(group)).collect()
}
