# The other guest: it serves its disk over the network to the one name on the command line, and refuses
# every other.
load san
address=10.0.0.1
disk=/dev/vda
. /vm/targets.sh
# Whom the kernel admits and refuses is for who reads the console.
echo 7 >/proc/sys/kernel/printk
ip link set eth0 up
ip addr add $address/24 dev eth0

stranger=00000000-0000-4000-8000-000000000001
for word in $(</proc/cmdline); do
    case $word in
    vm.iqn=*)
        lio_up "${word#*=}"
        echo InitiatorName=iqn.2024-01.test.local:target >/etc/iscsi/initiatorname.iscsi
        iscsid
        check "LIO refuses another initiator name" iscsi_refused_as iqn.2024-01.test.local:stranger
        ;;
    vm.hostnqn=*)
        nvmet_up "${word#*=}"
        check "nvmet refuses another host NQN" \
            refused_as nqn.2014-08.org.nvmexpress:uuid:$stranger $stranger
        ;;
    esac
done
say READY
# The harness ends it.
while sleep 60; do :; done
