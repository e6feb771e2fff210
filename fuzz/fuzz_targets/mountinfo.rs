//! /proc/self/mountinfo.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::parse::mountinfo;

fuzz_target!(|data: &[u8]| {
    let _ = mountinfo::mounted_at(data, b"/etc/machine-id");
});
