//! Keys to hosts: those of one name, and those that share what they must not.

use std::collections::{HashMap, HashSet};
use std::io;

use super::checks::Named;
use super::gather::NameKeys;
use super::group::{Shared, Sharing};
use super::record::{self, Record};
use super::repeats::{Repeats, Table};
use super::sort::{Entry, Sorter};
use super::store::{Store, damaged};
use super::tally::Places;

/// The hosts of each name that more than one has, or of all with an inventory. Of the reports of one host the
/// last counts; the others are superseded from then on.
pub(super) fn each_name(
    store: &Store,
    names: NameKeys,
    superseded: &mut Places,
    mut take: impl FnMut(&Named<'_>),
) -> io::Result<()> {
    each_group(store, names, |group| {
        each_of_key(store, group, superseded, &mut take)
    })
}

/// What hosts share whose reports count.
pub(super) fn each_shared(
    store: &Store,
    keys: Repeats,
    superseded: &Places,
    mut sharing: Sharing<'_>,
    mut take: impl FnMut(&Shared),
) -> io::Result<()> {
    keys.repeated(
        |table, sorter| again(store, table, sorter, Record::stored_keys),
        |(key, place)| {
            if superseded.has(place) {
                return Ok(());
            }
            sharing.add(key, place, &mut take)
        },
    )?;
    sharing.finish(&mut take);
    Ok(())
}

/// Adds the keys of all records that the table tells apart; `keys` gives those of one.
fn again(
    store: &Store,
    table: &Table,
    sorter: &mut Sorter,
    keys: impl Fn(&[u8], &mut dyn FnMut(u64)) -> Option<()> + Sync,
) -> io::Result<()> {
    store.each_chunk(
        |chunk| {
            // The table is larger than the cache of a core: questions that stand together wait together.
            let mut found: Vec<Entry> = Vec::with_capacity(1 << 13);
            chunk.each(|place, bytes| {
                let mut take = |key| found.push((key, place));
                keys(bytes, &mut take).ok_or_else(damaged)
            })?;
            found.retain(|(key, _)| table.is_repeated(*key));
            Ok(found)
        },
        |found| found.into_iter().try_for_each(|entry| sorter.push(entry)),
    )
}

/// The places of all hosts with one key of their names.
fn each_group(
    store: &Store,
    names: NameKeys,
    mut take: impl FnMut(&[u64]) -> io::Result<()>,
) -> io::Result<()> {
    let smallest = match names {
        NameKeys::All(_) => 1,
        NameKeys::Repeated(_) => 2,
    };
    let mut current = 0;
    let mut group: Vec<u64> = Vec::new();
    let each = |(key, place): Entry| {
        if key != current {
            if group.len() >= smallest {
                take(&group)?;
            }
            current = key;
            group.clear();
        }
        group.push(place);
        Ok(())
    };
    match names {
        NameKeys::All(sorter) => sorter.each(each)?,
        NameKeys::Repeated(repeats) => repeats.repeated(
            |table, sorter| {
                again(store, table, sorter, |bytes, take| {
                    take(Record::stored_name_key(bytes)?);
                    Some(())
                })
            },
            each,
        )?,
    }
    if group.len() >= smallest {
        take(&group)?;
    }
    Ok(())
}

/// The hosts of each name with this key, and what the inventory says of them.
fn each_of_key(
    store: &Store,
    group: &[u64],
    superseded: &mut Places,
    mut take: impl FnMut(&Named<'_>),
) -> io::Result<()> {
    let mut buffers: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut buffer = Vec::new();
    for place in group {
        let record = store.bytes(*place, &mut buffer)?;
        buffers.push((*place, record.to_owned()));
    }
    let mut all: Vec<(String, u64, Record<'_>)> = Vec::with_capacity(group.len());
    for (place, buffer) in &buffers {
        let record = Record::read(buffer).ok_or_else(damaged)?;
        all.push((
            record::comparable(&record.host).into_owned(),
            *place,
            record,
        ));
    }
    all.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    for same in all.chunk_by(|a, b| a.0 == b.0) {
        take(&named(same, superseded));
    }
    Ok(())
}

/// Of the reports of one name, the last of each seed counts. One without a seed is the same host, unless
/// there is more than one that it could be.
fn named<'a>(same: &'a [(String, u64, Record<'a>)], superseded: &mut Places) -> Named<'a> {
    let mut hosts: Vec<(u64, &Record<'_>)> = Vec::new();
    let mut count = 0;
    let mut expected = None;
    let mut by_seed: HashMap<Option<[u8; 16]>, usize> = HashMap::new();
    let reports = same.iter().filter(|(_, _, record)| !record.flags.inventory);
    let seeds: HashSet<[u8; 16]> = reports
        .filter_map(|(_, _, record)| record.fingerprint)
        .collect();
    for (_, place, record) in same {
        if record.flags.inventory {
            expected = Some((*place, record));
            continue;
        }
        let seed = if seeds.len() < 2 {
            None
        } else {
            record.fingerprint
        };
        let known = by_seed.get(&seed).and_then(|number| hosts.get_mut(*number));
        if let Some(earlier) = known {
            superseded.add(earlier.0);
            count += 1;
            *earlier = (*place, record);
        } else {
            by_seed.insert(seed, hosts.len());
            hosts.push((*place, record));
        }
    }
    Named {
        hosts,
        superseded: count,
        expected,
    }
}
