//! Every entry of every archive of an image, in the order in which the kernel unpacks them.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use crate::budget::{self, Budget, Spent};
use crate::compression::{Compression, MAGIC};
use crate::cpio::{Archive, CpioError, Header};
use crate::error::ImageError;
use crate::input::Input;
use crate::limits::Limits;
use crate::meter::{Meter, is_limit};

/// A run of archives with one compression, such as the microcode in front of the initramfs proper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Where in the image it begins.
    pub at: u64,
    /// How it is compressed.
    pub compression: Compression,
    /// Its files, directories and links.
    pub entries: u64,
}

/// The result of reading an image.
#[derive(Debug)]
pub struct Walked {
    /// What it is made of.
    pub segments: Vec<Segment>,
    /// Why it was not read to its end, where it was not.
    pub damage: Option<ImageError>,
}

/// One entry, with access to its data.
pub struct Entry<'a> {
    /// The entry.
    pub header: &'a Header,
    archive: &'a mut dyn Data,
}

impl Entry<'_> {
    /// The first bytes of its data, up to a limit; of a symbolic link its target.
    ///
    /// # Errors
    /// The archive is damaged.
    pub fn data(&mut self, limit: usize) -> Result<Vec<u8>, CpioError> {
        self.archive.data(self.header, limit)
    }
}

trait Data {
    fn data(&mut self, header: &Header, limit: usize) -> Result<Vec<u8>, CpioError>;
}

impl<R: Read> Data for Archive<R> {
    fn data(&mut self, header: &Header, limit: usize) -> Result<Vec<u8>, CpioError> {
        Archive::data(self, header, limit)
    }
}

/// Reads an image and gives each entry to `visit`. Memory is bounded by [`Limits`], whatever the image says
/// of itself.
///
/// # Examples
/// ```
/// use sanid_image::{Limits, cpio, walk};
///
/// let mut image = cpio::archive(&[("a", b"1")]);
/// image.resize(1024, 0);
/// image.extend(cpio::archive(&[("b", b"2")]));
/// let mut names = Vec::new();
/// let walked = walk(image.as_slice(), &Limits::default(), &mut |entry| {
///     names.push(entry.header.path());
///     Ok(())
/// });
/// assert!(walked.damage.is_none());
/// assert_eq!(names, [b"a", b"b"]);
/// ```
pub fn walk<R: Read>(
    source: R,
    limits: &Limits,
    visit: &mut dyn FnMut(&mut Entry<'_>) -> Result<(), CpioError>,
) -> Walked {
    walk_within(source, limits, &Budget::default(), visit)
}

/// The same for one of the files of a larger image, which has a budget for all of them.
pub(crate) fn walk_within<R: Read>(
    source: R,
    limits: &Limits,
    budget: &Budget,
    visit: &mut dyn FnMut(&mut Entry<'_>) -> Result<(), CpioError>,
) -> Walked {
    let mut walk = Walk {
        limits,
        budget,
        visit,
        output: Rc::default(),
        entries: 0,
        segments: Vec::new(),
    };
    let mut input = Input::new(budget.of(source));
    let damage = walk.image(&mut input).err();
    Walked {
        segments: walk.segments,
        damage,
    }
}

struct Walk<'a> {
    limits: &'a Limits,
    budget: &'a Budget,
    visit: &'a mut dyn FnMut(&mut Entry<'_>) -> Result<(), CpioError>,
    output: Rc<Cell<u64>>,
    entries: u64,
    segments: Vec<Segment>,
}

impl Walk<'_> {
    fn image<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), ImageError> {
        loop {
            let more = input.skip_zeros();
            let at = input.taken();
            if !more.map_err(|error| self.located(error.into(), at, Compression::None))? {
                return Ok(());
            }
            let magic = input.peek(MAGIC);
            let magic = magic.map_err(|error| self.located(error.into(), at, Compression::None))?;
            let compression = Compression::of(magic).ok_or(ImageError::Unknown { at })?;
            if compression == Compression::Lzo {
                return Err(ImageError::Lzo { at });
            }
            self.segment(input, at, compression)?;
        }
    }

    fn segment<R: Read>(
        &mut self,
        input: &mut Input<R>,
        at: u64,
        compression: Compression,
    ) -> Result<(), ImageError> {
        // Adjacent archives that are not compressed are one segment.
        let plain = |last: &Segment| last.compression == Compression::None;
        if compression != Compression::None || !self.segments.last().is_some_and(plain) {
            self.segments.push(Segment {
                at,
                compression,
                entries: 0,
            });
        }
        let taken = input.counter();
        let done = if compression == Compression::None {
            self.archive(input)
        } else {
            self.compressed(input, compression)
        };
        done.map_err(|error| self.located(error, taken.get(), compression))
    }

    fn located(&self, error: CpioError, at: u64, compression: Compression) -> ImageError {
        match error {
            CpioError::Io(source) if budget::is_spent(&source) => ImageError::Budget { at },
            CpioError::Io(source) if is_limit(&source) => ImageError::Limit {
                at,
                what: self.limit(),
            },
            CpioError::Io(source) => ImageError::Io {
                at,
                compression: Some(compression),
                source,
            },
            CpioError::Damaged(what) => ImageError::Archive { at, what },
            CpioError::Limit(what) => ImageError::Limit { at, what },
        }
    }

    fn limit(&self) -> &'static str {
        crate::meter::reached(&self.output, self.limits)
    }

    fn compressed<R: Read>(
        &mut self,
        input: &mut Input<R>,
        compression: Compression,
    ) -> Result<(), CpioError> {
        let (taken, output) = (input.counter(), Rc::clone(&self.output));
        let meter = Meter::new(compression.decoder(input)?, taken, output, *self.limits);
        let mut inner = Input::new(self.budget.of(meter));
        while inner.skip_zeros()? {
            if Compression::of(inner.peek(MAGIC)?) != Some(Compression::None) {
                return Err(CpioError::Damaged(
                    "the decompressed data is not a cpio archive",
                ));
            }
            self.archive(&mut inner)?;
        }
        Ok(())
    }

    fn archive<R: Read>(&mut self, input: &mut Input<R>) -> Result<(), CpioError> {
        let mut archive = Archive::new(input, self.limits.name);
        while let Some(header) = archive.next()? {
            self.entries += 1;
            if self.entries > self.limits.entries {
                return Err(CpioError::Limit("it has too many files"));
            }
            let granted = self.budget.member();
            granted.map_err(|spent: Spent| CpioError::Io(io::Error::other(spent)))?;
            if let Some(segment) = self.segments.last_mut() {
                segment.entries += 1;
            }
            (self.visit)(&mut Entry {
                header: &header,
                archive: &mut archive,
            })?;
        }
        Ok(())
    }
}
