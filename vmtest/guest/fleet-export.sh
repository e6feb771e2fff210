# From an inventory to hosts that are logged in: sanid-fleet tells LIO, through the real targetcli, and
# nvmet, through configfs, whom to admit. The commands are those of docs/fleet.md.
export HOME=/root PATH=/bin:/vm:/usr/bin DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
. /vm/targets.sh
dbus-daemon --config-file=/etc/bus.conf --fork
cd /run
echo 3d1219c7c4c5404aaa1f6d2a48adfda4 >/etc/machine-id
sanid apply >/dev/null
read_files
# This host, and two that have never booted.
cat >inventory.csv <<INVENTORY
host,machine_id
node-1,3d1219c7c4c5404aaa1f6d2a48adfda4
node-2,0f1e2d3c4b5a69788796a5b4c3d2e1f0
node-3,00112233445566778899aabbccddeeff
INVENTORY
exits 0 "names from the inventory" sanid-fleet derive inventory.csv
sanid-fleet derive inventory.csv >hosts.csv 2>/dev/null
# row HOST: its names in the list.
row() { while IFS=, read -r row_host row_iqn row_nqn row_id; do [ "$row_host" = "$1" ] && return; done <hosts.csv; return 1; }
row node-1
same "this host's names are what it applied" "$row_iqn $row_nqn $row_id" "$iqn $hostnqn $hostid"
row node-2
iqn2=$row_iqn nqn2=$row_nqn
row node-3
iqn3=$row_iqn nqn3=$row_nqn
iqn4=iqn.2016-04.com.open-iscsi:44444444444444448444444444444444
nqn4=nqn.2014-08.org.nvmexpress:uuid:44444444-4444-4444-8444-444444444444
{ head -n 1 hosts.csv; tail -n 2 hosts.csv; echo "node-4,$iqn4,$nqn4,"; } >later.csv
stranger=iqn.2024-01.test.local:stranger
other=iqn.2024-01.test.local:other
acls=$lio/iscsi/$target/tpgt_1/acls
# names DIRECTORY: what is in it, in order, on one line.
names() { local names; cd "$1"; names=$(echo *); cd /run; echo -n "$names"; }
# sorted NAME…: the same of these.
sorted() { echo -n $(printf '%s\n' "$@" | sort); }

# LIO
targetcli >targetcli.log 2>&1 <<TARGET
/backstores/fileio create disk /run/disk.img 16M
/iscsi create $target
/iscsi/$target/tpg1/luns create /backstores/fileio/disk
/iscsi create $other
/iscsi/$other/tpg1/acls create $stranger
TARGET
cat targetcli.log
check "targetcli made the targets" [ -d "$acls" ]
exits 0 "an export for targetcli" sanid-fleet export --to lio --target $target hosts.csv
sanid-fleet export --to lio --target $target hosts.csv >admit.sh 2>/dev/null
exits 0 "the script admits" sh admit.sh
same "three hosts are admitted" "$(names $acls)" \
    "$(sorted "$iqn" "$iqn2" "$iqn3")"
exits 0 "and once more" sh admit.sh
same "which changes nothing" "$output" ""
iscsid
check "iSCSI discovery" iscsiadm -m discovery -t st -p 127.0.0.1
check "this host logs in" iscsi_login
check "by its name" session_of "$iqn"
check "LIO refuses another name" iscsi_refused_as $stranger

targetcli saveconfig /run/lio.json >/dev/null 2>&1
exits 0 "no difference" sanid-fleet diff --to lio --target $target --against lio.json hosts.csv
says "to add 0, to remove 0, unchanged 3, unknown 0"
exits 1 "an ACL of nobody that is known" sanid-fleet import --from lio --inventory hosts.csv lio.json
says "$stranger,,$other/tpgt_1,name"
exits 1 "a later list" sanid-fleet diff --to lio --target $target --against lio.json --prune later.csv
says "to add 1, to remove 1, unchanged 2, unknown 0"
sanid-fleet diff --to lio --target $target --against lio.json --prune later.csv >change.sh 2>/dev/null
exits 1 "the change leaves who is logged in" sh change.sh
says "$iqn is logged in and stays"
check "its session lives" grep -q "LIO Session ID" "$acls/$iqn/info"
check "the new host is admitted" [ -d $acls/$iqn4 ]
export DISRUPT=1
exits 0 "with DISRUPT=1 it goes" sh change.sh
unset DISRUPT
exits 0 "and once more" sh change.sh
check "its ACL is gone" [ ! -e "$acls/$iqn" ]
iscsiadm -m node -T $target -p 127.0.0.1 -u >/dev/null 2>&1
check "it is refused" iscsi_refused_as "$iqn"
check "another target's ACL stays" [ -d $lio/iscsi/$other/tpgt_1/acls/$stranger ]

