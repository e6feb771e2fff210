//! iBFT: the raw table, also with a header that lets it in, and the kernel's attribute.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::parse::ibft;

#[path = "../acpi.rs"]
mod acpi;

fuzz_target!(|data: &[u8]| {
    let _ = ibft::attribute(data);
    for table in [data, &acpi::let_in(data, *b"iBFT")] {
        if let Ok(Some(name)) = ibft::parse(table) {
            assert!(
                table
                    .windows(name.len())
                    .any(|window| window == name.as_bytes())
            );
        }
    }
});
