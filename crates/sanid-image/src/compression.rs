//! The compressions that the kernel knows (`lib/decompress.c` in Linux), detected by their first bytes.
//!
//! Every decoder here is Rust, takes no more than its own stream from the input, and has a bound on the
//! memory that a stream can ask for. lzo, which the kernel knows too, is named and not read.

use std::io::{self, BufRead, Read};

use lzma_rust2::{LzmaReader, XzReader};
use ruzstd::decoding::StreamingDecoder;

/// Enough of a stream to tell its compression.
pub const MAGIC: usize = 6;

/// The dictionary of xz and lzma, in KiB; `xz -9` asks for 64 MiB.
const DICTIONARY: u32 = 128 * 1024;
/// A block of the legacy lz4 format, decompressed.
const LZ4_BLOCK: usize = 8 << 20;
/// The most that a compressor makes of such a block.
const LZ4_COMPRESSED: usize = LZ4_BLOCK + LZ4_BLOCK / 255 + 16;
const LZ4_LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

/// How a part of an image is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 8878.
    Zstd,
    /// The xz format (LZMA2).
    Xz,
    /// The older lzma format.
    Lzma,
    /// lz4, in the legacy format of `lz4 -l`, which is the kernel's, or the frame format.
    Lz4,
    /// bzip2.
    Bzip2,
    /// lzop's; known and not read.
    Lzo,
}

impl Compression {
    /// The compression that a stream with these first bytes has; `None` for a cpio archive.
    ///
    /// # Examples
    /// ```
    /// use sanid_image::compression::Compression;
    ///
    /// assert_eq!(Compression::of(&[0x28, 0xb5, 0x2f, 0xfd]), Some(Compression::Zstd));
    /// assert_eq!(Compression::of(b"070701"), Some(Compression::None));
    /// assert_eq!(Compression::of(b"hello!"), None);
    /// ```
    pub fn of(magic: &[u8]) -> Option<Self> {
        let known: [(&[u8], Self); 11] = [
            (b"0707", Self::None),
            (&[0x1f, 0x8b], Self::Gzip),
            (&[0x1f, 0x9e], Self::Gzip),
            (&[0x28, 0xb5, 0x2f, 0xfd], Self::Zstd),
            (&[0xfd, b'7', b'z', b'X', b'Z', 0], Self::Xz),
            (&[0x5d, 0, 0], Self::Lzma),
            (&LZ4_LEGACY, Self::Lz4),
            (&[0x04, 0x22, 0x4d, 0x18], Self::Lz4),
            (b"BZh", Self::Bzip2),
            (&[0x89, b'L', b'Z', b'O'], Self::Lzo),
            (&[0x89, b'L', b'Z'], Self::Lzo),
        ];
        let found = known.iter().find(|(begin, _)| magic.starts_with(begin));
        found.map(|(_, compression)| *compression)
    }

    /// Its name, in text and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Lzma => "lzma",
            Self::Lz4 => "lz4",
            Self::Bzip2 => "bzip2",
            Self::Lzo => "lzo",
        }
    }

    pub(crate) fn damage(self) -> &'static str {
        match self {
            Self::None => "cannot be read",
            Self::Gzip => "gzip stops",
            Self::Zstd => "zstd stops",
            Self::Xz => "xz stops",
            Self::Lzma => "lzma stops",
            Self::Lz4 => "lz4 stops",
            Self::Bzip2 => "bzip2 stops",
            Self::Lzo => "lzo is not read",
        }
    }

    /// A reader of the decompressed bytes of one stream. At the end of the stream the source is
    /// positioned after it, not before. It must not be read again after an error. A borrowed source
    /// (`&mut`) can be read on.
    ///
    /// # Errors
    /// Those of the source; a stream that is damaged from its beginning, or needs too much memory.
    ///
    /// # Examples
    /// ```
    /// use std::io::Read as _;
    /// use sanid_image::compression::Compression;
    ///
    /// let mut source: &[u8] = b"070701";
    /// let mut text = String::new();
    /// Compression::None.decoder(&mut source).unwrap().read_to_string(&mut text).unwrap();
    /// assert_eq!(text, "070701");
    /// ```
    pub fn decoder<'a, R: BufRead + 'a>(self, mut source: R) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::None => Box::new(source),
            Self::Gzip => Box::new(flate2::bufread::GzDecoder::new(source)),
            Self::Zstd => Box::new(StreamingDecoder::new(source).map_err(io::Error::other)?),
            Self::Xz => Box::new(XzReader::new_mem_limit(source, false, DICTIONARY)),
            Self::Lzma => Box::new(LzmaReader::new_mem_limit(Single(source), DICTIONARY, None)?),
            Self::Lz4 => {
                if source.fill_buf()?.first() == LZ4_LEGACY.first() {
                    Box::new(LegacyLz4::new(source)?)
                } else {
                    Box::new(lz4_flex::frame::FrameDecoder::new(source))
                }
            }
            Self::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(source)),
            Self::Lzo => return Err(invalid("lzo is not read")),
        })
    }
}

/// Hands out one byte at a time: the decoder of lzma would else read on beyond the end of its stream, and
/// what follows it in the image would be missed.
struct Single<R>(R);

impl<R: Read> Read for Single<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        self.0.read(to.get_mut(..1).unwrap_or_default())
    }
}

/// The legacy format of lz4: a magic number, then blocks, each after its length, to the end of the file
/// or to a length of zero (`lib/decompress_unlz4.c` in Linux). The magic number may be repeated.
struct LegacyLz4<R> {
    source: R,
    compressed: Vec<u8>,
    block: Vec<u8>,
    start: usize,
    end: usize,
    done: bool,
}

impl<R: BufRead> LegacyLz4<R> {
    fn new(mut source: R) -> io::Result<Self> {
        let mut magic = [0; 4];
        source.read_exact(&mut magic)?;
        Ok(Self {
            source,
            compressed: Vec::new(),
            block: vec![0; LZ4_BLOCK],
            start: 0,
            end: 0,
            done: false,
        })
    }

    /// The length of the next block; none at the end.
    fn length(&mut self) -> io::Result<Option<usize>> {
        loop {
            if self.source.fill_buf()?.is_empty() {
                return Ok(None);
            }
            let mut length = [0; 4];
            self.source.read_exact(&mut length)?;
            if length == LZ4_LEGACY {
                continue;
            }
            // A length is a u32, which usize holds on everything that Linux runs sanid on.
            let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
            if length > LZ4_COMPRESSED {
                return Err(invalid("a block is longer than any that lz4 makes"));
            }
            return Ok((length > 0).then_some(length));
        }
    }

    fn next(&mut self) -> io::Result<()> {
        let Some(length) = self.length()? else {
            self.done = true;
            return Ok(());
        };
        self.compressed.resize(length, 0);
        self.source.read_exact(&mut self.compressed)?;
        self.end = lz4_flex::block::decompress_into(&self.compressed, &mut self.block)
            .map_err(io::Error::other)?;
        self.start = 0;
        Ok(())
    }
}

impl<R: BufRead> Read for LegacyLz4<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.start == self.end && !self.done {
            self.next()?;
        }
        let mut rest = self.block.get(self.start..self.end).unwrap_or_default();
        let count = rest.read(to)?;
        self.start += count;
        Ok(count)
    }
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
