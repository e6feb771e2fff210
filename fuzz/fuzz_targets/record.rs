//! The ownership record: what parses is written again as the same record.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::record::Record;

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = Record::parse(data) {
        assert_eq!(Record::parse(&record.bytes()), Ok(record));
    }
});
