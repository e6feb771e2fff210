//! cpio archives of the formats newc and crc, as the kernel unpacks them (`init/initramfs.c`, and
//! "initramfs buffer format" in its documentation).
//!
//! A header of 110 bytes in hexadecimal text, the name with a NUL, the data, each padded to four bytes.
//! An entry with the name `TRAILER!!!` ends an archive.

use std::io::{self, Read};

/// The header without the name.
const HEADER: usize = 110;
/// The name of the entry that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// One entry of an archive, before its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The path as it is stored.
    pub name: Vec<u8>,
    /// `st_mode`: type and permissions.
    pub mode: u32,
    /// Bytes of data.
    pub size: u32,
    /// Equal, together with [`Header::device`], for the names of one file.
    pub inode: u32,
    /// The device, major and minor.
    pub device: (u32, u32),
    /// How many names the file has.
    pub links: u32,
    /// The sum of the data's bytes, in the format crc.
    pub sum: Option<u32>,
}

impl Header {
    /// Whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    /// Whether it is a symbolic link, whose data is its target.
    pub fn is_link(&self) -> bool {
        self.mode & 0o170_000 == 0o120_000
    }

    /// The path that the kernel makes of the name: below `/`, above which `..` does not lead.
    ///
    /// # Examples
    /// ```
    /// use sanid_image::cpio::path;
    ///
    /// assert_eq!(path(b"./etc//nvme/hostid"), b"etc/nvme/hostid");
    /// assert_eq!(path(b"../../etc/x/../nvme/hostid"), b"etc/nvme/hostid");
    /// ```
    pub fn path(&self) -> Vec<u8> {
        path(&self.name)
    }
}

/// The path that the kernel makes of a name. See [`Header::path`].
pub fn path(name: &[u8]) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in name.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                parts.pop();
            }
            other => parts.push(other),
        }
    }
    parts.join(&b'/')
}

