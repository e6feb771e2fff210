//! Keys that more than one host has, found without keeping all keys in order.
//!
//! A table of bits says which keys were met once, and which may have been met again. Few are of the second
//! kind, and only they are sorted. The keys are held until that table is made, as long as there is room;
//! beyond it the table is kept and they are not, and those that were met again are read from the records.

use std::io;

use super::sort::{Entry, Sorter};

const ENTRY: usize = size_of::<Entry>();
/// So many places of the table for each key, where their number is known: one in this many that was met once
/// is then sorted in vain.
const SPARSE: usize = 16;

/// Keys, of which those that were met again are wanted.
pub(crate) struct Repeats {
    entries: Vec<Entry>,
    /// How many are held.
    limit: usize,
    /// How many bytes of memory there are.
    memory: usize,
    table: Option<Table>,
    settled: bool,
}

impl Repeats {
    /// Takes so many bytes of memory.
    pub(crate) fn new(memory: usize) -> Self {
        Self {
            entries: Vec::new(),
            // Where the table is made, both are there.
            limit: (memory * 2 / 3 / ENTRY).max(1),
            memory,
            table: None,
            settled: false,
        }
    }

    /// Adds a key.
    pub(crate) fn push(&mut self, entry: Entry) {
        if self.entries.len() == self.limit {
            self.forget();
        }
        if let Some(table) = &mut self.table {
            table.mark(entry.0);
            return;
        }
        if self.entries.len() == self.entries.capacity() {
            // Twice as much at each step would be more than the limit.
            let step = (self.entries.len() / 4).max(1 << 12);
            let room = self.limit - self.entries.len();
            self.entries.reserve_exact(step.min(room).max(1));
        }
        self.entries.push(entry);
    }

    /// Whether only the table is kept.
    #[cfg(test)]
    fn is_forgetful(&self) -> bool {
        self.table.is_some()
    }

    /// Beyond the memory the table holds all that is known.
    fn forget(&mut self) {
        self.table = Some(Table::of(&self.entries, self.memory / 3));
        self.entries = Vec::new();
    }

    /// Nothing is added any more: what is held and was met once goes.
    pub(crate) fn settle(&mut self) {
        if self.table.is_none() && !std::mem::replace(&mut self.settled, true) {
            let table = Table::of(&self.entries, self.entries.len() * SPARSE / 4);
            self.entries.retain(|(key, _)| table.is_repeated(*key));
        }
    }

    /// Every key that was met again, in order, with what has it: `take` sees one entry at a time. `again`
    /// adds the entries once more, those that the table tells apart, where they were not kept.
    pub(crate) fn repeated(
        mut self,
        again: impl FnOnce(&Table, &mut Sorter) -> io::Result<()>,
        take: impl FnMut(Entry) -> io::Result<()>,
    ) -> io::Result<()> {
        let sorter = if let Some(table) = &self.table {
            let mut sorter = Sorter::new(self.memory * 2 / 3);
            again(table, &mut sorter)?;
            sorter
        } else {
            self.settle();
            Sorter::of(self.entries, self.limit)
        };
        drop(self.table);
        sorter.each(take)
    }
}

/// Two bits for each place: something was there, and something was there again.
pub(crate) struct Table {
    words: Vec<u64>,
    places: u64,
}

impl Table {
    /// The table of these keys, in so many bytes.
    fn of(entries: &[Entry], bytes: usize) -> Self {
        let words = (bytes / 8).max(1);
        let mut table = Self {
            words: vec![0; words],
            places: words as u64 * 32,
        };
        for (key, _) in entries {
            table.mark(*key);
        }
        table
    }

    /// The word, and the bit in it. Keys are hashes: their first bits are as good as any.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "less than the number of places"
    )]
    fn place(&self, key: u64) -> (usize, u32) {
        let place = ((u128::from(key) * u128::from(self.places)) >> 64) as u64;
        ((place / 32) as usize, (place % 32) as u32 * 2)
    }

    fn mark(&mut self, key: u64) {
        let (word, bit) = self.place(key);
        if let Some(word) = self.words.get_mut(word) {
            *word |= ((*word >> bit & 1) << 1 | 1) << bit;
        }
    }

    /// Whether this key may have been met more than once; `false` is certain.
    pub(crate) fn is_repeated(&self, key: u64) -> bool {
        let (word, bit) = self.place(key);
        self.words.get(word).is_none_or(|word| word >> bit & 2 != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// Keys as hashes are, some once, some often, in no order.
    fn entries() -> Vec<Entry> {
        let key = |index: u64| (index * 31 % 40_000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..50_000).map(|index| (key(index), index)).collect()
    }

    fn repeated(entries: &[Entry], memory: usize) -> (Vec<Entry>, bool) {
        let mut repeats = Repeats::new(memory);
        for entry in entries {
            repeats.push(*entry);
        }
        let forgetful = repeats.is_forgetful();
        let mut found = Vec::new();
        let again = |table: &Table, sorter: &mut Sorter| {
            let again = entries.iter().filter(|(key, _)| table.is_repeated(*key));
            again.copied().try_for_each(|entry| sorter.push(entry))
        };
        repeats
            .repeated(again, |entry| {
                found.push(entry);
                Ok(())
            })
            .unwrap();
        (found, forgetful)
    }

    #[test]
    fn keys_that_were_met_again_are_found_in_order_with_any_memory() {
        let entries = entries();
        let mut count: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, _) in &entries {
            *count.entry(*key).or_default() += 1;
        }
        let mut expected = entries.clone();
        expected.retain(|(key, _)| count[key] > 1);
        expected.sort_unstable();
        for (memory, forgets) in [
            (usize::MAX / 4, false),
            (ENTRY * 50_000 * 2, false),
            (600_000, true),
            (100_000, true),
            (1, true),
        ] {
            let (mut found, forgetful) = repeated(&entries, memory);
            assert_eq!(forgetful, forgets, "{memory}");
            assert!(found.is_sorted());
            // What the table mistakes for another stands alone.
            found.retain(|(key, _)| count[key] > 1);
            assert_eq!(found, expected, "{memory}");
        }
    }

    /// Ten thousand copies of one template are one key ten thousand times.
    #[test]
    fn one_key_again_and_again_needs_no_more_memory() {
        const MEMORY: usize = 64 << 10;
        let entries: Vec<Entry> = (0..100_000).map(|index| (7, index)).collect();
        let mut repeats = Repeats::new(MEMORY);
        for entry in &entries {
            repeats.push(*entry);
            let table = repeats
                .table
                .as_ref()
                .map_or(0, |table| table.words.len() * 8);
            assert!(repeats.entries.capacity() * ENTRY + table <= MEMORY);
        }
        let mut next = 0;
        repeats
            .repeated(
                |table, sorter| {
                    entries.iter().try_for_each(|(key, index)| {
                        assert!(table.is_repeated(*key));
                        sorter.push((*key, *index))?;
                        assert!(sorter.held() <= MEMORY);
                        Ok(())
                    })
                },
                |(key, index)| {
                    assert_eq!((key, index), (7, next));
                    next += 1;
                    Ok(())
                },
            )
            .unwrap();
        assert_eq!(next, 100_000);
    }

    #[test]
    fn few_keys_that_were_met_once_are_sorted_in_vain() {
        let entries: Vec<Entry> = (0..100_000_u64)
            .map(|index| {
                (
                    index.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17) ^ index << 40,
                    index,
                )
            })
            .collect();
        let (found, _) = repeated(&entries, usize::MAX / 4);
        assert!(found.len() < entries.len() / 4, "{}", found.len());
    }
}
