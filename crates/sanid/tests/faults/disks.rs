//! Disks that are full or read-only, with nothing injected.

use std::process::Command;

use libtest_mimic::Trial;

use super::one_clear_line;
use super::support::host::{Host, MACHINE_ID, Ran};
use testkit::trial::{Need, UNSHARE, trial};

pub(crate) fn trials() -> Vec<Trial> {
    DISKS
        .iter()
        .map(|(name, script)| {
            trial(name, &[Need::Root, UNSHARE], || {
                leaves_the_old_state(script);
            })
        })
        .collect()
}

/// A disk on `$2` that holds the host of `$3`.
const DISKS: [(&str, &str); 3] = [
    (
        "a full disk leaves the old state",
        "mount -t tmpfs -o size=64k none \"$2\"; cp -a \"$3\"/. \"$2\"; \
         head -c 1M /dev/zero > \"$2/filler\" 2>/dev/null || true",
    ),
    (
        "a disk without free inodes leaves the old state",
        "mount -t tmpfs -o nr_inodes=24 none \"$2\"; cp -a \"$3\"/. \"$2\"; \
         for n in $(seq 24); do touch \"$2/filler$n\" 2>/dev/null || true; done",
    ),
    (
        "a read-only disk leaves the old state",
        "mount -t tmpfs none \"$2\"; cp -a \"$3\"/. \"$2\"; mount -o remount,ro \"$2\"",
    ),
];

fn leaves_the_old_state(script: &str) {
    let host = Host::foreign(MACHINE_ID);
    let mount_point = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    // A machine-id that is in memory is not a seed; this one stays on its disk.
    let script = format!(
        "{script}\n\
         mount --bind \"$3/etc/machine-id\" \"$2/etc/machine-id\"\n\
         set +e; \"$1\" apply --replace --root \"$2\"; code=$?\n\
         for file in iscsi/initiatorname.iscsi nvme/hostnqn nvme/hostid; do \
         cmp \"$2/etc/$file\" \"$3/etc/$file\" || code=99; done\n\
         find \"$2\" -name '*.sanid-tmp' | grep -q . && code=98\n\
         exit $code"
    );
    command
        .args(["--mount", "sh", "-ec", &script, "sh"])
        .arg(env!("CARGO_BIN_EXE_sanid"))
        .arg(mount_point.path())
        .arg(host.root());
    let ran = Ran::of(&mut command).expect(2);
    one_clear_line(&ran, script.as_str());
}
