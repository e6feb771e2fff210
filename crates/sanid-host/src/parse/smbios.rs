//! SMBIOS: the entry point and the System Information structure (DMTF DSP0134, sections 5.2 and 7.2).

use sanid_core::HostUuid;

/// Structure type of System Information.
const SYSTEM_INFORMATION: u8 = 1;
/// Offset of the UUID in it.
const UUID: usize = 8;

/// The version in an entry point as `major << 8 | minor`: that of `_SM3_` (64-bit) or `_SM_` (32-bit).
///
/// # Examples
/// ```
/// use sanid_host::parse::smbios::version;
///
/// assert_eq!(version(b"_SM3_\x00\x18\x03\x02\x00"), Some(0x0302));
/// assert_eq!(version(b"_SM_\x00\x1f\x02\x04"), Some(0x0204));
/// assert_eq!(version(b"_DMI_"), None);
/// ```
pub fn version(entry_point: &[u8]) -> Option<u16> {
    let at = if entry_point.starts_with(b"_SM3_") {
        7
    } else if entry_point.starts_with(b"_SM_") {
        6
    } else {
        return None;
    };
    let bytes = entry_point.get(at..at + 2)?.try_into().ok()?;
    Some(u16::from_be_bytes(bytes))
}

/// The first System Information structure of a table; `None` where there is none before its end.
///
/// Each structure has a type, a length, a handle, its fields up to the length, and strings up to two NULs
/// (section 6.1). Nothing is read past a length that does not fit.
///
/// # Examples
/// ```
/// use sanid_host::parse::smbios::system_information;
///
/// let table = [0, 4, 0, 0, b'x', 0, 0, 1, 5, 1, 0, 7, 0, 0];
/// assert_eq!(system_information(&table), Some(&[1, 5, 1, 0, 7][..]));
/// assert_eq!(system_information(&table[..9]), None);
/// ```
pub fn system_information(mut table: &[u8]) -> Option<&[u8]> {
    loop {
        let (kind, length) = (*table.first()?, usize::from(*table.get(1)?));
        let structure = table.get(..length).filter(|_| length >= 4)?;
        if kind == SYSTEM_INFORMATION {
            return Some(structure);
        }
        let strings = table.get(length..)?;
        let end = strings.windows(2).position(|pair| pair == [0, 0])?;
        table = strings.get(end + 2..)?;
    }
}

/// The UUID of a System Information structure; `None` where it is too short to have one.
///
/// Since version 2.6 its first three fields are little-endian; before, all are in the order of the digits
/// (section 7.2.1; Linux, `drivers/firmware/dmi_scan.c`).
///
/// # Examples
/// ```
/// use sanid_host::parse::smbios::uuid;
///
/// let mut structure = [0; 27];
/// structure[8..24].copy_from_slice(b"DELLQ\x00\x106\x80R\xb4\xc0O012");
/// assert_eq!(uuid(&structure, 0x0206).unwrap().to_string(), "4c4c4544-0051-3610-8052-b4c04f303132");
/// assert_eq!(uuid(&structure, 0x0205).unwrap().to_string(), "44454c4c-5100-1036-8052-b4c04f303132");
/// ```
pub fn uuid(structure: &[u8], version: u16) -> Option<HostUuid> {
    let mut bytes: [u8; 16] = structure.get(UUID..UUID + 16)?.try_into().ok()?;
    if version >= 0x0206 {
        bytes[..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
    }
    Some(HostUuid::from_bytes(bytes))
}
