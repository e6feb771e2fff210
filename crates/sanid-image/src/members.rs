//! All members of a compressed file, concatenated, as one stream: layers of container images are
//! often many (`eStargz`, `zstd:chunked`, `pigz`).

use std::cell::{Cell, RefCell};
use std::io::{self, BufRead, Read};
use std::rc::Rc;

use crate::compression::{Compression, MAGIC};
use crate::input::{Input, read_ahead};
use crate::limits::Limits;
use crate::meter::Meter;

/// Compression inside compression is followed this far.
const DEPTH: usize = 2;
/// Where a tar header has its magic, `ustar`.
const USTAR: std::ops::Range<usize> = 257..262;

/// Whether these first bytes are those of a tar archive (POSIX, GNU, or as old as the checksum).
pub(crate) fn is_tar(begin: &[u8]) -> bool {
    begin.get(USTAR) == Some(b"ustar")
        || begin
            .get(..512)
            .is_some_and(|block| block.first() != Some(&0) && crate::tarball::has_checksum(block))
}

/// The bytes below every compression; those that are compressed with nothing known, as they are. `file`
/// counts what was read of the whole file, `output` what was decompressed of it.
pub(crate) fn plain<'a>(
    source: Box<dyn Read + 'a>,
    file: &Rc<Cell<u64>>,
    output: &Rc<Cell<u64>>,
    limits: Limits,
) -> io::Result<Input<Box<dyn Read + 'a>>> {
    let mut input = Input::new(source);
    for _ in 0..DEPTH {
        if is_tar(input.peek(512)?)
            || skippable(input.peek(8)?).is_none() && compression(&mut input)?.is_none()
        {
            break;
        }
        input = Input::new(Box::new(Members::new(
            input,
            Rc::clone(file),
            Rc::clone(output),
            limits,
        )) as Box<dyn Read + 'a>);
    }
    Ok(input)
}

fn compression<R: Read>(input: &mut Input<R>) -> io::Result<Option<Compression>> {
    let found = Compression::of(input.peek(MAGIC)?);
    Ok(found.filter(|one| *one != Compression::None))
}

/// The length of a frame of zstd or lz4 that carries no data (RFC 8878, 3.1.2), with its header.
fn skippable(begin: &[u8]) -> Option<u64> {
    let [kind, 0x2a, 0x4d, 0x18, length @ ..] = begin else {
        return None;
    };
    let length: [u8; 4] = length.try_into().ok()?;
    (kind & 0xf0 == 0x50).then(|| 8 + u64::from(u32::from_le_bytes(length)))
}

struct Members<'a, R: Read + 'a> {
    input: Rc<RefCell<Input<R>>>,
    member: Option<Box<dyn Read + 'a>>,
    file: Rc<Cell<u64>>,
    output: Rc<Cell<u64>>,
    limits: Limits,
    done: bool,
}

impl<'a, R: Read + 'a> Members<'a, R> {
    fn new(input: Input<R>, file: Rc<Cell<u64>>, output: Rc<Cell<u64>>, limits: Limits) -> Self {
        Self {
            input: Rc::new(RefCell::new(input)),
            member: None,
            file,
            output,
            limits,
            done: false,
        }
    }

    /// The next member; none where only zeros or nothing follow.
    fn begin(&mut self) -> io::Result<Option<Box<dyn Read + 'a>>> {
        let found = {
            let mut input = self.input.borrow_mut();
            while let Some(length) = skippable(input.peek(8)?) {
                io::copy(&mut Read::by_ref(&mut *input).take(length), &mut io::sink())?;
            }
            if input.peek(1)?.is_empty() {
                return Ok(None);
            }
            match compression(&mut input)? {
                Some(found) => found,
                None if input.skip_zeros()? => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "bytes that are not compressed follow what is",
                    ));
                }
                None => return Ok(None),
            }
        };
        let shared = Shared {
            input: Rc::clone(&self.input),
            window: Vec::new(),
            start: 0,
        };
        let decoder = found.decoder(shared)?;
        let (file, output) = (Rc::clone(&self.file), Rc::clone(&self.output));
        Ok(Some(Box::new(Meter::of_all(
            decoder,
            file,
            output,
            self.limits,
        ))))
    }
}

impl<'a, R: Read + 'a> Read for Members<'a, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while !self.done && !to.is_empty() {
            if self.member.is_none() {
                self.member = self.begin()?;
            }
            let Some(member) = &mut self.member else {
                self.done = true;
                break;
            };
            let count = member.read(to)?;
            if count > 0 {
                return Ok(count);
            }
            self.member = None;
        }
        Ok(0)
    }
}

/// The input as one of its decoders has it: what the decoder leaves is there for the next one.
struct Shared<R> {
    input: Rc<RefCell<Input<R>>>,
    window: Vec<u8>,
    start: usize,
}

impl<R: Read> BufRead for Shared<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.window.len() {
            self.window.clear();
            self.start = 0;
            self.window
                .extend_from_slice(self.input.borrow_mut().fill_buf()?);
        }
        Ok(self.window.get(self.start..).unwrap_or_default())
    }

    fn consume(&mut self, count: usize) {
        let count = count.min(self.window.len() - self.start);
        self.start += count;
        self.input.borrow_mut().consume(count);
    }
}

impl<R: Read> Read for Shared<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        read_ahead(self, to)
    }
}
