//! The content of /etc/machine-id: accepted or refused, and never repeated in an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_core::{IqnPrefix, MachineId, SCHEMES};

fuzz_target!(|data: &[u8]| {
    match MachineId::parse_file(data) {
        Ok(id) => {
            for scheme in SCHEMES {
                assert!(scheme.derive(&id, &IqnPrefix::default()).nvme.matches());
            }
        }
        Err(error) => {
            // An error may say how long a text is and where it goes wrong; of a secret that is
            // nearly right it may repeat nothing.
            let text = error.to_string();
            for piece in data
                .windows(12)
                .filter(|piece| piece.iter().all(u8::is_ascii_hexdigit))
            {
                assert!(!text.as_bytes().windows(12).any(|window| window == piece));
            }
        }
    }
});
