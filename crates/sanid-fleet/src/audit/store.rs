//! Records, in memory as long as there is room, and in a temporary file from then on.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;

use super::record::{self, Record};

/// No record is longer: some names of at most 255 bytes each.
const LONGEST: usize = 32 * 1024;
const SCAN: usize = 1 << 20;

/// Records by their place.
pub(crate) struct Store {
    memory: Vec<u8>,
    limit: usize,
    file: Option<BufWriter<File>>,
    length: u64,
}

impl Store {
    /// Keeps so many bytes in memory.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            memory: Vec::new(),
            limit,
            file: None,
            length: 0,
        }
    }

    /// Where the next record will be.
    pub(crate) fn end(&self) -> u64 {
        self.length
    }

    /// Whether it is in a file.
    #[cfg(test)]
    fn is_spilled(&self) -> bool {
        self.file.is_some()
    }

    /// Adds records.
    pub(crate) fn push(&mut self, records: &[u8]) -> io::Result<()> {
        if self.file.is_none() && self.memory.len() + records.len() > self.limit {
            let mut file = BufWriter::with_capacity(SCAN, tempfile::tempfile()?);
            file.write_all(&self.memory)?;
            self.memory = Vec::new();
            self.file = Some(file);
        }
        if let Some(file) = &mut self.file {
            file.write_all(records)?;
        } else {
            // Twice as much at each step would be more than the limit.
            let step = (self.memory.len() / 4).max(SCAN).max(records.len());
            if self.memory.capacity() < self.memory.len() + records.len() {
                self.memory.reserve_exact(step);
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
        let Some(file) = &self.file else {
            let place = usize::try_from(place).map_err(|_| damaged())?;
            let bytes = self.memory.get(place..).ok_or_else(damaged)?;
            return Record::read(bytes).ok_or_else(damaged);
        };
        let file = file.get_ref();
        buffer.resize(256, 0);
        let read = read_some(file, buffer, place)?;
        buffer.truncate(read);
        let length = record::length(buffer).filter(|length| *length <= LONGEST);
        let length = length.ok_or_else(damaged)?;
        if length > read {
            buffer.resize(length, 0);
            file.read_exact_at(buffer, place)?;
        }
        Record::read(buffer).ok_or_else(damaged)
    }

    /// The bytes of one record.
    pub(crate) fn copy(&self, place: u64, out: &mut Vec<u8>) -> io::Result<()> {
        if self.file.is_some() {
            return self.get(place, out).map(|_| ());
        }
        let bytes = usize::try_from(place).ok();
        let bytes = bytes.and_then(|place| self.memory.get(place..));
        let bytes = bytes.and_then(|bytes| bytes.get(..record::length(bytes)?));
        out.clear();
        out.extend_from_slice(bytes.ok_or_else(damaged)?);
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

    fn scan(&self, mut take: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut place = 0;
        let mut window = Vec::new();
        while place < self.length {
            let bytes = match &self.file {
                None => self
                    .memory
                    .get(usize::try_from(place).unwrap_or(usize::MAX)..),
                Some(file) => {
                    window.resize(SCAN, 0);
                    let read = read_some(file.get_ref(), &mut window, place)?;
                    window.get(..read)
                }
            };
            let mut rest = bytes.ok_or_else(damaged)?;
            let before = place;
            while let Some(length) = record::length(rest) {
                let Some((bytes, after)) = rest.split_at_checked(length) else {
                    break;
                };
                take(place, bytes)?;
                place += length as u64;
                rest = after;
            }
            if place == before {
                return Err(damaged());
            }
        }
        Ok(())
    }
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
        for limit in [usize::MAX, 1000, 0] {
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
            assert_eq!(store.is_spilled(), limit != usize::MAX);
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
