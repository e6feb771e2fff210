//! Tar archives, entry by entry: every format that GNU tar, bsdtar and Python's tarfile write.
//!
//! No library has the two properties that lint needs. Every size that an archive states is bounded before
//! anything is kept, and an archive that those three programs would unpack differently, or a form that is
//! not read here, is an error and never a shorter list of entries.

mod before;
mod header;
mod holes;

use std::io::{self, Read};

use before::{Before, Map};
use header::{BLOCK, Header};
use holes::{Holes, PIECES, Pieces};

pub(crate) use header::has_checksum;

/// Bytes of a long name or of an extended header; a path has at most 4096 (`PATH_MAX`).
const EXTENSION: u64 = 1 << 20;
/// Bytes after the end mark; `tar` fills up to 10 KiB, or to the size of a tape's record.
const FILLER: u64 = 64 << 20;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    File,
    Directory,
    Link(Vec<u8>),
    HardLink(Vec<u8>),
    /// With its article.
    Other(&'static str),
}

/// One entry, before its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: Vec<u8>,
    /// A name that some programs unpack it under instead.
    pub(crate) second_name: Option<Vec<u8>>,
    pub(crate) kind: Kind,
    /// Bytes of its data, with the holes.
    pub(crate) size: u64,
}

/// A reader of one archive.
pub(crate) struct Tarball<'a> {
    source: &'a mut dyn Read,
    /// Stored data of the current entry that was not read, and its padding.
    left: u64,
    padding: u64,
    holes: Option<Holes>,
    entries: u64,
    limit: u64,
    end_mark: bool,
}

impl<'a> Tarball<'a> {
    /// A reader of an archive of at most `limit` entries.
    pub(crate) fn new(source: &'a mut dyn Read, limit: u64) -> Self {
        Self {
            source,
            left: 0,
            padding: 0,
            holes: None,
            entries: 0,
            limit,
            end_mark: false,
        }
    }

