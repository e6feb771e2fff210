//! Keys in order: sorted in memory as long as there is room, and from then on in runs in a temporary file
//! that are merged at the end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;

use rayon::slice::ParallelSliceMut as _;

/// A key, and what has it.
pub(crate) type Entry = (u64, u64);

const ENTRY: usize = 16;
/// What is read of a run at once.
const WINDOW: usize = 64 * 1024;

/// Entries to be sorted.
pub(crate) struct Sorter {
    entries: Vec<Entry>,
    limit: usize,
    file: Option<File>,
    /// Where each run begins and ends in the file.
    runs: Vec<(u64, u64)>,
}

impl Sorter {
    /// Keeps so many bytes in memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            entries: Vec::new(),
            limit: (limit / ENTRY).max(1),
            file: None,
            runs: Vec::new(),
        }
    }

    /// These, and what is added; so many of all are kept in memory.
    pub(crate) fn of(entries: Vec<Entry>, limit: usize) -> Self {
        Self {
            entries,
            limit,
            ..Self::new(0)
        }
    }

    /// Adds an entry.
    pub(crate) fn push(&mut self, entry: Entry) -> io::Result<()> {
        if self.entries.len() == self.limit {
            self.spill()?;
        }
        if self.entries.len() == self.entries.capacity() {
            // Twice as much at each step would be more than the limit.
            let step = (self.entries.len() / 4).max(1 << 12);
            let room = self.limit - self.entries.len();
            self.entries.reserve_exact(step.min(room).max(1));
        }
        self.entries.push(entry);
        Ok(())
    }

    /// How many bytes are in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.entries.capacity() * ENTRY
    }

    /// Whether anything is in a file.
    #[cfg(test)]
    fn is_spilled(&self) -> bool {
        self.file.is_some()
    }

    fn spill(&mut self) -> io::Result<()> {
        self.entries.par_sort_unstable();
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let begin = out.seek(SeekFrom::End(0))?;
        for (key, value) in &self.entries {
            out.write_all(&key.to_le_bytes())?;
            out.write_all(&value.to_le_bytes())?;
        }
        let end = begin + (self.entries.len() * ENTRY) as u64;
        self.runs.push((begin, end));
        self.entries.clear();
        self.file = Some(out.into_inner().map_err(io::IntoInnerError::into_error)?);
        Ok(())
    }

    /// Every entry, in order.
    pub(crate) fn each(mut self, mut take: impl FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        if self.file.is_none() {
            self.entries.par_sort_unstable();
            return self.entries.into_iter().try_for_each(take);
        }
        self.spill()?;
        self.entries = Vec::new();
        self.merge(&mut take)
    }

    fn merge(&self, each: &mut impl FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        let mut runs: Vec<Run<'_>> = self.runs.iter().map(|run| Run::new(file, *run)).collect();
        let mut heap = BinaryHeap::new();
        for (number, run) in runs.iter_mut().enumerate() {
            if let Some(entry) = run.next()? {
                heap.push(Reverse((entry, number)));
            }
        }
        while let Some(Reverse((entry, number))) = heap.pop() {
            each(entry)?;
            if let Some(run) = runs.get_mut(number) {
                if let Some(entry) = run.next()? {
                    heap.push(Reverse((entry, number)));
                }
            }
        }
        Ok(())
    }
}

/// A sorted run in the file.
struct Run<'f> {
    file: &'f File,
    at: u64,
    end: u64,
    window: Vec<u8>,
    used: usize,
}

impl<'f> Run<'f> {
    fn new(file: &'f File, (at, end): (u64, u64)) -> Self {
        Self {
            file,
            at,
            end,
            window: Vec::new(),
            used: 0,
        }
    }

    fn next(&mut self) -> io::Result<Option<Entry>> {
        if self.used == self.window.len() {
            let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            self.window.resize(left.min(WINDOW), 0);
            self.file.read_exact_at(&mut self.window, self.at)?;
            self.at += self.window.len() as u64;
            self.used = 0;
        }
        let Some(bytes) = self.window.get(self.used..self.used + ENTRY) else {
            return Ok(None);
        };
        self.used += ENTRY;
        let number = |half: &[u8]| half.try_into().map_or(0, u64::from_le_bytes);
        let (key, value) = bytes.split_at(ENTRY / 2);
        Ok(Some((number(key), number(value))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_in_order_from_memory_and_from_runs() {
        // Some keys once, some often, in no order.
        let entries: Vec<Entry> = (0..50_000_u64)
            .map(|index| (index.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 40_000, index))
            .collect();
        let mut expected = entries.clone();
        expected.sort_unstable();
        for limit in [usize::MAX, 100_000, 16_000, ENTRY * 50_000] {
            let mut sorter = Sorter::new(limit);
            for entry in &entries {
                sorter.push(*entry).unwrap();
            }
            assert_eq!(sorter.is_spilled(), limit < ENTRY * 50_000);
            let mut seen = Vec::new();
            sorter
                .each(|entry| {
                    seen.push(entry);
                    Ok(())
                })
                .unwrap();
            assert_eq!(seen, expected, "{limit}");
        }
    }
}
