//! Rows that stand for one host: the same name, one machine-id, or one initiator name.
//!
//! Of a row two keys are kept, and a third of one whose initiator name does not follow from its UUID, each a hash and the line, in 128 heaps by the first bits of the hash. What is
//! more than the memory that may be used goes to a file that has no name. In the end each heap is looked
//! through by itself. No key tells a machine-id: it is the public UUID that `sanid-v1` derives, hashed once more
//! with a number of this run.

mod iqns;

use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use sanid_core::{HostUuid, IqnPrefix};

use super::Place;
use super::identity::Identity;
use crate::inventory::{Column, Row};

const HEAPS: usize = 128;
/// Keys that go to the store at once.
const BLOCK: usize = 1024;
/// What room is made for at first.
const SMALL: usize = 64;
/// A hash without its last bits, in which the high bits of the line are.
const HASH: u64 = !0xf;
const KEY: usize = 12;

/// What two rows share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shared {
    /// The name of the host.
    Name,
    /// The machine-id, the system UUID or the Host ID: two hosts would be one to the storage.
    Seed,
    /// The initiator name alone: two hosts would be one to a target.
    Iqn,
}

impl Shared {
    const ALL: [Self; 3] = [Self::Name, Self::Seed, Self::Iqn];
}

/// Rows that stand for one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// What they share.
    pub shared: Shared,
    /// Where they are, in order.
    pub places: Vec<Place>,
}

/// The same, before it is known which file a line is in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Group {
    shared: Shared,
    lines: Vec<u64>,
}

impl Group {
    pub(super) fn placed(self, place: &dyn Fn(u64) -> Place) -> Duplicate {
        Duplicate {
            shared: self.shared,
            places: self.lines.into_iter().map(place).collect(),
        }
    }
}

/// Keys of one kind and one heap.
#[derive(Default)]
pub(super) struct Block {
    hashes: Vec<u64>,
    lines: Vec<u32>,
}

impl Block {
    fn with_room(keys: usize) -> Self {
        Self {
            hashes: Vec::with_capacity(keys),
            lines: Vec::with_capacity(keys),
        }
    }

    #[inline]
    fn push(&mut self, hash: u64, line: u64) {
        if self.hashes.is_empty() {
            self.hashes.reserve_exact(SMALL);
            self.lines.reserve_exact(SMALL);
        }
        self.hashes.push((hash & HASH) | (line >> 32 & !HASH));
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the rest is beside the hash"
        )]
        self.lines.push(line as u32);
    }

    fn len(&self) -> usize {
        self.hashes.len()
    }
}

/// The hash and the line of a key.
fn key(hash: u64, line: u32) -> (u64, u64) {
    (hash & HASH, u64::from(line) | (hash & !HASH) << 32)
}

/// As many keys of a kind and a heap as go to the store at once.
pub(super) type Full = (Shared, usize, Block);

/// The keys that one thread has collected.
pub(super) struct Keys {
    heaps: [Vec<Block>; Shared::ALL.len()],
    full: Vec<Full>,
    names: foldhash::fast::FixedState,
    seeds: foldhash::fast::FixedState,
}

/// A number of this run, so that nobody can make names whose hashes are one.
fn number() -> u64 {
    static NUMBER: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *NUMBER.get_or_init(|| RandomState::new().hash_one(0))
}

impl Keys {
    pub(super) fn new() -> Self {
        let heaps = |_| std::iter::repeat_with(Block::default).take(HEAPS).collect();
        Self {
            heaps: Shared::ALL.map(heaps),
            full: Vec::new(),
            names: foldhash::fast::FixedState::with_seed(number()),
            seeds: foldhash::fast::FixedState::with_seed(number().rotate_left(32)),
        }
    }

    /// Of a row of which nothing is fixed.
    #[inline]
    pub(super) fn usual(&mut self, line: u64, row: &Row<'_>, uuid: &HostUuid) {
        self.name(line, row.get(Column::Host));
        self.push(Shared::Seed, self.seeds.hash_one(uuid.as_bytes()), line);
    }

