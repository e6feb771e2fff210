//! SMBIOS: the entry point, the table, and one structure as the kernel shows it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::parse::smbios;

/// The first version with little-endian fields in its UUID, and the last one without.
const VERSIONS: [u16; 2] = [0x0206, 0x0205];

fuzz_target!(|data: &[u8]| {
    if let Some(version) = smbios::version(data) {
        assert!(
            data.windows(2)
                .any(|window| window == version.to_be_bytes())
        );
    }
    if let Some(structure) = smbios::system_information(data) {
        assert_eq!(structure[0], 1);
        assert_eq!(structure.len(), usize::from(structure[1]));
        assert!(data.as_ptr_range().contains(&structure.as_ptr()));
        read(structure);
    }
    read(data);
});

/// The UUID is the 16 bytes at their place, in one order or the other.
fn read(structure: &[u8]) {
    let [new, old] = VERSIONS.map(|version| smbios::uuid(structure, version));
    assert_eq!(new.is_some(), structure.len() >= 24);
    if let (Some(new), Some(old)) = (new, old) {
        let (new, old) = (new.as_bytes(), old.as_bytes());
        assert_eq!(old, &structure[8..24]);
        assert_eq!(new[8..], old[8..]);
        assert!(new[..4].iter().eq(old[..4].iter().rev()));
        assert!(new[4..6].iter().eq(old[4..6].iter().rev()));
        assert!(new[6..8].iter().eq(old[6..8].iter().rev()));
    }
}
