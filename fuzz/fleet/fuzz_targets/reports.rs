//! Reports of hosts: parsed ones have the right kind, and errors are printable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_fleet::reports::parse;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    match parse(text) {
        Ok(report) => {
            assert!(text.contains("Status"));
            for (iqn, _) in &report.given {
                assert!(!iqn.is_empty());
            }
        }
        Err(error) => assert!(!error.to_string().chars().any(char::is_control)),
    }
});