targetcli saveconfig /run/lio.json >/dev/null 2>&1
sanid-fleet export --to lio-json --target $target --base lio.json hosts.csv >whole.json 2>/dev/null
check "targetcli restores the export" targetcli restoreconfig /run/whole.json clear_existing=true
same "with what was there and what is new" "$(names $acls)" \
    "$(sorted "$iqn" "$iqn2" "$iqn3" "$iqn4")"
check "and another target's ACL" [ -d $lio/iscsi/$other/tpgt_1/acls/$stranger ]
check "this host logs in again" iscsi_login
# Data of tests: crates/sanid-fleet/tests/targets/real.
echo "[file] lio.json"; cat lio.json; echo "[file] end"

# nvmet
nvmet_up
admit="sanid-fleet export --to nvmet --subsystem $subsystem hosts.csv"
$admit >admit.sh 2>/dev/null
exits 2 "a subsystem that admits any host is not closed unasked" sh admit.sh
says "CLOSE=1"
export CLOSE=1
exits 0 "it is when asked" sh admit.sh
unset CLOSE
exits 0 "and once more" sh admit.sh
check "this host connects" nvme_connect
check "by its host NQN" controller_of "$hostnqn"
check "nvmet refuses another" refused_as nqn.2014-08.org.nvmexpress:uuid:44444444-4444-4444-8444-444444444444 44444444-4444-4444-8444-444444444444
mkdir -p $nvmet/subsystems/$subsystem:other $nvmet/hosts/nqn.2024-01.test.local:stranger
ln -s $nvmet/hosts/nqn.2024-01.test.local:stranger $nvmet/subsystems/$subsystem:other/allowed_hosts/nqn.2024-01.test.local:stranger

