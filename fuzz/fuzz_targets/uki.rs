//! Unified kernel images: the reader ends, and keeps no more than the file has.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_image::Limits;
use sanid_image::uki::read;

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        output: 4 << 20,
        entries: 1000,
        kept_files: 20,
        ..Limits::default()
    };
    let uki = read(data, &limits);
    let lines: usize = uki.command_lines.iter().map(Vec::len).sum();
    assert!(lines <= data.len(), "{lines} bytes out of {}", data.len());
});
