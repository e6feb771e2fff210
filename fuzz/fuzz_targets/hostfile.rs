//! /etc/nvme/hostnqn and hostid as every reader has them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::IdentityFile;

fuzz_target!(|data: &[u8]| {
    for file in [IdentityFile::HostNqn, IdentityFile::HostId] {
        if let Ok(value) = file.effective(data) {
            assert!(!value.is_empty() && !value.contains('\n') && value.len() <= 222);
            let _ = file.disagreement(data, value);
        }
    }
});
