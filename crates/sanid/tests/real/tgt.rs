//! tgt, a target that allows initiators by name, and libiscsi as the initiator.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("tgtd", "tgt"),
    Need::Program("iscsi-ls", "libiscsi-bin"),
    Need::Program("ip", "iproute2"),
    Need::File("/etc/iscsi", "open-iscsi"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![trial(
        "tgt_admits_the_name_that_sanid_wrote_and_no_other",
        NEEDS,
        || {
            let host = Host::new(MACHINE_ID);
            host.apply();
            // The name as a shell takes it from the file, which dracut does.
            let ran = Private::iscsi(&host).run(SCRIPT, &[], "").expect(0);
            assert!(
                ran.stdout.contains("admitted: the name in the file\n"),
                "{ran:#?}"
            );
            assert!(ran.stdout.contains("refused: another name\n"), "{ran:#?}");
        },
    )]
}

const SCRIPT: &str = r#"
. /etc/iscsi/initiatorname.iscsi
work=$(mktemp -d)
mount -t tmpfs none "$work"
ip link set lo up
tgtd -f -C 1 --iscsi portal=127.0.0.1:3260 > "$work/log" 2>&1 &
n=0
until tgtadm -C 1 --op show --mode sys > /dev/null 2>&1; do
    n=$((n + 1)); [ $n -lt 6000 ] || { echo "tgtd does not answer" >&2; cat "$work/log" >&2; exit 1; }
    sleep 0.05
done
target=iqn.2024-01.test.local:t1
truncate -s 16M "$work/disk"
tgtadm -C 1 --lld iscsi --op new --mode target --tid 1 -T $target
tgtadm -C 1 --lld iscsi --op new --mode logicalunit --tid 1 --lun 1 -b "$work/disk"
tgtadm -C 1 --lld iscsi --op bind --mode target --tid 1 -Q "$InitiatorName"
login() {
    if iscsi-inq -i "$1" iscsi://127.0.0.1:3260/$target/1 >&2; then
        echo "admitted: $2"
    else
        echo "refused: $2"
    fi
}
login "$InitiatorName" "the name in the file"
login iqn.2024-01.test.local:other "another name"
"#;
