# The same disk in one machine after the other, or in an earlier state; vm.machine= says what has happened
# to it. The names follow from the machine-id, and sanid tells the hardware from the one that it recorded.
load disk
load network
mkdir /disk
mount -t ext4 /dev/vda /disk
mount --bind /disk/etc /etc
mount --bind /disk/var /var
for word in $(</proc/cmdline); do
    case $word in vm.machine=*) machine=${word#*=} ;; vm.firmware=*) firmware=${word#*=} ;; esac
done
uuid=652f5d50-a689-4520-b87b-fe2552ef6b8b
the_names="iqn.2016-04.com.open-iscsi:${uuid//-/} nqn.2014-08.org.nvmexpress:uuid:$uuid $uuid"
record=/var/lib/sanid/hardware.json

names_are_the_same() { read_files; same "$1" "$iqn $hostnqn $hostid" "$the_names"; }
clean() {
    exits 0 "status finds nothing" sanid status
    says "no findings"
    exits 0 "hardware show" sanid hardware show
    says "the same host"
}
# nothing_by_itself: a boot leaves the names and the record as they are.
nothing_by_itself() {
    local before; before=$(<$record)
    exits 0 "the boot goes on" sanid apply --boot
    boot=$output
    names_are_the_same "with the same names"
    same "and the record is as it was" "$(<$record)" "$before"
}
# suspected EVIDENCE: reported, and nothing is repaired.
suspected() {
    exits 1 "status reports it" sanid status
    says clone-suspected
    says "$1"
    nothing_by_itself
    output=$boot
    says "probably a clone, or a disk moved"
    says "$1"
}
# other_parts EVIDENCE: told, and the exit code is that of a host without findings.
other_parts() {
    exits 0 "status tells it" sanid status
    says "info  hardware-changed"
    says "$1"
    nothing_by_itself
    exits 0 "hardware show" sanid hardware show
    says "the same host with changed parts"
}
accept() {
    exits 0 "hardware accept" sanid hardware accept
    clean
    names_are_the_same "the names stay"
}
reseed() {
    exits 0 "reseed" sanid reseed --yes
    read_files
    differs "gives other names" "$hostid" "$uuid"
    clean
}

same "the firmware has its UUID" "$(line /sys/class/dmi/id/product_uuid)" "$firmware"
check "the board has a serial number" test -s /sys/class/dmi/id/board_serial
case $machine in
first)
    check "sanid has never run" test ! -e /var/lib/sanid -a ! -e /etc/nvme/hostnqn
    exits 0 "apply" sanid apply
    names_are_the_same "the names follow from the machine-id"
    clean
    ;;
moved)
    suspected "different: firmware UUID, board serial number, MAC addresses; as recorded: none"
    accept
    ;;
board-and-nics) other_parts "different: board serial number, MAC addresses; as recorded: firmware UUID" ;;
board) other_parts "different: board serial number; as recorded: firmware UUID, MAC addresses" ;;
board-and-uuid)
    suspected "different: firmware UUID, board serial number; as recorded: MAC addresses"
    accept
    ;;
accepted | rolled-back)
    names_are_the_same "the names are still those"
    clean
    nothing_by_itself
    ;;
reseeded) reseed ;;
clone-reseeded)
    suspected "different: firmware UUID, board serial number, MAC addresses; as recorded: none"
    reseed
    ;;
clone-again)
    # The snapshot is from before the reseed, so the host has the names of its template again.
    suspected "different: firmware UUID, board serial number, MAC addresses; as recorded: none"
    ;;
*) not_ok "a machine that is known: $machine" ;;
esac
sync
end
