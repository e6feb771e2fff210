//! What targets print, by each format: read or refused, and an entry has a name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_fleet::targets::FORMATS;

fuzz_target!(|data: &[u8]| {
    let Some((first, rest)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(rest) else {
        return;
    };
    let format = FORMATS[usize::from(*first) % FORMATS.len()];
    if let Ok(present) = format.read(text) {
        for entry in &present.entries {
            assert!(!entry.name.is_empty(), "{}", format.name);
        }
    }
});
