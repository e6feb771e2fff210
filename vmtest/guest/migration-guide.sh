# The migration guide of docs/clones.md by its own commands, under a real systemd, against real targets on
# loopback: first with the host out of work, then while I/O goes on. Before that, what has to be there.
load() { modprobe --all nvmet-tcp nvme-tcp iscsi_target_mod iscsi_tcp target_core_file dm-multipath; }
. /vm/targets.sh

# guide SECTION NUMBER: runs a block of commands of the document as an administrator would paste it.
guide() {
    local block="/vm/guide/$1/$2.sh"
    say "guide: $1, block $2"
    . "$block" >/run/guide.output 2>&1 || not_ok "$1, block $2: exit code $?"
    output=$(</run/guide.output)
    echo "$output"
    rm -f "$block"
}
main_pid() { systemctl show --property=MainPID --value "$1"; }
live_names() { echo $(cat /sys/class/iscsi_session/*/initiatorname /sys/class/nvme/*/hostnqn 2>/dev/null); }

# live_as N: so many controllers of the subsystem are live.
live_as() { [ "$(cat /sys/class/nvme-subsystem/*/nvme[1-9]*/state | grep -c live)" = "$1" ]; }

# What some package made.
packaged() {
    echo "InitiatorName=$OLD_IQN" >/etc/iscsi/initiatorname.iscsi
    echo "$OLD_HOSTNQN" >/etc/nvme/hostnqn
    echo "${OLD_HOSTNQN##*:}" >/etc/nvme/hostid
}
log_in() {
    check "iSCSI login by the file" iscsi_login
    check "nvme connect by the files" nvme_connect
    same "both by the names in the files" "$(live_names)" "$*"
}

same "the boot gave the host its names" "$(systemctl show --property=Result --value sanid-machine-id.service)" success
read_files
NEW_IQN=$iqn NEW_HOSTNQN=$hostnqn NEW_HOSTID=$hostid
OLD_IQN=iqn.2024-01.test.local:old
OLD_HOSTNQN=nqn.2014-08.org.nvmexpress:uuid:11111111-1111-4111-8111-111111111111
TARGET=$target SUBSYSTEM=$subsystem ADDRESS=$address PORTAL=$address:3260

# The unit of each day records what the units of the boot did not see, such as a network card whose driver
# came late: here everything.
check "the boot recorded the hardware" test -s /var/lib/sanid/hardware.json
rm /var/lib/sanid/hardware.json
check "sanid-status.service finds nothing" systemctl start sanid-status.service
check "and has recorded the hardware" grep -q firmwareUuid /var/lib/sanid/hardware.json
check "with the network card" grep -q macs /var/lib/sanid/hardware.json

packaged
check "sanid-status.service fails when there are findings" eval '! systemctl start sanid-status.service'
same "by the exit code of sanid status" "$(systemctl show --property=ExecMainStatus --value sanid-status.service)" 1
nvmet_up "$OLD_HOSTNQN"
nvmet_admit "$NEW_HOSTNQN"
lio_up "$OLD_IQN"
lio_admit "$NEW_IQN"
systemctl restart iscsid.service
iscsiadm -m discovery -t st -p $address
log_in "$OLD_IQN $OLD_HOSTNQN"

# --reload with sessions that live: nothing is restarted.
daemon=$(main_pid iscsid.service)
exits 3 "apply --replace --reload is refused while the old names are in use" sanid apply --replace --reload
read_files
same "and has changed nothing" "$iqn $hostnqn" "$OLD_IQN $OLD_HOSTNQN"
exits 3 "with --disrupt the files are changed, and nothing is restarted" sanid apply --replace --disrupt --reload
says "nothing was restarted: session"
read_files
same "the files have the new names" "$iqn $hostnqn" "$NEW_IQN $NEW_HOSTNQN"
same "iscsid is the one that it was" "$(main_pid iscsid.service)" "$daemon"
packaged

echo "--transport=tcp --traddr=$address --trsvcid=4420" >/etc/nvme/discovery.conf
guide The-host-out-of-work 1
same "nothing lives" "$(live_names)" ""
guide The-host-out-of-work 2
differs "iscsid was restarted" "$(main_pid iscsid.service)" "$daemon"
says "restarted: systemctl try-restart iscsid.service"
guide The-host-out-of-work 3
says "no findings"
same "everything lives with the new names" "$(live_names)" "$NEW_IQN $NEW_HOSTNQN"

# Back, and the arrays know the old names only.
iscsiadm -m node -u
nvme disconnect-all
lio_forget "$NEW_IQN"
nvmet_forget "$NEW_HOSTNQN"
packaged
systemctl restart iscsid.service
printf 'defaults {\n find_multipaths no\n}\nblacklist {\n devnode "^nvme"\n}\n' >/etc/multipath.conf
systemctl unmask multipathd.service multipathd.socket
systemctl start multipathd.service
log_in "$OLD_IQN $OLD_HOSTNQN"
map=/dev/mapper/36001405$(echo $serial | tr -d -)
map=${map:0:45}
paths() { [ "$(multipathd show paths raw format %t | grep -c active)" = "$1" ]; }
until_that "there is a multipath device" test -b $map
namespace=$(cd /dev && ls nvme[1-9]n1)

# A device with paths that are all gone can hold its I/O back without an error: only more writes say that it goes on.
report_of() { read -r word writes reads slowest failed why </run/io.$1; }
has_written() { report_of $1; [ "$word" != running ] || [ "$writes" -gt $2 ]; }
going() {
    local device
    for device in iscsi nvme; do
        report_of $device
        until_that "$device: the writer writes" has_written $device $writes
        same "I/O goes on: $device, $writes writes, $reads reads, none longer than $slowest ms" "$word $failed $why" "running 0 "
    done
}
# What the kernel says from here on counts: before, udev may have been reading a volume that was disconnected.
dmesg --clear
python3 /vm/io.py $map /run/io.iscsi &
python3 /vm/io.py /dev/$namespace /run/io.nvme &
until_that "I/O has begun" test -e /run/io.iscsi -a -e /run/io.nvme
going
guide The-new-names-on-the-arrays 1
going
guide While-I-O-goes-on 1
until_that "there are two paths by iSCSI" paths 2
until_that "and two by NVMe" live_as 2
guide While-I-O-goes-on 2
going
guide While-I-O-goes-on 3
same "nothing lives with the old names" "$(live_names)" "$NEW_IQN $NEW_HOSTNQN"
going
daemon=$(main_pid iscsid.service)
guide While-I-O-goes-on 4
differs "iscsid was restarted" "$(main_pid iscsid.service)" "$daemon"
going
guide While-I-O-goes-on 5
until_that "there are two paths again" paths 2
going
guide While-I-O-goes-on 6
says "no findings"
going
guide Afterwards 1
check "LIO does not know the old name" iscsi_refused_as "$OLD_IQN"
iscsi_forget_other
check "nor does nvmet" refused_as "$OLD_HOSTNQN" "${OLD_HOSTNQN##*:}"
going

kill -TERM %1 %2
wait %1 %2
for device in iscsi nvme; do
    report_of $device
    same "every block of $device has what was written last" "$word $failed $why" "ended 0 "
    say "$device: $writes writes and $reads reads, the slowest took $slowest ms"
done
output=$(dmesg)
check "the kernel saw no error of a volume" eval '! grep -E "I/O error, dev dm-|Buffer I/O error|failing I/O" <<<"$output"'
same "no block of commands of the guide is left" "$(find /vm/guide -type f)" ""
exits 0 "status finds nothing" sanid status
end