    /// The next entry; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut before = Before::default();
        loop {
            self.skip()?;
            let Some(header) = self.header()? else {
                if before.is_empty() {
                    return Ok(None);
                }
                return Err(damaged("it ends between the headers of a member"));
            };
            self.entries += 1;
            if self.entries > self.limit {
                return Err(damaged("it has too many entries"));
            }
            match header.kind() {
                b'L' => before.long_name(self.text(&header)?)?,
                b'K' => before.long_link(self.text(&header)?)?,
                // Solaris has its own letter for the same header.
                b'x' | b'X' => before.extend(&self.extension(&header)?)?,
                b'g' => before::global(&self.extension(&header)?)?,
                b'V' if header.size()? == 0 && before.is_empty() => {}
                b'V' | b'M' | b'N' => return Err(unread(header.kind())),
                _ => return self.member(&header, before).map(Some),
            }
        }
    }

    fn member(&mut self, header: &Header, mut before: Before) -> io::Result<Entry> {
        self.stored(before.size.map_or_else(|| header.size(), Ok)?);
        let map = before.map()?;
        let name = before.name.map_or_else(|| header.name(), Ok)?;
        let link = before.link.unwrap_or_else(|| header.link());
        let kind = match header.kind() {
            b'1' => Kind::HardLink(link),
            b'2' => Kind::Link(link),
            b'3' | b'4' => Kind::Other("a device"),
            b'5' => Kind::Directory,
            b'6' => Kind::Other("a fifo"),
            // The format v7 has no letter for a directory, and GNU tar a second one, with data.
            _ if name.last() == Some(&b'/') => Kind::Directory,
            // An unknown type counts as a file (POSIX, ustar Interchange Format).
            _ => Kind::File,
        };
        if kind != Kind::File && header.kind() != b'D' && self.left > 0 {
            // GNU tar, bsdtar and Python disagree on whether the data is there.
            return Err(damaged("a link, directory or device has a size"));
        }
        self.map(header, map, &kind)?;
        let size = self.holes.as_ref().map_or(self.left, Holes::size);
        let second_name = before.second_name;
        Ok(Entry {
            name,
            second_name,
            kind,
            size,
        })
    }

    /// Sets where the holes of the member are.
    fn map(&mut self, header: &Header, map: Map, kind: &Kind) -> io::Result<()> {
        let (pieces, size) = match (map, header.kind()) {
            (Map::None, b'S') => self.old_map(header)?,
            (Map::None, _) => return Ok(()),
            (_, b'S') => return Err(damaged(holes::HOLES)),
            (Map::Known(pieces, size), _) => (pieces, size),
            (Map::InData(size), _) => {
                let mut block = [0; BLOCK];
                (holes::map(&mut self.data(), &mut block)?, size)
            }
        };
        if *kind != Kind::File {
            return Err(damaged(holes::HOLES));
        }
        self.holes = Some(Holes::new(pieces, size, self.left)?);
        Ok(())
    }

    /// The map of a sparse file in the formats oldgnu and gnu: in the header, and in blocks after it.
    fn old_map(&mut self, header: &Header) -> io::Result<(Pieces, u64)> {
        if !header.is_gnu() {
            return Err(damaged(holes::HOLES));
        }
        let (mut pieces, size, mut more) = header.sparse()?;
        while more {
            let mut block = [0; BLOCK];
            if !self.block(&mut block)? || pieces.len() > PIECES {
                return Err(damaged(holes::HOLES));
            }
            more = header::continued(&block, &mut pieces)?;
        }
        Ok((pieces, size))
    }

    /// Whether the archive came to its end, and not only what it is read from.
    pub(crate) fn has_end_mark(&self) -> bool {
        self.end_mark
    }

    /// The data of the entry that [`Tarball::next`] gave last.
    pub(crate) fn data(&mut self) -> Data<'_, 'a> {
        Data(self)
    }

    fn header(&mut self) -> io::Result<Option<Header>> {
        let mut block = [0; BLOCK];
        if !self.block(&mut block)? {
            return Ok(None);
        }
        // Two blocks of zeros end an archive; one does for every reader.
        if block == [0; BLOCK] {
            self.end_mark = true;
            self.only_zeros()?;
            return Ok(None);
        }
        Header::of(&block)
            .map(Some)
            .ok_or_else(|| damaged("no entry header where one is expected"))
    }

    /// Reads what follows the end mark. Programs ignore it unless they are told to read on.
    fn only_zeros(&mut self) -> io::Result<()> {
        let mut buffer = [0; 16 * BLOCK];
        let mut rest = (&mut *self.source).take(FILLER);
        loop {
            let count = match rest.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                count => count?,
            };
            let is_zero = |byte: &u8| *byte == 0;
            if !buffer.get(..count).unwrap_or_default().iter().all(is_zero) || rest.limit() == 0 {
                return Err(damaged(
                    "more than padding follows its end mark: perhaps a second archive, which is not read",
                ));
            }
            if count == 0 {
                return Ok(());
            }
        }
    }

    /// A whole block; false where the source ends before it.
    fn block(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(damaged(CUT)),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn stored(&mut self, size: u64) {
        self.left = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
    }

    fn extension(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        self.stored(header.size()?);
        if self.left > EXTENSION {
            return Err(damaged(
                "a name or an extended header is longer than any can be",
            ));
        }
        let mut bytes = Vec::new();
        self.data().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn text(&mut self, header: &Header) -> io::Result<Vec<u8>> {
        let bytes = self.extension(header)?;
        Ok(header::text(&bytes).to_vec())
    }

    fn skip(&mut self) -> io::Result<()> {
        let rest = self.left.saturating_add(self.padding);
        let skipped = io::copy(&mut (&mut *self.source).take(rest), &mut io::sink())?;
        // The last entry may come without its padding.
        if skipped < self.left {
            return Err(damaged(CUT));
        }
        (self.left, self.padding, self.holes) = (0, 0, None);
        Ok(())
    }

    fn read_stored(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left).unwrap_or(usize::MAX);
        let room = room.min(to.len());
        let Some(to) = to.get_mut(..room).filter(|to| !to.is_empty()) else {
            return Ok(0);
        };
        let count = self.source.read(to)?;
        if count == 0 {
            return Err(damaged(CUT));
        }
        self.left -= count as u64;
        Ok(count)
    }
}

/// The data of one entry.
pub(crate) struct Data<'t, 'a>(&'t mut Tarball<'a>);

impl Read for Data<'_, '_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let tar = &mut *self.0;
        let Some(mut holes) = tar.holes.take() else {
            return tar.read_stored(to);
        };
        let count = holes.read(to, &mut |to| tar.read_stored(to));
        tar.holes = Some(holes);
        count
    }
}

const CUT: &str = "it ends in the middle of an entry";

/// The error for a type of entry that is not read.
fn unread(kind: u8) -> io::Error {
    damaged(match kind {
        b'M' => before::VOLUME,
        b'V' => "a volume label has data or an extended header",
        _ => "it has an entry of type N (names of an early GNU tar), which is not read",
    })
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
