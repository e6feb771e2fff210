//! Names in configurations of nvme-cli, nvme-stas, open-iscsi and LXD.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_host::own;

fuzz_target!(|data: &[u8]| {
    let lines = data.split(|byte| *byte == b'\n').count();
    let mut all = own::discovery(data);
    all.extend(own::json(data).unwrap_or_default());
    all.extend(own::fabrics(data));
    all.extend(own::stas(data));
    all.extend(own::iscsi_record(data));
    for own in all {
        assert!((1..=lines).contains(&own.line));
        for (_, name) in own.names.iter() {
            assert!(!name.is_empty() && !name.chars().any(char::is_control));
        }
    }
    let _ = own::lxd(data);
    use own::Config::{Discovery, Fabrics, Iscsi, Json, Persona, Stas};
    for config in [Discovery, Fabrics, Iscsi, Json, Persona, Stas] {
        for trace in config.traces(data) {
            assert!((1..=lines).contains(&trace.line));
        }
        if let Ok(without) = config.without(data) {
            assert!(config.traces(&without).is_empty());
            assert_eq!(config.without(&without), Ok(without));
        }
    }
});