    /// Of any other row, in an inventory whose usual rows have this prefix.
    pub(super) fn other(
        &mut self,
        line: u64,
        row: &Row<'_>,
        identity: &Identity<'_>,
        prefix: &IqnPrefix,
    ) {
        self.name(line, row.get(Column::Host));
        let id = identity.nvme.host_id.uuid();
        let seed = identity.seed.filter(|seed| *seed != id);
        for uuid in seed.into_iter().chain([id]) {
            self.push(Shared::Seed, self.seeds.hash_one(uuid.as_bytes()), line);
        }
        let of_prefix = |iqn: &str| {
            let digits = iqn.strip_prefix(prefix.as_str())?.strip_prefix(':')?;
            HostUuid::parse_simple(digits)
        };
        // The name of a usual row has no key: the one of its UUID stands for it.
        let iqn = identity.iqn.as_str();
        if seed.is_none()
            && of_prefix(iqn) == Some(id)
            && iqn.as_bytes().ends_with(&id.simple_digits())
        {
            return;
        }
        // Compared as targets do.
        let iqn = identity.iqn.normal_form();
        let hash = match of_prefix(iqn.as_str()) {
            Some(uuid) => self.seeds.hash_one(uuid.as_bytes()),
            None => self.names.hash_one(iqn.as_str().as_bytes()),
        };
        self.push(Shared::Iqn, hash, line);
    }

    #[inline]
    fn name(&mut self, line: u64, name: &[u8]) {
        self.push(Shared::Name, self.names.hash_one(name), line);
    }

    #[inline]
    fn push(&mut self, shared: Shared, hash: u64, line: u64) {
        let heap = heap_of(hash);
        let block = self
            .heaps
            .get_mut(shared as usize)
            .and_then(|heaps| heaps.get_mut(heap));
        let Some(block) = block else {
            return;
        };
        block.push(hash, line);
        if block.len() >= BLOCK {
            let full = std::mem::replace(block, Block::with_room(BLOCK));
            self.full.push((shared, heap, full));
        }
    }

    /// Moves the full blocks.
    pub(super) fn move_full(&mut self, to: &mut Vec<Full>) {
        to.append(&mut self.full);
    }

    /// Hands everything over.
    pub(super) fn give(&mut self, store: &mut Store) -> io::Result<()> {
        store.take_all(&mut self.full)?;
        for (shared, heaps) in Shared::ALL.into_iter().zip(&mut self.heaps) {
            for (heap, block) in heaps
                .iter_mut()
                .enumerate()
                .filter(|(_, block)| block.len() > 0)
            {
                store.take(shared, heap, std::mem::take(block))?;
            }
        }
        Ok(())
    }
}

#[inline]
fn heap_of(hash: u64) -> usize {
    (hash >> 57) as usize
}

/// The keys of all threads.
pub(super) struct Store {
    heaps: [Vec<Heap>; Shared::ALL.len()],
    held: usize,
    memory: usize,
    file: Option<File>,
}

#[derive(Default)]
struct Heap {
    blocks: Vec<Block>,
    /// Where in the file there are more, and how many.
    stored: Vec<(u64, usize)>,
}

impl Store {
    pub(super) fn new(memory: usize) -> Self {
        let heaps = |_| std::iter::repeat_with(Heap::default).take(HEAPS).collect();
        Self {
            heaps: Shared::ALL.map(heaps),
            held: 0,
            memory,
            file: None,
        }
    }

    /// Takes blocks over.
    pub(super) fn take_all(&mut self, blocks: &mut Vec<Full>) -> io::Result<()> {
        blocks
            .drain(..)
            .try_for_each(|(shared, heap, block)| self.take(shared, heap, block))
    }

    fn take(&mut self, shared: Shared, heap: usize, block: Block) -> io::Result<()> {
        self.held += KEY * block.len();
        let heap = self
            .heaps
            .get_mut(shared as usize)
            .and_then(|heaps| heaps.get_mut(heap));
        if let Some(heap) = heap {
            heap.blocks.push(block);
        }
        if self.held > self.memory {
            self.spill()?;
        }
        Ok(())
    }