list() { (cd $nvmet && grep -H . subsystems/*/attr_allow_any_host && find subsystems -path '*/allowed_hosts/*') >nvmet.txt; }
list
exits 0 "no difference" sanid-fleet diff --to nvmet --subsystem $subsystem --against nvmet.txt hosts.csv
says "to add 0, to remove 0, unchanged 3, unknown 0"
exits 1 "a host of nobody that is known" sanid-fleet import --from nvmet --inventory hosts.csv nvmet.txt
says "nqn.2024-01.test.local:stranger"
sanid-fleet diff --to nvmet --subsystem $subsystem --against nvmet.txt --prune later.csv >change.sh 2>/dev/null
# Debian's kernels are built without nvmet's part of debugfs; this is what it shows.
mount -t tmpfs none /sys/kernel/debug
mkdir -p /sys/kernel/debug/nvmet/$subsystem/ctrl1
echo "$hostnqn" >/sys/kernel/debug/nvmet/$subsystem/ctrl1/hostnqn
exits 1 "the change leaves who is connected" sh change.sh
says "$hostnqn is connected and stays"
export DISRUPT=1
exits 0 "the change with DISRUPT=1" sh change.sh
exits 0 "and once more" sh change.sh
same "is the later list" "$(names $nvmet/subsystems/$subsystem/allowed_hosts)" \
    "$(sorted "$nqn2" "$nqn3" "$nqn4")"
check "another subsystem's host stays" [ -e $nvmet/subsystems/$subsystem:other/allowed_hosts/nqn.2024-01.test.local:stranger ]
check "who is connected goes on" controller_of "$hostnqn"
nvme disconnect -n $subsystem >/dev/null
check "and does not come back" refused_as "$hostnqn" "$hostid"
list
echo "[file] nvmet.txt"; cat nvmet.txt; echo "[file] end"

# nvmetcli's JSON, saved and restored as nvmetcli does it, or by it (cargo xtask vm --nvmetcli). The format
# has no buffered_io, so the namespace, a file in memory, is on only while nothing is saved.
nvmetcli() { python3 /vm/nvmet-json.py "$@"; }
agree() { :; }
if [ -d /nvmetcli ]; then
    nvmetcli() { PYTHONPATH=/nvmetcli/usr/lib/python3/dist-packages python3 /nvmetcli/usr/bin/nvmetcli "$@"; }
    # agree: what stands in for it saves the same.
    agree() {
        check "nvmetcli saves" nvmetcli save agree.json
        exits 0 "and nvmet-json.py the same" python3 /vm/nvmet-json.py same agree.json
    }
fi
# What others have configured, and a key where the kernel knows any (Debian's 6.1 does not).
mkdir $nvmet/ports/1/ana_groups/2 $nvmet/ports/1/referrals/far
echo inaccessible >$nvmet/ports/1/ana_groups/2/ana_state
for setting in trtype=tcp adrfam=ipv4 traddr=127.0.0.2 trsvcid=4430 portid=2; do
    echo ${setting#*=} >$nvmet/ports/1/referrals/far/addr_${setting%%=*}
done
echo 1 >$nvmet/ports/1/referrals/far/enable
if [ -e $nvmet/hosts/$nqn2/dhchap_key ]; then
    nvme gen-dhchap-key >$nvmet/hosts/$nqn2/dhchap_key
    check "there is a key" [ -n "$(line $nvmet/hosts/$nqn2/dhchap_key)" ]
fi
# kept: that, in order, on one line.
kept() { echo -n $(cd $nvmet && grep -rs . ports/1 hosts/$nqn2 | sort); }
configured=$(kept)
check "there is a referral" [ -e $nvmet/ports/1/referrals/far/addr_traddr ]
namespace=$nvmet/subsystems/$subsystem/namespaces/1
echo 0 >$namespace/enable
check "nvmet is saved" nvmetcli save nvmet.json
agree
exits 0 "no difference" sanid-fleet diff --to nvmet-json --subsystem $subsystem --against nvmet.json later.csv
says "to add 0, to remove 0, unchanged 3, unknown 0"
exits 1 "a host of nobody that is known" sanid-fleet import --from nvmet-json --inventory later.csv nvmet.json
says "nqn.2024-01.test.local:stranger"
sanid-fleet export --to nvmet-json --subsystem $subsystem --base nvmet.json hosts.csv >whole.json 2>/dev/null
exits 0 "nvmetcli restores the export" nvmetcli restore whole.json
same "and leaves nothing out" "$output" ""
same "with the port, its referral and the keys as they were" "$(kept)" "$configured"
agree
same "with what was there and what is new" "$(names $nvmet/subsystems/$subsystem/allowed_hosts)" \
    "$(sorted "$hostnqn" "$nqn2" "$nqn3" "$nqn4")"
same "and another subsystem's host" "$(names $nvmet/subsystems/$subsystem:other/allowed_hosts)" nqn.2024-01.test.local:stranger
echo 1 >$namespace/buffered_io
echo 1 >$namespace/enable
check "this host connects again" nvme_connect
check "by its host NQN" controller_of "$hostnqn"
check "nvmet refuses a stranger" refused_as nqn.2014-08.org.nvmexpress:uuid:55555555-5555-4555-8555-555555555555 55555555-5555-4555-8555-555555555555
nvme disconnect -n $subsystem >/dev/null
exits 0 "an export without what was there" sanid-fleet export --to nvmet-json --subsystem $subsystem hosts.csv
says "CLEARS all that nvmet serves"
sanid-fleet export --to nvmet-json --subsystem $subsystem hosts.csv >alone.json 2>/dev/null
exits 0 "nvmetcli restores it" nvmetcli restore alone.json
same "and all else is gone" "$(names $nvmet/subsystems) $(names $nvmet/ports)" "$subsystem *"
agree
end