/// Why an archive cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum CpioError {
    /// The source.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Not an archive, or a damaged one.
    #[error("{0}")]
    Damaged(&'static str),
    /// It exceeds a limit.
    #[error("{0}")]
    Limit(&'static str),
}

/// A reader of one archive, entry by entry.
///
/// # Examples
/// ```
/// use sanid_image::cpio::{Archive, archive};
///
/// let bytes = archive(&[("etc/nvme/hostid", b"x\n")]);
/// let mut archive = Archive::new(bytes.as_slice(), 4096);
/// let header = archive.next().unwrap().unwrap();
/// assert_eq!(header.name, b"etc/nvme/hostid");
/// assert_eq!(archive.data(&header, 10).unwrap(), b"x\n");
/// assert!(archive.next().unwrap().is_none());
/// ```
pub struct Archive<R> {
    source: R,
    name_limit: u32,
    /// Bytes since the last boundary of four that everything is padded to.
    odd: usize,
    /// The data that was not taken.
    left: Option<(u32, Option<u32>)>,
}

impl<R: Read> Archive<R> {
    /// A reader of the archive that begins here, with at most `name_limit` bytes in a name.
    pub fn new(source: R, name_limit: u32) -> Self {
        Self {
            source,
            name_limit,
            odd: 0,
            left: None,
        }
    }

    /// The next entry; none at the trailer, or where the source ends between two entries.
    ///
    /// # Errors
    /// [`CpioError`]. The archive must not be read on after it.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator could not fail and have data"
    )]
    pub fn next(&mut self) -> Result<Option<Header>, CpioError> {
        if let Some((size, sum)) = self.left.take() {
            self.take(size, sum, 0)?;
        }
        self.align()?;
        let mut bytes = [0; HEADER];
        if !self.begin(&mut bytes)? {
            return Ok(None);
        }
        let crc = match bytes.get(..6) {
            Some(b"070701") => false,
            Some(b"070702") => true,
            Some(b"070707") => {
                return Err(CpioError::Damaged(
                    "the old cpio format, which the kernel refuses",
                ));
            }
            _ => {
                return Err(CpioError::Damaged("no entry header where one is expected"));
            }
        };
        let field = |index: usize| field(&bytes, index);
        let length = field(11)?;
        if length == 0 {
            return Err(CpioError::Damaged("an entry has no name"));
        }
        if length > self.name_limit {
            return Err(CpioError::Limit("a name is longer than a path can be"));
        }
        let header = Header {
            inode: field(0)?,
            mode: field(1)?,
            links: field(4)?,
            size: field(6)?,
            device: (field(7)?, field(8)?),
            sum: crc.then(|| field(12)).transpose()?,
            name: self.name(length)?,
        };
        if header.name == TRAILER {
            return Ok(None);
        }
        self.left = Some((header.size, header.sum));
        Ok(Some(header))
    }

    /// The data of the entry that [`Archive::next`] gave last: its first bytes, up to a limit.
    ///
    /// # Errors
    /// [`CpioError`]: it ends too early, or does not have the sum that the entry says.
    pub fn data(&mut self, header: &Header, limit: usize) -> Result<Vec<u8>, CpioError> {
        match self.left.take() {
            Some((size, sum)) if size == header.size => self.take(size, sum, limit),
            _ => Ok(Vec::new()),
        }
    }

    fn take(&mut self, size: u32, sum: Option<u32>, limit: usize) -> Result<Vec<u8>, CpioError> {
        let mut kept = Vec::new();
        let mut found = 0_u32;
        let mut buffer = [0; 16 * 1024];
        let mut left = usize::try_from(size).unwrap_or(usize::MAX);
        while left > 0 {
            let room = buffer.len().min(left);
            let part = buffer.get_mut(..room).unwrap_or_default();
            self.exact(part)?;
            if sum.is_some() {
                found = part
                    .iter()
                    .fold(found, |sum, byte| sum.wrapping_add(u32::from(*byte)));
            }
            let wanted = limit.saturating_sub(kept.len()).min(part.len());
            kept.extend_from_slice(part.get(..wanted).unwrap_or_default());
            left -= room;
        }
        if sum.is_some_and(|sum| sum != found) {
            return Err(CpioError::Damaged(
                "a file does not have the checksum of its entry",
            ));
        }
        self.align()?;
        Ok(kept)
    }

    fn name(&mut self, length: u32) -> Result<Vec<u8>, CpioError> {
        let mut name = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        self.exact(&mut name)?;
        if name.pop() != Some(0) || name.contains(&0) {
            return Err(CpioError::Damaged(
                "a name does not end where its entry says",
            ));
        }
        self.align()?;
        Ok(name)
    }

    fn align(&mut self) -> Result<(), CpioError> {
        let mut padding = [0; 4];
        let missing = (4 - self.odd % 4) % 4;
        let padding = padding.get_mut(..missing).unwrap_or_default();
        // The source may end without the padding of the last file.
        let mut filled = 0;
        while let Some(rest) = padding.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.source.read(rest) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.odd = 0;
        Ok(())
    }

    /// Reads a header; false where the source ends before it.
    fn begin(&mut self, bytes: &mut [u8; HEADER]) -> Result<bool, CpioError> {
        let [first, rest @ ..] = bytes;
        let first = std::slice::from_mut(first);
        loop {
            match self.source.read(first) {
                Ok(0) => return Ok(false),
                Ok(_) => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.odd += 1;
        self.exact(rest)?;
        Ok(true)
    }

    fn exact(&mut self, bytes: &mut [u8]) -> Result<(), CpioError> {
        self.source
            .read_exact(bytes)
            .map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    CpioError::Damaged("it ends in the middle of an entry")
                }
                _ => CpioError::Io(error),
            })?;
        self.odd = (self.odd + bytes.len()) % 4;
        Ok(())
    }
}

/// One of the thirteen numbers after the magic.
fn field(header: &[u8; HEADER], index: usize) -> Result<u32, CpioError> {
    let start = 6 + index * 8;
    header
        .get(start..start + 8)
        .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .ok_or(CpioError::Damaged(
            "an entry has a number that is not hexadecimal",
        ))
}

/// An archive of regular files: for tests and examples.
///
/// # Examples
/// ```
/// let bytes = sanid_image::cpio::archive(&[("etc/hostname", b"n1\n")]);
/// assert!(bytes.starts_with(b"070701"));
/// ```
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, data) in files {
        entry(&mut bytes, name.as_bytes(), 0o100_644, data);
    }
    entry(&mut bytes, TRAILER, 0, b"");
    bytes
}

/// Appends one entry of the format newc.
pub fn entry(bytes: &mut Vec<u8>, name: &[u8], mode: u32, data: &[u8]) {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    let size = length(data);
    let name_size = length(name).saturating_add(1);
    let fields = [1, mode, 0, 0, 1, 0, size, 0, 0, 0, 0, name_size, 0];
    bytes.extend_from_slice(b"070701");
    for field in fields {
        bytes.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    bytes.extend_from_slice(name);
    bytes.push(0);
    pad(bytes);
    bytes.extend_from_slice(data);
    pad(bytes);
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}
