# The first boot of a machine of the inventory: nobody has touched it, and it is logged in.
load() { :; }
. /vm/targets.sh
output=$(cloud-init status --wait --long 2>&1)
says "status: done"
systemctl --no-pager --lines=20 status array.service || :
cat /var/log/cloud-init-output.log
same "the machine-id is the one of the inventory" "$(cat /etc/machine-id)" 3d1219c7c4c5404aaa1f6d2a48adfda4
read_files
same "the names follow from it" "$iqn $hostid" \
    "iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b 652f5d50-a689-4520-b87b-fe2552ef6b8b"
check "the host is logged in with its name" session_of "$iqn"
check "the array has the ACL of the inventory" [ -e "$portal_group/acls/$iqn" ]
exits 0 "sanid status is clean" sanid status
# At a first boot, whichever of the two had a machine-id to use.
writer=sanid-machine-id.service
[ ! -e /run/sanid/early ] || writer=sanid.service
ended_before $writer iscsid.service cloud-final.service
# A session would hold the shutdown up.
iscsiadm -m node -u >/dev/null
end
