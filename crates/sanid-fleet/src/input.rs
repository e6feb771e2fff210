//! Where lists come from: a file, standard input, or either of them compressed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use flate2::bufread::MultiGzDecoder;
use rustix::fs::{FileType, Mode, OFlags};

/// Large enough that the system calls do not count, and small enough for the cache of a core.
const BUFFER: usize = 64 << 10;
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A list that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {why}")]
pub struct InputError {
    /// The file, as messages name it.
    pub name: String,
    /// The system's word for it.
    pub why: String,
}

/// An opened list.
pub struct Input {
    /// The file, as messages name it.
    pub name: String,
    /// Its size as stored; `None` for what has no size, such as a pipe.
    pub size: Option<u64>,
    /// When a file was last written; `None` for anything else.
    pub modified: Option<SystemTime>,
    bytes: Box<dyn Read + Send>,
}

impl Input {
    /// Opens a file; `-` is standard input. A directory, a device or a socket is none.
    ///
    /// # Errors
    /// [`InputError`] where there is no such file, it may not be read, or it is no file.
    pub fn open(path: &Path) -> Result<Self, InputError> {
        let name = sanid_host::root::printable(path);
        if path == Path::new("-") {
            return Ok(Self {
                name: "standard input".to_owned(),
                size: None,
                modified: None,
                bytes: Box::new(io::stdin()),
            });
        }
        let failed = |why: String| InputError {
            name: name.clone(),
            why,
        };
        let open = |flags| rustix::fs::open(path, flags | OFlags::CLOEXEC, Mode::empty());
        // Looked at before it is opened: opening a device can have effects.
        let stat = open(OFlags::PATH).and_then(rustix::fs::fstat);
        let stat = stat.map_err(|error| failed(sanid_host::root::describe(error)))?;
        let size = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => u64::try_from(stat.st_size).ok(),
            FileType::Fifo => None,
            FileType::Directory => return Err(failed("it is a directory".to_owned())),
            _ => return Err(failed("it is no file".to_owned())),
        };
        let file =
            open(OFlags::RDONLY).map_err(|error| failed(sanid_host::root::describe(error)))?;
        let written = u64::try_from(stat.st_mtime).ok().filter(|_| size.is_some());
        Ok(Self {
            name,
            size,
            modified: written.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)),
            bytes: Box::new(File::from(file)),
        })
    }

    /// Bytes that are in memory, for tests and for callers that have them.
    pub fn of(name: &str, bytes: impl Read + Send + 'static) -> Self {
        Self {
            name: name.to_owned(),
            size: None,
            modified: None,
            bytes: Box::new(bytes),
        }
    }

    /// The same list with a look at every byte as it is stored, for a progress bar.
    #[must_use]
    pub fn through(self, look: impl FnOnce(Box<dyn Read + Send>) -> Box<dyn Read + Send>) -> Self {
        Self {
            bytes: look(self.bytes),
            ..self
        }
    }

    /// Its text: decompressed where it begins as gzip does, without the byte order mark of UTF-8.
    ///
    /// # Errors
    /// What reading its first bytes gives.
    pub fn text(self) -> io::Result<Box<dyn BufRead + Send>> {
        let mut stored = BufReader::with_capacity(BUFFER, self.bytes);
        if stored.fill_buf()?.starts_with(&GZIP) {
            let text = BufReader::with_capacity(BUFFER, MultiGzDecoder::new(stored));
            return without_mark(text);
        }
        without_mark(stored)
    }

    /// All of it, decompressed.
    ///
    /// # Errors
    /// [`InputError`] where it cannot be read, or is larger than [`LARGEST`].
    pub(crate) fn whole(self) -> Result<Whole, InputError> {
        let (name, modified) = (self.name.clone(), self.modified);
        let failed = |why: String| InputError {
            name: name.clone(),
            why,
        };
        let mut bytes = Vec::new();
        let text = self.text().map_err(|error| failed(why(&error)))?;
        text.take(LARGEST + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(why(&error)))?;
        if bytes.len() as u64 > LARGEST {
            let why = format!("it is larger than {} MiB", LARGEST >> 20);
            return Err(failed(why));
        }
        Ok(Whole {
            name,
            modified,
            bytes,
        })
    }
}

