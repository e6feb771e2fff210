//! Records: the first in memory as long as there is room, those that follow in a temporary file.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::record::{self, Record};

/// No record is longer: some names of at most 255 bytes each.
const LONGEST: usize = 32 * 1024;
/// Large enough that reading and handing on one costs nothing beside what it holds.
const CHUNK: usize = 1 << 18;
const WRITE: usize = 1 << 20;
/// So many chunks of each core are held at once.
const AHEAD: usize = 4;

/// Records by their place.
pub(crate) struct Store {
    /// The first of them.
    memory: Vec<u8>,
    limit: usize,
    /// Those that follow.
    file: Option<BufWriter<File>>,
    length: u64,
    /// Where each chunk begins: about [`CHUNK`] bytes of whole records, in memory or in the file.
    chunks: Vec<u64>,
}

/// Some records that follow each other.
pub(crate) struct Chunk<'a> {
    place: u64,
    bytes: &'a [u8],
}

impl Chunk<'_> {
    /// Every record as it is written, with its place.
    pub(crate) fn each(
        &self,
        mut take: impl FnMut(u64, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let (mut place, mut rest) = (self.place, self.bytes);
        while !rest.is_empty() {
            let length = record::length(rest).filter(|length| *length > 0);
            let split = length.and_then(|length| rest.split_at_checked(length));
            let (bytes, after) = split.ok_or_else(damaged)?;
            take(place, bytes)?;
            place += bytes.len() as u64;
            rest = after;
        }
        Ok(())
    }
}

