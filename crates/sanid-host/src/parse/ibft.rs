//! The iSCSI Boot Firmware Table: what firmware that booted from iSCSI tells the system ("iSCSI Boot
//! Firmware Table", the specification that ACPI's table list refers to).
//!
//! The kernel's driver shows its fields one by one in sysfs ([`attribute`]); where the driver is not
//! loaded, the table itself is there ([`parse`]).

pub use super::acpi::TableError;
use super::acpi::{HEADER, Table};

/// The header and 12 reserved bytes.
const CONTROL: usize = HEADER + 12;
const CONTROL_LENGTH: usize = 18;
const INITIATOR_LENGTH: usize = 74;
/// The first bit in the flags of every structure: it is valid.
const VALID: u8 = 1;

/// The names that the table goes by: one specification says the first, another the second, and Broadcom's
/// firmware the third (Linux, `drivers/firmware/iscsi_ibft.c`).
pub const SIGNATURES: &[&str] = &["iBFT", "IBFT", "BIFT"];

/// The initiator name in `/sys/firmware/ibft/initiator/initiator-name`; `None` for an empty one.
///
/// # Examples
/// ```
/// use sanid_host::parse::ibft::attribute;
///
/// let name = attribute(b"iqn.2001-04.com.example:a\n").unwrap();
/// assert_eq!(name.as_deref(), Some("iqn.2001-04.com.example:a"));
/// assert_eq!(attribute(b"\n"), Ok(None));
/// ```
///
/// # Errors
/// [`TableError::NotText`].
pub fn attribute(bytes: &[u8]) -> Result<Option<String>, TableError> {
    let text =
        super::text(super::before(bytes, 0)).map_err(|_| TableError::NotText { what: NAME })?;
    let text = text.trim_matches(|char: char| char.is_ascii_whitespace());
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

const NAME: &str = "initiator name";

/// Reads the initiator name from the table itself; `None` where it has none.
///
/// # Errors
/// [`TableError`] for a table that is not an iBFT, or points outside of itself.
///
/// # Examples
/// ```
/// use sanid_host::parse::ibft::{TableError, parse};
///
/// let error = parse(&[0; 128]).unwrap_err();
/// assert_eq!(error, TableError::Signature { expected: "iBFT" });
/// ```
pub fn parse(bytes: &[u8]) -> Result<Option<String>, TableError> {
    let table = Table::open(bytes, SIGNATURES, CONTROL + CONTROL_LENGTH)?;
    let major = table.u8(8, "revision")?;
    if major != 1 {
        return Err(TableError::Revision { major, minor: 0 });
    }
    structure(&table, CONTROL, 1, CONTROL_LENGTH, "control structure")?;
    let at = usize::from(table.u16(CONTROL + 8, "control structure")?);
    if at == 0 {
        return Ok(None);
    }
    let flags = structure(&table, at, 2, INITIATOR_LENGTH, "initiator structure")?;
    if flags & VALID == 0 {
        return Ok(None);
    }
    let length = usize::from(table.u16(at + 70, NAME)?);
    let place = usize::from(table.u16(at + 72, NAME)?);
    if length == 0 {
        return Ok(None);
    }
    if place < CONTROL + CONTROL_LENGTH {
        return Err(TableError::Outside { what: NAME });
    }
    table.name(place, length, NAME)
}

/// The flags of a structure that must be of this kind, and at least of this length: a later revision adds fields at
/// its end.
fn structure(
    table: &Table<'_>,
    at: usize,
    kind: u8,
    length: usize,
    what: &'static str,
) -> Result<u8, TableError> {
    table.part(at, length, what)?;
    let sound = table.u8(at, what)? == kind && usize::from(table.u16(at + 2, what)?) >= length;
    if !sound {
        return Err(TableError::Structure { what });
    }
    table.u8(at + 5, what)
}

#[cfg(test)]
pub(crate) mod tests;