/// The most that is read of a file that is read whole: 1 GiB.
pub(crate) const LARGEST: u64 = 1 << 30;

/// A file that was read whole.
pub(crate) struct Whole {
    /// The file, as messages name it.
    pub(crate) name: String,
    /// When it was written; `None` for a pipe.
    pub(crate) modified: Option<SystemTime>,
    pub(crate) bytes: Vec<u8>,
}

fn without_mark(mut text: impl BufRead + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    if text.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        text.consume(3);
    }
    Ok(Box::new(text))
}

/// What begins so is compressed or an archive; the command that makes text of it, where there is one.
const PACKED: &[(&[u8], &str, &str)] = &[
    (b"PK\x03\x04", "a ZIP archive, as spreadsheets are", ""),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet or another document", ""),
    (b"\x1f\x8b", "compressed twice", "gzip -dc FILE"),
    (b"\xfd7zXZ\0", "compressed with xz", "xz -dc FILE"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "zstd -dc FILE"),
    (b"BZh", "compressed with bzip2", "bzip2 -dc FILE"),
    (b"$ANSIBLE_VAULT;", "encrypted", "ansible-vault view FILE"),
    (b"age-encryption.org/", "encrypted", "age -d FILE"),
    (b"\xff\xfe\0\0", "UTF-32", "iconv -f UTF-32 -t UTF-8 FILE"),
    (b"\0\0\xfe\xff", "UTF-32", "iconv -f UTF-32 -t UTF-8 FILE"),
    (b"\xff\xfe", UTF_16, ICONV),
    (b"\xfe\xff", UTF_16, ICONV),
];
/// How a configuration of tgt begins, which is neither HTML nor XML.
const TGT: [&[u8]; 2] = [b"<target ", b"<<include "];
const UTF_16: &str = "UTF-16, as Windows programs write";
const ICONV: &str = "iconv -f UTF-16 -t UTF-8 FILE";

/// A beginning that is that of no text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoText {
    /// The line, counted from 1.
    pub(crate) line: u64,
    /// What it is, and what to do.
    pub(crate) why: String,
}

/// Whether this is the beginning of a text. `rest` is what follows the command that makes text of it, in the
/// message.
pub(crate) fn is_text(start: &[u8], rest: &str) -> Result<(), NoText> {
    let first = |why: String| Err(NoText { line: 1, why });
    let packed = PACKED.iter().find(|(magic, ..)| start.starts_with(magic));
    // Without a mark: every other byte of English is zero.
    let bare = match start {
        [0, other, ..] | [other, 0, ..] if *other != 0 => Some((UTF_16, ICONV)),
        _ => None,
    };
    match packed.map(|(_, what, how)| (*what, *how)).or(bare) {
        Some((what, "")) => return first(format!("it is {what}; save the sheet as CSV")),
        Some((what, how)) => return first(format!("it is {what}; {how} {rest}")),
        None => {}
    }
    let page = start.trim_ascii_start();
    let begins = |tag: &[u8]| {
        let begin = page.get(..tag.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(tag))
    };
    if begins(b"<") && !TGT.iter().any(|tag| begins(tag)) {
        return first(
            "it is HTML or XML, such as a page to log in at; get the file itself".to_owned(),
        );
    }
    match start.iter().position(|byte| *byte == 0) {
        Some(at) => Err(NoText {
            line: 1 + crate::chunks::newlines(start.get(..at).unwrap_or_default()),
            why: "it is no text: it has bytes that are zero".to_owned(),
        }),
        None => Ok(()),
    }
}

