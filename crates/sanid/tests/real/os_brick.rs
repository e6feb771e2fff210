//! os-brick: what Cinder and Nova hear about the host, and that os-brick, which
//! overwrites a hostnqn that it cannot read, leaves the files alone.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use testkit::trial::{Need, PYTHON, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Python("os_brick", "python3-os-brick"),
    Need::Program("dmidecode", "dmidecode"),
    Need::Program("nvme", "nvme-cli"),
    Need::File("/etc/iscsi", "open-iscsi"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "os_brick_reads_the_names_that_sanid_wrote",
        NEEDS,
        reads,
    )]
}

fn reads() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let before = host.three();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/ask_os_brick.py");
    let ran = Private::nvme(&host)
        .bind(&host.at("etc/iscsi"), "/etc/iscsi")
        .run("exec \"$@\"", &[PYTHON, script], "")
        .expect(0);
    let properties: serde_json::Value = serde_json::from_str(ran.stdout.trim()).unwrap();
    let [iqn, host_nqn, _] = before.clone().map(|content| {
        String::from_utf8(content.unwrap())
            .unwrap()
            .trim_end()
            .to_owned()
    });
    let initiator = properties["initiator"].as_str().unwrap();
    assert_eq!(format!("InitiatorName={initiator}"), iqn);
    assert_eq!(properties["nqn"], host_nqn);
    assert_eq!(host.three(), before, "os-brick wrote");
}
