//! Scripts, units and fragments of tmpfiles.d: what is said to write a file names it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::Guard;
use sanid_host::parse::writer::{Unit, script, tmpfiles};

const PATH: &str = "/etc/nvme/hostnqn";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for found in [script(&text, PATH), tmpfiles(&text, PATH)] {
        assert!(found.is_none() || text.contains(PATH));
    }
    let unit = Unit::parse(&text);
    let guard = unit.guard(Guard::None, PATH);
    assert!(matches!(guard, None | Some(Guard::None)) || text.contains(PATH));
    for command in unit.commands {
        assert!(script(&command, PATH).is_none() || text.contains(PATH));
    }
});