/// What an error of reading a list means, and what to do.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the compressed data ends in the middle: the file was cut off, so hosts are missing; get it whole"
                .to_owned()
        }
        // flate2's words for a damaged stream.
        io::ErrorKind::InvalidInput => format!(
            "the compressed data is damaged ({error}): hosts are missing or wrong; get the file anew"
        ),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;
    use std::io::Write as _;

    fn read(bytes: &[u8]) -> io::Result<String> {
        let mut text = String::new();
        let input = Input::of("test", io::Cursor::new(bytes.to_vec()));
        input.text()?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_gzip_and_marked_text_read_alike() {
        let marked = b"\xef\xbb\xbfhost\n".to_vec();
        let two = [gzip(b"ho"), gzip(b"st\n")].concat();
        for bytes in [
            b"host\n".to_vec(),
            marked.clone(),
            gzip(b"host\n"),
            gzip(&marked),
            two,
        ] {
            assert_eq!(read(&bytes).unwrap(), "host\n");
        }
    }

    #[test]
    fn a_truncated_gzip_is_an_error_and_not_a_short_list() {
        let whole = gzip(&b"one host after the other\n".repeat(1000));
        let error = read(&whole[..whole.len() - 9]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_is_no_text_is_said_with_the_way_to_one() {
        for (start, line, word) in [
            (&b"PK\x03\x04\x14\0"[..], 1, "save the sheet as CSV"),
            (b"\xfd7zXZ\0\0", 1, "xz -dc FILE | x"),
            (b"\x1f\x8b\x08\0", 1, "compressed twice; gzip -dc"),
            (b"\xff\xfeh\0o\0", 1, "iconv -f UTF-16"),
            (b"\xfe\xff\0h\0o", 1, "iconv -f UTF-16"),
            (b"h\0o\0s\0t\0", 1, "iconv -f UTF-16"),
            (b"\0h\0o\0s\0t", 1, "iconv -f UTF-16"),
            (b"\xff\xfe\0\0h\0\0\0", 1, "iconv -f UTF-32"),
            (b"\0\0\0\0\0", 1, "bytes that are zero"),
            (b"host\nn1\nn\x002\n", 3, "bytes that are zero"),
            (b"\n <!DOCTYPE html>", 1, "HTML"),
            (b"<HTML><head>", 1, "HTML"),
            (b"<?xml version='1.0'?>", 1, "XML"),
            (b"<!-- moved --><html>", 1, "HTML"),
        ] {
            let found = is_text(start, "| x").unwrap_err();
            assert!(
                found.line == line && found.why.contains(word),
                "{start:?}: {found:?}"
            );
        }
        for start in [
            &b"host,machine_id\n"[..],
            b"<target iqn.2024-01.com.example:t>\n",
            b"",
        ] {
            assert_eq!(is_text(start, ""), Ok(()));
        }
    }

    #[test]
    fn damage_and_a_cut_are_told_apart() {
        let mut text = String::new();
        for number in 0..20_000_u32 {
            writeln!(text, "{:x}", number.wrapping_mul(2_654_435_761)).unwrap();
        }
        let whole = gzip(text.as_bytes());
        let mut damaged = whole.clone();
        let middle = damaged.len() / 2;
        damaged[middle..middle + 64].fill(0xff);
        let mut forged = whole.clone();
        let end = forged.len() - 8;
        forged[end..].fill(0);
        for (bytes, word) in [
            (&whole[..middle], "was cut off"),
            (&damaged[..], "is damaged"),
            (&forged[..], "is damaged"),
        ] {
            let told = why(&read(bytes).unwrap_err());
            assert!(told.contains(word), "{word}: {told}");
        }
    }

    #[test]
    fn what_is_no_file_is_not_opened() {
        for path in ["/", "/dev/null", "/nonexistent"] {
            assert!(Input::open(Path::new(path)).is_err(), "{path}");
        }
    }
}
