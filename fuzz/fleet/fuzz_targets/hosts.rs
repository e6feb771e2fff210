//! Lists of hosts: each row is a host or says what is wrong with it, and a line of the text.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use sanid_fleet::{hosts, input::Input};

fuzz_target!(|data: &[u8]| {
    let lines = 1 + data.iter().filter(|byte| **byte == b'\n').count() as u64;
    let packed = data.starts_with(&[0x1f, 0x8b]);
    for row in hosts::read(Input::of("list", Cursor::new(data.to_vec()))) {
        match row {
            Ok(host) => assert!(!host.name.is_empty()),
            Err(error) => assert!(packed || (1..=lines).contains(&error.line), "{error}"),
        }
    }
});
