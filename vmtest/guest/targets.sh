# An NVMe/TCP and an iSCSI target of the guest's own kernel, by configfs: on loopback and with a file of
# 16 MiB, unless the case has set $address and $disk.
address=${address:-127.0.0.1}

load targets
[ -d /sys/kernel/config/target ] || mount -t configfs none /sys/kernel/config
ip link set lo up

nvmet=/sys/kernel/config/nvmet
subsystem=nqn.2024-01.test.local:subsystem
lio=/sys/kernel/config/target
target=iqn.2024-01.test.local:target
portal_group=$lio/iscsi/$target/tpgt_1
serial=44444444-4444-4444-8444-444444444444

# backing FILE: what a target serves, as $backing.
backing() { backing=${disk:-$1}; [ -n "$disk" ] || truncate -s 16M "$backing"; }

# nvmet_up [HOSTNQN…]: admits these hosts only, or all without any.
nvmet_up() {
    backing /run/namespace.img
    mkdir -p $nvmet/subsystems/$subsystem/namespaces/1 $nvmet/ports/1
    # A file has no direct I/O here; a disk has.
    [ -n "$disk" ] || echo -n 1 >$nvmet/subsystems/$subsystem/namespaces/1/buffered_io
    echo -n $backing >$nvmet/subsystems/$subsystem/namespaces/1/device_path
    echo 1 >$nvmet/subsystems/$subsystem/namespaces/1/enable
    [ $# -gt 0 ] || echo 1 >$nvmet/subsystems/$subsystem/attr_allow_any_host
    for host; do nvmet_admit "$host"; done
    echo tcp >$nvmet/ports/1/addr_trtype
    echo ipv4 >$nvmet/ports/1/addr_adrfam
    echo $address >$nvmet/ports/1/addr_traddr
    echo 4420 >$nvmet/ports/1/addr_trsvcid
    ln -s $nvmet/subsystems/$subsystem $nvmet/ports/1/subsystems/$subsystem
}

nvmet_admit() {
    mkdir "$nvmet/hosts/$1"
    ln -s "$nvmet/hosts/$1" "$nvmet/subsystems/$subsystem/allowed_hosts/$1"
}
nvmet_forget() { rm "$nvmet/subsystems/$subsystem/allowed_hosts/$1" && rmdir "$nvmet/hosts/$1"; }

# By the files, as an administrator does it.
nvme_connect() { nvme connect -t tcp -a $address -s 4420 -n $subsystem; }

# connect_as HOSTNQN HOSTID: what nvme-cli writes, without its checks; $output has the kernel's words.
connect_as() {
    local options="transport=tcp,traddr=$address,trsvcid=4420,nqn=$subsystem,duplicate_connect"
    { echo "$options,hostnqn=$1,hostid=$2" >/dev/nvme-fabrics; } 2>/dev/null
}
refused_as() { ! connect_as "$@"; }

# The live controller of this host NQN, as $controller.
controller_of() {
    for controller in /sys/class/nvme/nvme*; do
        [ "$(line $controller/hostnqn)" = "$1" ] && return 0
    done
    return 1
}

# lio_up IQN: admits this initiator only.
lio_up() {
    backing /run/disk.img
    mkdir -p $lio/core/fileio_0/disk
    echo "fd_dev_name=$backing,fd_dev_size=16777216" >$lio/core/fileio_0/disk/control
    echo 1 >$lio/core/fileio_0/disk/enable
    # By this a host sees that two paths lead to one disk.
    echo $serial >$lio/core/fileio_0/disk/wwn/vpd_unit_serial
    mkdir -p $portal_group/np/$address:3260 $portal_group/lun/lun_0
    ln -s $lio/core/fileio_0/disk $portal_group/lun/lun_0/disk
    lio_admit "$1"
    echo 0 >$portal_group/attrib/authentication
    echo 0 >$portal_group/attrib/generate_node_acls
    echo 1 >$portal_group/enable
}

lio_admit() {
    mkdir -p "$portal_group/acls/$1/lun_0"
    ln -s $portal_group/lun/lun_0 "$portal_group/acls/$1/lun_0/lun"
}
lio_forget() { rm "$portal_group/acls/$1/lun_0/lun" && rmdir "$portal_group/acls/$1/lun_0" "$portal_group/acls/$1"; }

iscsi_login() { iscsiadm -m node -T $target -p $address -l; }

# A login with a name that is not in the file, by an interface of its own.
iscsi_login_as() {
    iscsiadm -m iface -o new -I other >/dev/null
    iscsiadm -m iface -I other -o update -n iface.initiatorname -v "$1" >/dev/null
    iscsiadm -m discovery -t st -p $address -I other >/dev/null 2>&1
    iscsiadm -m node -T $target -p $address -I other -l >/dev/null 2>&1
}
iscsi_refused_as() { ! iscsi_login_as "$@"; }

# Removes the interface that iscsi_login_as made, with its records of targets.
iscsi_forget_other() {
    iscsiadm -m node -I other -o delete >/dev/null
    iscsiadm -m iface -I other -o delete >/dev/null
}

session_of() {
    local session
    for session in /sys/class/iscsi_session/*; do
        [ "$(line $session/initiatorname)" = "$1" ] && return 0
    done
    return 1
}
