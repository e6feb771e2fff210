# The root file system is on storage that admits this host only, by the name that sanid made in the
# initramfs: to be here is the proof. And that name is the same in every place. $1 is the storage.
uuid=652f5d50-a689-4520-b87b-fe2552ef6b8b
device=$(findmnt --noheadings --output SOURCE /)
path=$(readlink -f "/sys/class/block/${device##*/}")
read_files
same "the initiator name is this host's" "$iqn" "iqn.2016-04.com.open-iscsi:${uuid//-/}"
same "the host NQN is this host's" "$hostnqn" "nqn.2014-08.org.nvmexpress:uuid:$uuid"
same "the pair matches" "$hostid" "$uuid"

same "the initramfs handed on the same initiator name" "$(line /run/initiatorname.iscsi)" "InitiatorName=$iqn"
output=$(journalctl --boot --no-pager --output=cat --identifier=sanid)
says "initiator name $iqn, host NQN $hostnqn"
output=$(</run/sanid/identity.json)
for name in "$iqn" "$hostnqn" "$hostid"; do says "\"$name\""; done

case $1 in
iscsi)
    session=${path#*/session}
    check "the root file system ($device) is on an iSCSI session" [ "$session" != "$path" ]
    same "which uses the initiator name of the file" \
        "$(line "/sys/class/iscsi_session/session${session%%/*}/initiatorname")" "$iqn"
    # The initramfs of dracut has the rule.
    if grep -q netroot= /proc/cmdline; then
        same "its disk waits for a guest on a busy machine (patience.rules)" "$(line "${path%%/block/*}/timeout")" 3600
    fi
    until_that "iscsid has started again by the file" systemctl is-active --quiet iscsid.service
    ;;
nvme)
    for controller in /sys/class/nvme/nvme*; do
        same "${controller##*/} uses the host NQN of the file" "$(line $controller/hostnqn)" "$hostnqn"
        same "and the Host ID of the file" "$(line $controller/hostid)" "$hostid"
        same "over the network" "$(line $controller/transport)" tcp
    done
    check "the root file system ($device) is on NVMe" [ "${device#/dev/nvme}" != "$device" ]
    ;;
esac

same "no unit of sanid has failed" "$(systemctl list-units --failed --plain --no-legend 'sanid*')" ""
exits 0 "status is clean" sanid status
same "no secret is left in /run" "$(grep -rlF "$(</etc/machine-id)" /run/sanid)" ""
end