    /// Writes everything that is held.
    fn spill(&mut self) -> io::Result<()> {
        if self.file.is_none() {
            let file = unnamed();
            let why = |error: io::Error| {
                let why = format!(
                    "the search for duplicates needs a file in {}: {error}",
                    directory().display()
                );
                io::Error::new(error.kind(), why)
            };
            self.file = Some(file.map_err(why)?);
        }
        let Some(file) = &mut self.file else {
            return Ok(());
        };
        let mut at = file.seek(SeekFrom::End(0))?;
        let mut file = io::BufWriter::with_capacity(1 << 20, file);
        for heap in self.heaps.iter_mut().flatten() {
            let keys: usize = heap.blocks.iter().map(Block::len).sum();
            if keys == 0 {
                continue;
            }
            for block in heap.blocks.drain(..) {
                for (hash, line) in block.hashes.iter().zip(&block.lines) {
                    file.write_all(&hash.to_ne_bytes())?;
                    file.write_all(&line.to_ne_bytes())?;
                }
            }
            heap.stored.push((at, keys));
            at += (KEY * keys) as u64;
        }
        file.flush()?;
        self.held = 0;
        Ok(())
    }

    /// Tells every group of rows that share something, in order of their first lines.
    pub(super) fn find(&mut self, threads: usize, tell: &mut dyn FnMut(Group)) -> io::Result<()> {
        let file = self.file.as_ref();
        let [names, seeds, iqns] = &mut self.heaps;
        let alike = iqns::alike(iqns, seeds, file)?;
        groups(Shared::Name, names, file, threads)?
            .into_iter()
            .for_each(&mut *tell);
        let seeds = groups(Shared::Seed, seeds, file, threads)?;
        let iqns = iqns::not_among(alike, &seeds);
        seeds.into_iter().chain(iqns).for_each(tell);
        Ok(())
    }
}

/// The groups of one kind, in order of their first lines.
fn groups(
    shared: Shared,
    heaps: &mut [Heap],
    file: Option<&File>,
    threads: usize,
) -> io::Result<Vec<Group>> {
    let each = heaps.len().div_ceil(threads.max(1)).max(1);
    let found: Vec<io::Result<Vec<Group>>> = std::thread::scope(|scope| {
        let parts: Vec<_> = heaps
            .chunks_mut(each)
            .map(|heaps| scope.spawn(move || look(shared, heaps, file)))
            .collect();
        let joined = parts.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined
            .map(|part| part.unwrap_or_else(|_| Err(io::Error::other("a thread ended early"))))
            .collect()
    });
    let mut groups = Vec::new();
    for part in found {
        groups.extend(part?);
    }
    groups.sort_by(|one: &Group, other| one.lines.cmp(&other.lines));
    Ok(groups)
}

/// The groups of some heaps.
fn look(shared: Shared, heaps: &mut [Heap], file: Option<&File>) -> io::Result<Vec<Group>> {
    let mut groups = Vec::new();
    let (mut once, mut again) = (Vec::new(), Vec::new());
    for heap in heaps {
        let mut blocks = std::mem::take(&mut heap.blocks);
        for (at, keys) in std::mem::take(&mut heap.stored) {
            blocks.push(stored(file, at, keys)?);
        }
        // Nearly all hashes are alone, and bits are enough to see it.
        let keys: usize = blocks.iter().map(Block::len).sum();
        let bits = (8 * keys).next_power_of_two().max(64);
        once.clear();
        once.resize(bits / 64, 0_u64);
        again.clear();
        again.resize(bits / 64, 0_u64);
        let place = |hash: u64| {
            #[allow(
                clippy::cast_possible_truncation,
                reason = "any bits of the hash will do"
            )]
            let bit = (hash >> 8) as usize & (bits - 1);
            (bit / 64, 1_u64 << (bit % 64))
        };
        for hash in blocks.iter().flat_map(|block| &block.hashes) {
            let (word, bit) = place(*hash);
            if let (Some(once), Some(again)) = (once.get_mut(word), again.get_mut(word)) {
                *again |= *once & bit;
                *once |= bit;
            }
        }
        let mut keys = Vec::new();
        for block in &blocks {
            for (hash, line) in block.hashes.iter().zip(&block.lines) {
                let (word, bit) = place(*hash);
                if again.get(word).is_some_and(|word| word & bit != 0) {
                    keys.push(key(*hash, *line));
                }
            }
        }
        keys.sort_unstable();
        for group in keys.chunk_by(|one, other| one.0 == other.0) {
            let mut lines: Vec<u64> = group.iter().map(|(_, line)| *line).collect();
            lines.dedup();
            if lines.len() > 1 {
                groups.push(Group { shared, lines });
            }
        }
    }
    Ok(groups)
}

