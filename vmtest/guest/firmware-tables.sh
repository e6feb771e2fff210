# Tables that a boot from the array leaves: the kernel shows them, and the host has the names in them.
tables=/sys/firmware/acpi/tables
name=nqn.2014-08.org.nvmexpress:uuid
derived_id=652f5d50-a689-4520-b87b-fe2552ef6b8b
derived_iqn=iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b
echo 3d1219c7c4c5404aaa1f6d2a48adfda4 >/etc/machine-id
mkdir -p /etc/sanid
for word in $(</proc/cmdline); do case $word in vm.machine=*) machine=${word#*=} ;; esac; done
mount --bind /sys /debian13/sys

# What the nvme of Debian 13 reads in the tables, as $output.
real_nvme() { exits 0 "nvme nbft show" busybox chroot /debian13 /usr/sbin/nvme nbft show -o json; }

# shows NQN ID: sanid show has this pair.
shows() {
    exits 0 "show" sanid show
    says "host NQN        $1"
    says "Host ID         $2"
}

# named NQN ID TABLE CODE: nvme reads this pair, sanid shows it and writes it; status ends with CODE.
named() {
    real_nvme
    says "\"nqn\":\"$1\""
    says "\"id\":\"$2\""
    shows "$1" "$2"
    says "NVMe pair from  NBFT at $tables/$3"
    exits 0 "apply" sanid apply
    read_files
    same "the pair is in the files" "$hostnqn $hostid" "$1 $2"
    exits "$4" "status" sanid status
}

# ignored: without the firmware's word the host has the names that follow from its machine-id.
ignored() {
    echo 'firmware = "ignore"' >/etc/sanid/config.toml
    shows $name:$derived_id $derived_id
    says "initiator name  $derived_iqn"
    says "from            scheme sanid-v1 from the machine-id"
    rm /etc/sanid/config.toml
}

case $machine in
reversed)
    check "there is an iBFT" test -r $tables/iBFT
    iqn_there=iqn.2010-04.org.ipxe:db1
    exits 0 "show, without the module" sanid show
    says "initiator name  $iqn_there"
    says "initiator from  iBFT at $tables/iBFT"
    load ibft
    same "the module shows the same name" "$(line /sys/firmware/ibft/initiator/initiator-name)" $iqn_there
    exits 0 "iscsiadm -m fw" iscsiadm -m fw
    says "iface.initiatorname = $iqn_there"
    named $name:4c4c4544-0044-4410-8030-b8c04f445833 44454c4c-4400-1044-8030-b8c04f445833 NBFT 1
    says firmware-byte-order
    same "the initiator name is in the file" "$iqn" $iqn_there
    exits 0 "show, with the module" sanid show
    says "initiator name  $iqn_there"
    says "initiator from  iBFT at /sys/firmware/ibft/initiator/initiator-name"
    ignored
    exits 0 "an apply later changes nothing" sanid apply
    ;;
plain)
    named $name:12345678-abcd-abcd-abcd-123456789012 12345678-abcd-abcd-abcd-123456789012 NBFT 0
    same "nothing but the machine-id names the initiator" "$iqn" $derived_iqn
    ignored
    ;;
primary)
    check "there is a second table" test -r $tables/NBFT2
    named $name:11111111-1111-1111-1111-111111111111 11111111-1111-1111-1111-111111111111 NBFT2 0
    ignored
    ;;
two)
    real_nvme
    says "\"id\":\"e359b7a1-5d03-7747-b3cc-1754b8b819b9\""
    says "\"id\":\"44454c4c-4400-1044-8030-b8c04f445833\""
    exits 2 "two that disagree are an error" sanid apply
    says "NBFT at $tables/NBFT1 gives $name:a1b759e3-035d-4777-b3cc-1754b8b819b9"
    says "NBFT at $tables/NBFT2 gives $name:4c4c4544-0044-4410-8030-b8c04f445833"
    read_files
    same "no pair was written" "$hostnqn$hostid" ""
    same "the other part was" "$iqn" iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b
    exits 1 "status finds it" sanid status
    says source-invalid
    ignored
    ;;
damaged)
    check "there is a table" test -r $tables/NBFT
    exits 2 "a damaged table is an error" sanid apply
    says "NBFT at $tables/NBFT"
    says "control descriptor"
    read_files
    same "no pair was written" "$hostnqn$hostid" ""
    same "the other part was" "$iqn" iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b
    exits 1 "status finds it" sanid status
    says source-invalid
    ignored
    ;;
*) not_ok "a machine that is known: $machine" ;;
esac
end
