# A machine without sanid uses the initiator name of one that has it: only the target shows it. The guest is the target
# and both machines: what comes from the second address is the clone's.
export HOME=/root PATH=/bin:/vm:/usr/bin DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/bus
address=192.0.2.1
other_portal=198.51.100.1
host=192.0.2.11
clone=192.0.2.12
. /vm/targets.sh
dbus-daemon --config-file=/etc/bus.conf --fork
cd /run
echo db-01 >/proc/sys/kernel/hostname
echo 3d1219c7c4c5404aaa1f6d2a48adfda4 >/etc/machine-id
sanid apply >/dev/null
read_files
for own in $address $other_portal $host; do ip addr add $own/32 dev lo; done

# from ADDRESS PORTAL: connections to the portal have this source address.
from() { ip route replace local $2 dev lo table local src $1; }
# login PORTAL, logout PORTAL
login() { iscsiadm -m node -T $target -p $1 -l >/dev/null; }
logout() { iscsiadm -m node -T $target -p $1 -u >/dev/null; }
says_not() { case $output in *"$1"*) not_ok "does not say $1: $output" ;; *) ok "does not say $1" ;; esac; }

exits 2 "without a target nobody is logged in" sanid-fleet sessions --from lio
# configfs shows one session of each ACL in a portal group, so there are two groups.
lio_up "$iqn"
first=$portal_group
portal_group=$lio/iscsi/$target/tpgt_2
mkdir -p $portal_group/np/$other_portal:3260 $portal_group/lun/lun_0
ln -s $lio/core/fileio_0/disk $portal_group/lun/lun_0/disk
lio_admit "$iqn"
echo 0 >$portal_group/attrib/authentication
echo 0 >$portal_group/attrib/generate_node_acls
echo 1 >$portal_group/enable
portal_group=$first
exits 2 "nor before the first login" sanid-fleet sessions --from lio
says "1 target, 2 ACLs"

iscsid
from $host $address
check "iSCSI discovery" iscsiadm -m discovery -t st -p $address
check "the host logs in" login $address
exits 0 "one address proves nothing" sanid-fleet sessions --from lio
says "one address seen, $host"
says "alias db-01"
exits 0 "its report is made" sanid status
sanid status --format json >report.json

# The clone.
ip addr add $clone/32 dev lo
from $clone $other_portal
check "a machine with its name logs in" login $other_portal
exits 1 "the target shows two addresses" sanid-fleet sessions --from lio
says "ask  $iqn"
says "from $host"
says "from $clone"
sanid-fleet sessions --from lio --format json >sessions.json
exits 1 "an audit with the one report finds the clone" sanid-fleet audit --sessions sessions.json report.json
says "danger  login-from-elsewhere"
says "from $clone"
says_not "from $host"
targetcli sessions detail >targetcli.txt 2>&1
cat targetcli.txt
exits 1 "by what targetcli prints, too" sanid-fleet audit --sessions targetcli.txt report.json
says "danger  login-from-elsewhere"
# One host with two paths has both addresses.
sanid status --format json >both.json
output=$(sanid-fleet audit --sessions sessions.json both.json 2>&1)
says "2 logins"
says_not "login-from-elsewhere"

# Logins that end each other's session are seen one at a time.
logout $other_portal
for number in 1 2 3; do
    logout $address
    case $number in 2) from $clone $address ;; *) from $host $address ;; esac
    login $address
    sanid-fleet sessions --from lio --format json >$number.json
done
exits 1 "three snapshots" sanid-fleet sessions --snapshots 1.json 2.json 3.json
says "shared  $iqn"
says "take turns"
exits 0 "one of them" sanid-fleet sessions 2.json

# Both in one portal group: configfs shows the latest only, and counts both.
sanid-fleet sessions --from lio >/dev/null
same "one session, and nothing is hidden" "$?" 0
from $clone $address
session=$(iscsiadm -m session)
session=${session#*[}
check "the clone logs in to the same portal group" iscsiadm -m session -r ${session%%]*} -o new
exits 1 "one of two sessions is shown" sanid-fleet sessions --from lio
says "has 2 sessions, and configfs shows 1"
logout $address
login $address

# An initiator without an ACL has a name only.
echo 1 >$portal_group/attrib/generate_node_acls
check "a stranger logs in" iscsi_login_as iqn.2024-01.test.local:stranger
exits 0 "the target shows its name" sanid-fleet sessions --from lio
says "iqn.2024-01.test.local:stranger"
says "without an ACL"
sanid-fleet sessions --from lio --format json >sessions.json
exits 1 "and no host has it" sanid-fleet audit --sessions sessions.json both.json
says login-name-unknown
end
