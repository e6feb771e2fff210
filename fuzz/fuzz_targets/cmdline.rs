//! The kernel command line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::parse::cmdline;

fuzz_target!(|text: &str| {
    for param in cmdline::params(text) {
        assert!(text.contains(param.key));
        assert!(cmdline::last(text, param.key).is_some());
    }
});
