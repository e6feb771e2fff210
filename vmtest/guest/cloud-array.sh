# An array of the guest's own kernel, at the address of docs/deployment.md. What it allows comes from the inventory, by
# sanid-fleet, and not from the host.
set -e
export HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin
address=192.0.2.10
. /vm/lib.sh
load() { modprobe --all iscsi_target_mod iscsi_tcp target_core_file; }
ip link set lo up
ip addr add $address/32 dev lo
. /vm/targets.sh
sanid-fleet derive /vm/inventory.csv >/run/hosts.csv
sanid-fleet export --to lio --target $target /run/hosts.csv >/run/admit.sh
lio_up iqn.2024-01.test.local:nobody
sh /run/admit.sh
