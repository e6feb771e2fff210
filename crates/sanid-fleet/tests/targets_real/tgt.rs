//! tgt, told by both of its formats, and libiscsi as the initiator.

use libtest_mimic::Trial;

use super::scene::Scene;
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("tgtd", "tgt"),
    Need::Program("iscsi-inq", "libiscsi-bin"),
    Need::Program("ip", "iproute2"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "tgtadm_admits_whom_the_script_names_and_no_other",
            NEEDS,
            || {
                let said = Scene::new().run_alone(&format!("{TGTD}{COMMANDS}"));
                for line in [
                    "before: node-1 admitted",
                    "not closed unasked",
                    "still open: stranger admitted",
                    "t1 lets anyone in (ALL)",
                    "closed: node-1 admitted",
                    "closed: stranger refused",
                    "closed twice: same",
                    "no difference",
                    "logged in: node-1 admitted",
                    "iqn.2016-04.com.open-iscsi:1111 is logged in and stays",
                    "stayed: node-1 admitted",
                    "stayed: node-4 admitted",
                    "later: node-1 refused",
                    "later: node-4 admitted",
                    "later twice: same",
                    "other target: stranger admitted",
                ] {
                    assert!(said.contains(line), "{line} is missing:\n{said}");
                }
            },
        ),
        trial("tgt_admin_loads_the_target_of_an_export", NEEDS, || {
            let said = Scene::new().run_alone(&format!("{TGTD}{CONFIGURATION}"));
            for line in [
                "loaded: node-2 admitted",
                "loaded: stranger refused",
                "no difference",
                "3 entries in 1 objects",
            ] {
                assert!(said.contains(line), "{line} is missing:\n{said}");
            }
        }),
    ]
}

const TGTD: &str = r#"
export PATH="$PATH:/usr/sbin"
# tgtd's socket is a file below it, whatever the network.
mount -t tmpfs none /run
work=$(mktemp -d)
mount -t tmpfs none "$work"
ip link set lo up
tgtd -f -C 1 --iscsi portal=127.0.0.1:3260 >"$work/log" 2>&1 &
n=0
until tgtadm -C 1 --op show --mode sys >/dev/null 2>&1; do
    n=$((n + 1)); [ $n -lt 6000 ] || { echo "tgtd does not answer" >&2; cat "$work/log" >&2; exit 1; }
    sleep 0.05
done
export CONTROL_PORT=1
target=iqn.2024-01.test.local:t1
truncate -s 16M "$work/disk"
login() {
    if iscsi-inq -i "$4" "iscsi://127.0.0.1:3260/$3/1" >/dev/null 2>&1; then
        echo "$1: $2 admitted"
    else
        echo "$1: $2 refused"
    fi
}
name=iqn.2016-04.com.open-iscsi
stranger=iqn.2024-01.test.local:stranger
show() { tgtadm -C 1 --lld iscsi --op show --mode target; }
"#;

const COMMANDS: &str = r#"
for tid in 1 2; do
    tgtadm -C 1 --lld iscsi --op new --mode target --tid $tid -T iqn.2024-01.test.local:t$tid
    truncate -s 16M "$work/disk$tid"
    tgtadm -C 1 --lld iscsi --op new --mode logicalunit --tid $tid --lun 1 -b "$work/disk$tid"
done
tgtadm -C 1 --lld iscsi --op bind --mode target --tid 2 -Q $stranger
tgtadm -C 1 --lld iscsi --op bind --mode target --tid 1 -I ALL
login before node-1 $target $name:1111
fleet export --to tgtadm --target $target hosts.csv >admit.sh
sh admit.sh || echo "not closed unasked"
login "still open" stranger $target $stranger
show >all
fleet diff --to tgtadm --target $target --against all hosts.csv >/dev/null || [ $? = 1 ]
CLOSE=1 sh admit.sh
login closed node-1 $target $name:1111
login closed stranger $target $stranger
show >one; sh admit.sh; show >two; cmp one two && echo "closed twice: same"
fleet diff --to tgtadm --target $target --against two hosts.csv && echo "no difference"
fleet diff --to tgtadm --target $target --against two --prune later.csv >change.sh || [ $? = 1 ]
# A session that lives is left alone, with the access that it needs to come back.
iscsi-perf -i $name:1111 -t 600 iscsi://127.0.0.1:3260/$target/1 >/dev/null 2>&1 &
busy=$!
n=0
until show | grep -q "Initiator: $name:1111"; do
    n=$((n + 1)); [ $n -lt 6000 ] || { echo "no initiator is logged in" >&2; show >&2; exit 1; }
    sleep 0.05
done
login "logged in" node-1 $target $name:1111
sh change.sh && exit 1
login stayed node-1 $target $name:1111
login stayed node-4 $target $name:4444
DISRUPT=1 sh change.sh
kill $busy
login later node-1 $target $name:1111
login later node-4 $target $name:4444
show >one; sh change.sh; show >two; cmp one two && echo "later twice: same"
login "other target" stranger iqn.2024-01.test.local:t2 $stranger
"#;

const CONFIGURATION: &str = r#"
fleet export --to tgt --target $target hosts.csv >export.conf
# As an administrator puts it into what serves the disk.
sed "s|^<target .*|&\n    backing-store $work/disk|" export.conf >targets.conf
tgt-admin -C 1 -c targets.conf --execute
login loaded node-2 $target $name:2222
login loaded stranger $target $stranger
tgt-admin -C 1 --dump >dump.conf
fleet diff --to tgt --target $target --against dump.conf hosts.csv && echo "no difference"
fleet import --from tgt dump.conf
"#;
