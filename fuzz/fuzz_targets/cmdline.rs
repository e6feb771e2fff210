//! The kernel command line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::parse::cmdline;

fuzz_target!(|text: &str| {
    let mut last = None;
    for param in cmdline::params(text) {
        assert!(text.contains(param.key));
        last = Some(param.key);
    }
    if let Some(key) = last {
        assert!(cmdline::last(text, key).is_some());
    }
});
