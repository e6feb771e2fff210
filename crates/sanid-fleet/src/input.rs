//! Where lists come from: a file, standard input, or either of them compressed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

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
        Ok(Self {
            size,
            bytes: Box::new(File::from(file)),
            name,
        })
    }

    /// Bytes that are in memory, for tests and for callers that have them.
    pub fn of(name: &str, bytes: impl Read + Send + 'static) -> Self {
        Self {
            name: name.to_owned(),
            size: None,
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
}

fn without_mark(mut text: impl BufRead + Send + 'static) -> io::Result<Box<dyn BufRead + Send>> {
    if text.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        text.consume(3);
    }
    Ok(Box::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;
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
    fn what_is_no_file_is_not_opened() {
        for path in ["/", "/dev/null", "/nonexistent"] {
            assert!(Input::open(Path::new(path)).is_err(), "{path}");
        }
    }
}