impl Heap {
    /// Every key with its line; a heap is small enough to be in memory.
    fn each(&self, file: Option<&File>, mut take: impl FnMut(u64, u64)) -> io::Result<()> {
        let mut block = |block: &Block| {
            for (hash, line) in block.hashes.iter().zip(&block.lines) {
                let (hash, line) = key(*hash, *line);
                take(hash, line);
            }
        };
        self.blocks.iter().for_each(&mut block);
        for (at, keys) in &self.stored {
            block(&stored(file, *at, *keys)?);
        }
        Ok(())
    }
}

fn stored(file: Option<&File>, at: u64, keys: usize) -> io::Result<Block> {
    let mut bytes = vec![0; KEY * keys];
    if let Some(file) = file {
        file.read_exact_at(&mut bytes, at)?;
    }
    let mut block = Block::default();
    let mut bytes = bytes.as_slice();
    let (mut hash, mut line) = ([0; 8], [0; 4]);
    while !bytes.is_empty() {
        bytes.read_exact(&mut hash)?;
        bytes.read_exact(&mut line)?;
        block.hashes.push(u64::from_ne_bytes(hash));
        block.lines.push(u32::from_ne_bytes(line));
    }
    Ok(block)
}

/// Where it is: not `/tmp`, which is memory on many systems.
fn directory() -> PathBuf {
    std::env::var_os("TMPDIR").map_or_else(|| PathBuf::from("/var/tmp"), PathBuf::from)
}

/// A file that nobody else can open, and that is gone with this process.
fn unnamed() -> io::Result<File> {
    use rustix::fs::{Mode, OFlags, open};
    let directory = directory();
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    Ok(File::from(open(
        directory,
        flags,
        Mode::from_raw_mode(0o600),
    )?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The groups among keys: names are their numbers.
    fn groups(memory: usize, names: impl Iterator<Item = u64>) -> Vec<Vec<u64>> {
        let mut store = Store::new(memory);
        let (mut keys, mut full) = (Keys::new(), Vec::new());
        for (line, name) in (1..).zip(names) {
            keys.name(line, &name.to_ne_bytes());
            keys.move_full(&mut full);
            store.take_all(&mut full).unwrap();
        }
        keys.give(&mut store).unwrap();
        assert_eq!(store.file.is_some(), memory < 1 << 20);
        let mut groups = Vec::new();
        store
            .find(3, &mut |group| groups.push(group.lines))
            .unwrap();
        groups
    }

    #[test]
    fn those_that_share_a_name_are_found_in_memory_and_in_a_file() {
        let names = || (0..300_000_u64).map(|name| if name % 100_000 == 7 { 7 } else { name });
        let expected = [vec![8, 100_008, 200_008]];
        assert_eq!(groups(1 << 30, names()), expected);
        assert_eq!(groups(1 << 18, names()), expected);
    }

    #[test]
    fn lines_beyond_four_thousand_million_are_kept() {
        let mut block = Block::default();
        block.push(u64::MAX, 0xf_1234_5678);
        assert_eq!(key(block.hashes[0], block.lines[0]), (HASH, 0xf_1234_5678));
    }
}