impl Store {
    /// Keeps so many bytes in memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            memory: Vec::new(),
            limit,
            file: None,
            length: 0,
            chunks: Vec::new(),
        }
    }

    /// Where the next record will be.
    pub(crate) fn end(&self) -> u64 {
        self.length
    }

    /// How much is in a file.
    #[cfg(test)]
    fn spilled(&self) -> u64 {
        self.length - self.memory.len() as u64
    }

    /// Adds whole records.
    pub(crate) fn push(&mut self, records: &[u8]) -> io::Result<()> {
        let full = self
            .chunks
            .last()
            .is_none_or(|begin| self.length - begin >= CHUNK as u64);
        let mut first = false;
        if self.file.is_none() && self.memory.len() + records.len() > self.limit {
            self.file = Some(BufWriter::with_capacity(WRITE, tempfile::tempfile()?));
            first = true;
        }
        if full || first {
            self.chunks.push(self.length);
        }
        if let Some(file) = &mut self.file {
            file.write_all(records)?;
        } else {
            // Twice as much at each step would be more than the limit.
            if self.memory.capacity() < self.memory.len() + records.len() {
                let step = (self.memory.len() / 4).max(WRITE);
                let room = self.limit - self.memory.len();
                self.memory.reserve_exact(step.min(room).max(records.len()));
            }
            self.memory.extend_from_slice(records);
        }
        self.length += records.len() as u64;
        Ok(())
    }

    /// Nothing is added any more.
    pub(crate) fn complete(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }

    /// Reads one record, with a buffer to read it into.
    pub(crate) fn get<'b>(&'b self, place: u64, buffer: &'b mut Vec<u8>) -> io::Result<Record<'b>> {
        Record::read(self.bytes(place, buffer)?).ok_or_else(damaged)
    }

    /// One record as it is written, with a buffer to read it into.
    pub(crate) fn bytes<'b>(&'b self, place: u64, buffer: &'b mut Vec<u8>) -> io::Result<&'b [u8]> {
        let known = |bytes: &[u8]| record::length(bytes).filter(|length| *length <= LONGEST);
        let (file, at) = match self.within(place)? {
            Within::Memory(bytes) => {
                let bytes = known(bytes).and_then(|length| bytes.get(..length));
                return bytes.ok_or_else(damaged);
            }
            Within::File(file, at) => (file, at),
        };
        buffer.resize(256, 0);
        let read = read_some(file, buffer, at)?;
        buffer.truncate(read);
        let length = known(buffer).ok_or_else(damaged)?;
        if length > read {
            buffer.resize(length, 0);
            file.read_exact_at(buffer, at)?;
        }
        buffer.get(..length).ok_or_else(damaged)
    }

    fn within(&self, place: u64) -> io::Result<Within<'_>> {
        let at = usize::try_from(place).map_err(|_| damaged())?;
        match (at.checked_sub(self.memory.len()), &self.file) {
            (Some(at), Some(file)) => Ok(Within::File(file.get_ref(), at as u64)),
            _ => self
                .memory
                .get(at..)
                .map(Within::Memory)
                .ok_or_else(damaged),
        }
    }

    fn chunk<'b>(&'b self, number: usize, buffer: &'b mut Vec<u8>) -> io::Result<Chunk<'b>> {
        let place = *self.chunks.get(number).ok_or_else(damaged)?;
        let end = self.chunks.get(number + 1).copied().unwrap_or(self.length);
        let length = usize::try_from(end - place).map_err(|_| damaged())?;
        let bytes = match self.within(place)? {
            Within::Memory(bytes) => bytes.get(..length).ok_or_else(damaged)?,
            Within::File(file, at) => {
                buffer.resize(length, 0);
                file.read_exact_at(buffer, at)?;
                buffer
            }
        };
        Ok(Chunk { place, bytes })
    }

    /// What `work` makes of the chunks on all cores, in their order.
    pub(crate) fn each_chunk<T: Send>(
        &self,
        work: impl Fn(&Chunk<'_>) -> io::Result<T> + Sync,
        mut take: impl FnMut(T) -> io::Result<()>,
    ) -> io::Result<()> {
        let numbers: Vec<usize> = (0..self.chunks.len()).collect();
        for some in numbers.chunks(rayon::current_num_threads() * AHEAD) {
            let made: Vec<io::Result<T>> = some
                .par_iter()
                .map_init(Vec::new, |buffer, number| {
                    work(&self.chunk(*number, buffer)?)
                })
                .collect();
            for one in made {
                take(one?)?;
            }
        }
        Ok(())
    }

    /// Every record as it is written, with its place.
    fn scan(&self, mut take: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut buffer = Vec::new();
        for number in 0..self.chunks.len() {
            self.chunk(number, &mut buffer)?.each(&mut take)?;
        }
        Ok(())
    }

    /// Every record with its place.
    pub(crate) fn each(
        &self,
        mut take: impl FnMut(u64, &Record<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.scan(|place, bytes| take(place, &Record::read(bytes).ok_or_else(damaged)?))
    }

    /// Every record with its place, without its names.
    pub(crate) fn each_head(
        &self,
        mut take: impl FnMut(u64, &Record<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        self.scan(|place, bytes| take(place, &Record::read_head(bytes).ok_or_else(damaged)?))
    }
}

/// Where a record is.
enum Within<'a> {
    /// The bytes from there on.
    Memory(&'a [u8]),
    /// The place in the file.
    File(&'a File, u64),
}

/// What a record that cannot be read back means.
pub(crate) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a temporary file has changed")
}

/// As much as there is, up to the buffer's length.
fn read_some(file: &File, buffer: &mut [u8], place: u64) -> io::Result<usize> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, place + done as u64) {
            Ok(0) => break,
            Ok(read) => done += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_from_memory_and_from_a_file() {
        for limit in [usize::MAX, 500_000, 1000, 0] {
            let mut store = Store::new(limit);
            let mut places = Vec::new();
            for index in 0..5000 {
                let mut bytes = Vec::new();
                let record = Record {
                    host: format!("host-{index}-{}", "x".repeat(index % 255)).into(),
                    line: index as u64,
                    ..Record::default()
                };
                record.write(&mut bytes);
                places.push(store.end());
                store.push(&bytes).unwrap();
            }
            store.complete().unwrap();
            assert_eq!(store.spilled() > 0, limit != usize::MAX);
            assert!(store.memory.len() <= limit && store.memory.capacity() <= limit.max(1 << 30));
            let mut seen = Vec::new();
            store
                .each(|place, record| {
                    assert_eq!(record.line, seen.len() as u64);
                    seen.push(place);
                    Ok(())
                })
                .unwrap();
            assert_eq!(seen, places);
            let record = store.get(places[4321], &mut Vec::new()).map(|one| one.line);
            assert_eq!(record.unwrap(), 4321);
        }
    }
}
