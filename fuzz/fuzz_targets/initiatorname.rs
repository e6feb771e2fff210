//! /etc/iscsi/initiatorname.iscsi as every reader has it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::IdentityFile;
use sanid_host::parse::initiatorname;

fuzz_target!(|data: &[u8]| {
    let _ = initiatorname::all_readers(data);
    if let Ok(value) = IdentityFile::InitiatorName.effective(data) {
        assert!(!value.contains('\n'));
        let canonical = IdentityFile::InitiatorName.bytes(value);
        assert!(
            IdentityFile::InitiatorName
                .disagreement(&canonical, value)
                .is_empty()
        );
    }
});
