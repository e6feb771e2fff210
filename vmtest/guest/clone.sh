# The first machine takes its names; the second one boots from a copy of its disk. The names follow from
# the machine-id alone, whatever the firmware says, so that sanid reports the clone by its hardware.
load disk
load network
mkdir /disk
mount -t ext4 /dev/vda /disk
mount --bind /disk/etc /etc
mount --bind /disk/var /var
for word in $(</proc/cmdline); do
    case $word in vm.machine=*) machine=${word#*=} ;; vm.firmware=*) firmware=${word#*=} ;; esac
done

same "the firmware has its UUID" "$(line /sys/class/dmi/id/product_uuid)" "$firmware"
if [ "$machine" = second ]; then
    read_files
    same "the clone has the names of the first machine" "$iqn $hostnqn $hostid" "$(line /disk/names)"
    exits 1 "status reports a clone" sanid status
    says clone-suspected
    if [ "$firmware" = 11223344-5566-4788-99aa-bbccddeeff00 ]; then
        says "different: MAC addresses"
    else
        says "different: firmware UUID"
    fi
    exits 0 "the boot goes on" sanid apply --boot
    says "probably a clone"
    read_files
    same "and nothing was repaired" "$iqn $hostnqn $hostid" "$(line /disk/names)"
    rm -r /etc/iscsi /etc/nvme /var/lib/sanid
fi
exits 0 "apply" sanid apply
read_files
same "the names follow from the machine-id" "$hostid" 652f5d50-a689-4520-b87b-fe2552ef6b8b
if [ "$machine" = second ]; then
    same "nothing but that decides them" "$iqn $hostnqn $hostid" "$(line /disk/names)"
else
    echo "$iqn $hostnqn $hostid" >/disk/names
fi

exits 0 "status finds nothing on the hardware of the first apply" sanid status

# A program that names a host by its firmware is there to compare with.
exits 0 "nvme gen-hostnqn" nvme gen-hostnqn
same "follows the firmware" "$output" "nqn.2014-08.org.nvmexpress:uuid:$firmware"
if [ "$machine" = second ]; then
    exits 0 "reseed" sanid reseed --yes
    read_files
    differs "makes the clone a host of its own" "$hostid" "$(set -- $(line /disk/names); echo $3)"
    same "by its new machine-id" "$(set -- $(derived); echo "$*")" "$iqn $hostnqn $hostid"
    exits 0 "with its hardware recorded again" sanid status
fi
sync
end
