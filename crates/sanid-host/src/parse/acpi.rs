//! What all ACPI tables have in common: the header with its length and checksum (ACPI Specification,
//! "System Description Table Header"), and numbers in little-endian order.
//!
//! Firmware writes these bytes, and firmware has bugs: every offset is checked against the table.

/// The length of the header that every table begins with.
pub(super) const HEADER: usize = 36;

/// What is wrong with a table.
///
/// The text continues a sentence that begins with the table's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Fewer bytes than a table of this kind has.
    #[error(
        "is {found} bytes long, which is less than the {needed} of the shortest table of its kind"
    )]
    Short {
        /// How many there are.
        found: usize,
        /// How many there are at least.
        needed: usize,
    },
    /// Another table, or none.
    #[error("does not begin with the signature {expected}")]
    Signature {
        /// The signature that is expected.
        expected: &'static str,
    },
    /// The length in the header is not that of a table which is here.
    #[error("has a length field of {said} bytes, but {found} bytes were read")]
    Length {
        /// The length in the header.
        said: u32,
        /// How many there are.
        found: usize,
    },
    /// The bytes do not add up to 0.
    #[error("is damaged: its checksum is wrong")]
    Checksum,
    /// A revision whose layout is not known.
    #[error("has revision {major}.{minor}; revisions 1.x are known")]
    Revision {
        /// The major revision.
        major: u8,
        /// The minor revision; 0 for a table without one.
        minor: u8,
    },
    /// A structure is not the one that should be at its place.
    #[error("has no valid {what} where it should be")]
    Structure {
        /// The structure.
        what: &'static str,
    },
    /// An offset points outside of its section.
    #[error("has its {what} outside of itself")]
    Outside {
        /// What.
        what: &'static str,
    },
    /// A name is not text.
    #[error("has a {what} that is not UTF-8 text")]
    NotText {
        /// Which name.
        what: &'static str,
    },
}

/// The bytes of one table, header and all, of the length and the checksum they should have.
pub(super) struct Table<'a>(&'a [u8]);

impl<'a> Table<'a> {
    /// Checks the header; `needed` is the length of the shortest table of its kind.
    pub(super) fn open(
        bytes: &'a [u8],
        signatures: &'static [&'static str],
        needed: usize,
    ) -> Result<Self, TableError> {
        let whole = Table(bytes);
        if bytes.len() < needed.max(HEADER) {
            return Err(TableError::Short {
                found: bytes.len(),
                needed,
            });
        }
        if !signatures
            .iter()
            .any(|signature| bytes.starts_with(signature.as_bytes()))
        {
            return Err(TableError::Signature {
                expected: signatures.first().copied().unwrap_or_default(),
            });
        }
        let said = whole.u32(4, "length")?;
        let length = usize::try_from(said).unwrap_or(usize::MAX);
        if length < needed {
            return Err(TableError::Short {
                found: length,
                needed,
            });
        }
        let table = bytes.get(..length).ok_or(TableError::Length {
            said,
            found: bytes.len(),
        })?;
        if table.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) != 0 {
            return Err(TableError::Checksum);
        }
        Ok(Self(table))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn u8(&self, at: usize, what: &'static str) -> Result<u8, TableError> {
        self.array::<1>(at, what).map(u8::from_le_bytes)
    }

    pub(super) fn u16(&self, at: usize, what: &'static str) -> Result<u16, TableError> {
        self.array(at, what).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&self, at: usize, what: &'static str) -> Result<u32, TableError> {
        self.array(at, what).map(u32::from_le_bytes)
    }

    /// An offset or length of 32 bits.
    pub(super) fn offset(&self, at: usize, what: &'static str) -> Result<usize, TableError> {
        self.u32(at, what)
            .map(|offset| usize::try_from(offset).unwrap_or(usize::MAX))
    }

    pub(super) fn array<const N: usize>(
        &self,
        at: usize,
        what: &'static str,
    ) -> Result<[u8; N], TableError> {
        self.part(at, N, what)?
            .try_into()
            .map_err(|_| TableError::Outside { what })
    }

    /// So many bytes from there.
    pub(super) fn part(
        &self,
        at: usize,
        length: usize,
        what: &'static str,
    ) -> Result<&'a [u8], TableError> {
        let part = at.checked_add(length).and_then(|end| self.0.get(at..end));
        part.ok_or(TableError::Outside { what })
    }

    /// A name of at most this number of bytes: it ends at the first NUL, as it does for readers in C. `None` for
    /// an empty one.
    pub(super) fn name(
        &self,
        at: usize,
        length: usize,
        what: &'static str,
    ) -> Result<Option<String>, TableError> {
        let bytes = super::before(self.part(at, length, what)?, 0);
        let text = super::text(bytes).map_err(|_| TableError::NotText { what })?;
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }
}

/// Makes the checksum of a table right after its bytes were changed.
#[cfg(test)]
pub(crate) fn seal(table: &mut [u8]) {
    const CHECKSUM: usize = 9;
    table[CHECKSUM] = 0;
    let sum = table.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    table[CHECKSUM] = sum.wrapping_neg();
}
