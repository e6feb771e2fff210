//! Tar archives, entry by entry, with a bound on every size that an archive states.
//!
//! The headers are the `tar` crate's; the way from one to the next is here, since that crate keeps long
//! names and extended headers in memory whatever their size.

use std::io::{self, Read};

use tar::{EntryType, GnuExtSparseHeader, Header, PaxExtensions};

/// Bytes of a long name or of an extended header; a path has at most 4096 (`PATH_MAX`).
const EXTENSION: u64 = 1 << 20;
const BLOCK: u64 = 512;

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
    pub(crate) kind: Kind,
    pub(crate) size: u64,
}

/// A reader of one archive.
pub(crate) struct Tarball<'a> {
    source: &'a mut dyn Read,
    /// Data of the current entry that was not read, and its padding.
    left: u64,
    padding: u64,
    entries: u64,
    limit: u64,
    end_mark: bool,
}

/// The headers before an entry that belong to it.
#[derive(Default)]
struct Before {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    size: Option<u64>,
}

impl<'a> Tarball<'a> {
    /// A reader of an archive of at most `limit` entries.
    pub(crate) fn new(source: &'a mut dyn Read, limit: u64) -> Self {
        Self {
            source,
            left: 0,
            padding: 0,
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
                return Ok(None);
            };
            self.entries += 1;
            if self.entries > self.limit {
                return Err(damaged("it has too many entries"));
            }
            self.left = before.size.map_or_else(|| header.entry_size(), Ok)?;
            self.padding = (BLOCK - self.left % BLOCK) % BLOCK;
            match header.entry_type() {
                EntryType::GNULongName => before.name = Some(self.text()?),
                EntryType::GNULongLink => before.link = Some(self.text()?),
                EntryType::XHeader => {
                    let bytes = self.extension()?;
                    before.extend(&bytes);
                }
                EntryType::XGlobalHeader => {
                    self.extension()?;
                }
                kind => {
                    self.sparse(&header)?;
                    return Ok(Some(self.entry(&header, kind, before)));
                }
            }
        }
    }

    fn entry(&self, header: &Header, kind: EntryType, before: Before) -> Entry {
        let link = || {
            let own = || header.link_name_bytes().unwrap_or_default().into_owned();
            before.link.clone().unwrap_or_else(own)
        };
        let kind = match kind {
            EntryType::Directory => Kind::Directory,
            EntryType::Symlink => Kind::Link(link()),
            EntryType::Link => Kind::HardLink(link()),
            EntryType::Fifo => Kind::Other("a fifo"),
            EntryType::Char | EntryType::Block => Kind::Other("a device"),
            // An unknown type counts as a file (POSIX, ustar Interchange Format).
            _ => Kind::File,
        };
        let name = before
            .name
            .unwrap_or_else(|| header.path_bytes().into_owned());
        Entry {
            name,
            kind,
            size: self.left,
        }
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
        let mut header = Header::new_old();
        if !self.block(header.as_mut_bytes())? {
            return Ok(None);
        }
        // Two blocks of zeros end an archive; one does for every reader, and what follows is not its.
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            self.end_mark = true;
            return Ok(None);
        }
        if has_checksum(header.as_bytes()) {
            Ok(Some(header))
        } else {
            Err(damaged("no entry header where one is expected"))
        }
    }

    /// Passes over the further blocks of a sparse file's map.
    fn sparse(&mut self, header: &Header) -> io::Result<()> {
        let mut more = header.entry_type() == EntryType::GNUSparse
            && header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while more {
            let mut map = GnuExtSparseHeader::new();
            if !self.block(map.as_mut_bytes())? {
                return Err(damaged("it ends in the middle of an entry"));
            }
            more = map.is_extended();
        }
        Ok(())
    }

    /// A whole block; false where the source ends before it.
    fn block(&mut self, bytes: &mut [u8]) -> io::Result<bool> {
        let mut filled = 0;
        while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(damaged("it ends in the middle of an entry")),
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    fn extension(&mut self) -> io::Result<Vec<u8>> {
        if self.left > EXTENSION {
            return Err(damaged(
                "a name or an extended header is longer than any can be",
            ));
        }
        let mut bytes = Vec::new();
        self.data().read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn text(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = self.extension()?;
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Ok(bytes)
    }

    fn skip(&mut self) -> io::Result<()> {
        let rest = self.left + self.padding;
        let skipped = io::copy(&mut (&mut *self.source).take(rest), &mut io::sink())?;
        // The last entry may come without its padding.
        if skipped < self.left {
            return Err(damaged("it ends in the middle of an entry"));
        }
        (self.left, self.padding) = (0, 0);
        Ok(())
    }
}

impl Before {
    fn extend(&mut self, bytes: &[u8]) {
        for extension in PaxExtensions::new(bytes).flatten() {
            let value = extension.value_bytes().to_vec();
            match extension.key_bytes() {
                b"path" => self.name = Some(value),
                b"linkpath" => self.link = Some(value),
                b"size" => {
                    let text = std::str::from_utf8(&value).ok();
                    self.size = text.and_then(|text| text.parse().ok());
                }
                _ => {}
            }
        }
    }
}

/// The data of one entry.
pub(crate) struct Data<'t, 'a>(&'t mut Tarball<'a>);

impl Read for Data<'_, '_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.0.left)
            .unwrap_or(usize::MAX)
            .min(to.len());
        let Some(to) = to.get_mut(..room).filter(|to| !to.is_empty()) else {
            return Ok(0);
        };
        let count = self.0.source.read(to)?;
        if count == 0 {
            return Err(damaged("it ends in the middle of an entry"));
        }
        self.0.left -= count as u64;
        Ok(count)
    }
}

/// Whether a block has the checksum that makes it a header.
pub(crate) fn has_checksum(block: &[u8]) -> bool {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let (Some(before), Some(field), Some(after)) =
        (block.get(..148), block.get(148..156), block.get(156..512))
    else {
        return false;
    };
    let digits: Vec<u8> = field
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, 0 | b' '))
        .collect();
    let said = std::str::from_utf8(&digits).ok();
    said.and_then(|said| u32::from_str_radix(said, 8).ok())
        == Some(sum(before) + 8 * u32::from(b' ') + sum(after))
}

fn damaged(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
