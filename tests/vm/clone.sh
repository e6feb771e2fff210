# The first machine takes its names; the second one boots from a copy of its disk. The names follow from
# the machine-id alone, whatever the firmware says.
load disk
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
    exits 0 "status reports them as this host's" sanid status
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

# A program that names a host by its firmware is there to compare with.
exits 0 "nvme gen-hostnqn" nvme gen-hostnqn
same "follows the firmware" "$output" "nqn.2014-08.org.nvmexpress:uuid:$firmware"
sync
end
