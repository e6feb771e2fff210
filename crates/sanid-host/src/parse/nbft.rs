//! The NVMe Boot Firmware Table: what firmware that booted from NVMe over Fabrics tells the system (NVM
//! Express Boot Specification, "NVMe Boot Firmware Table").
//!
//! Of all it holds only the Host Descriptor is read here: the identity that the boot connection uses.

use super::acpi::Table;
pub use super::acpi::TableError;

const CONTROL: usize = 64;
const CONTROL_LENGTH: usize = 64;
const HOST_LENGTH: usize = 32;
/// The first bit in the flags of every structure: it is valid.
const VALID: u8 = 1;

/// The identity in an NBFT's Host Descriptor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The minor revision of the table; the fields of 0 are read in all of them.
    pub minor: u8,
    /// The flags as they are stored.
    pub flags: u8,
    /// The 16 bytes of the Host ID as they are stored.
    pub stored_id: [u8; 16],
    /// The host NQN, where there is one.
    pub host_nqn: Option<String>,
}

impl Host {
    /// The Host ID in the order in which Linux' user space writes its digits: as stored. Most firmware
    /// stores the UUID of the NQN in the byte order of SMBIOS, and this does not turn it round: the boot
    /// connection is made with the bytes as they are.
    ///
    /// `None` where the first byte is 0, which nvme-cli takes for a Host ID that is not set.
    ///
    /// # Examples
    /// ```
    /// use sanid_host::parse::nbft::Host;
    ///
    /// let host = Host { minor: 0, flags: 3, stored_id: [0x42; 16], host_nqn: None };
    /// assert_eq!(host.host_id(), Some([0x42; 16]));
    /// assert_eq!(Host { stored_id: [0; 16], ..host }.host_id(), None);
    /// ```
    pub fn host_id(&self) -> Option<[u8; 16]> {
        (self.stored_id.first() != Some(&0)).then_some(self.stored_id)
    }

    /// Whether this table was selected to name the host, where several could (bits 3 and 4 are 2).
    pub fn is_primary(&self) -> bool {
        self.flags >> 3 & 0b11 == 2
    }
}

/// Reads the Host Descriptor; `None` where the table says that it has none.
///
/// # Errors
/// [`TableError`] for a table that is not an NBFT, or points outside of itself.
///
/// # Examples
/// ```
/// use sanid_host::parse::nbft::{TableError, parse};
///
/// let error = parse(&[0; 128]).unwrap_err();
/// assert_eq!(error, TableError::Signature { expected: "NBFT" });
/// ```
pub fn parse(bytes: &[u8]) -> Result<Option<Host>, TableError> {
    let table = Table::open(bytes, &["NBFT"], CONTROL + CONTROL_LENGTH)?;
    let (major, minor) = (table.u8(8, "revision")?, table.u8(50, "revision")?);
    // With the same major revision a later minor one only adds (libnvme's documentation of the specification);
    // firmware of the Boot Specification 1.3 has 1.1.
    if major != 1 {
        return Err(TableError::Revision { major, minor });
    }
    let heap = Heap::of(&table)?;
    let control = [
        table.u8(CONTROL, "control descriptor")?,
        table.u8(CONTROL + 6, "control descriptor")? & VALID,
    ];
    if control != [1, VALID] {
        return Err(TableError::Structure {
            what: "control descriptor",
        });
    }
    let host = host(&table, &heap)?;
    Ok(host.map(|host| Host { minor, ..host }))
}

fn host(table: &Table<'_>, heap: &Heap) -> Result<Option<Host>, TableError> {
    const WHAT: &str = "host descriptor";
    let at = table.offset(CONTROL + 8, WHAT)?;
    // The field that follows the offset is the length.
    if at == 0 && table.u16(CONTROL + 12, WHAT)? == 0 {
        return Ok(None);
    }
    if at < CONTROL + CONTROL_LENGTH {
        return Err(TableError::Outside { what: WHAT });
    }
    table.part(at, HOST_LENGTH, WHAT)?;
    let [kind, flags] = table.array(at, WHAT)?;
    if kind != 2 {
        return Err(TableError::Structure { what: WHAT });
    }
    if flags & VALID == 0 {
        return Ok(None);
    }
    let stored_id = table.array(at + 2, WHAT)?;
    let nqn = (
        table.offset(at + 18, WHAT)?,
        usize::from(table.u16(at + 22, WHAT)?),
    );
    Ok(Some(Host {
        minor: 0,
        flags,
        stored_id,
        host_nqn: heap.name(table, nqn, "host NQN")?,
    }))
}

/// The end of the table, where everything of variable length is.
struct Heap {
    begin: usize,
    end: usize,
}

impl Heap {
    fn of(table: &Table<'_>) -> Result<Self, TableError> {
        const WHAT: &str = "heap";
        let begin = table.offset(36, WHAT)?;
        let end = begin
            .checked_add(table.offset(40, WHAT)?)
            .filter(|end| *end <= table.len());
        end.map(|end| Self { begin, end })
            .ok_or(TableError::Outside { what: WHAT })
    }

    /// A name on the heap; `None` where its length is 0, whatever its offset.
    fn name(
        &self,
        table: &Table<'_>,
        (at, length): (usize, usize),
        what: &'static str,
    ) -> Result<Option<String>, TableError> {
        if length == 0 {
            return Ok(None);
        }
        let inside = at >= self.begin && at.checked_add(length).is_some_and(|end| end <= self.end);
        if !inside {
            return Err(TableError::Outside { what });
        }
        table.name(at, length, what)
    }
}

#[cfg(test)]
mod tests;
