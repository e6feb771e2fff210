//! NBFT: whatever firmware left there, and the same with a header that lets it in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::parse::nbft;

#[path = "../acpi.rs"]
mod acpi;

fuzz_target!(|data: &[u8]| {
    for table in [data, &acpi::let_in(data, *b"NBFT")] {
        if let Ok(Some(host)) = nbft::parse(table) {
            let _ = (host.host_id(), host.is_primary());
            if let Some(nqn) = host.host_nqn {
                assert!(
                    table
                        .windows(nqn.len())
                        .any(|window| window == nqn.as_bytes())
                );
            }
        }
    }
});
