# The kernel connects by the files that sanid wrote, targets admit exactly that host, and a difference
# between the files and what is live is found.
. /vm/targets.sh
echo 3d1219c7c4c5404aaa1f6d2a48adfda4 >/etc/machine-id
stranger=00000000-0000-4000-8000-000000000001

exits 1 "status before the first apply has findings" sanid status
says file-missing
exits 0 "apply on a fresh host" sanid apply
read_files
same "the host NQN is the one every systemd host computes" "$hostnqn" \
    nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b
same "the pair matches" "$hostid" "${hostnqn##*:}"

nvmet_up "$hostnqn"
check "nvmet refuses another host NQN" refused_as nqn.2014-08.org.nvmexpress:uuid:$stranger $stranger
check "nvme connect by the files" nvme_connect
check "a controller uses the host NQN of the file" controller_of "$hostnqn"
same "and the Host ID of the file" "$(line $controller/hostid)" "$hostid"

lio_up "$iqn"
iscsid
check "iSCSI discovery" iscsiadm -m discovery -t st -p 127.0.0.1
check "iSCSI login by the file" iscsi_login
check "a session uses the name of the file" session_of "$iqn"
check "LIO refuses another initiator name" iscsi_refused_as iqn.2024-01.test.local:stranger

exits 1 "status with a second iSCSI interface that has its own name" sanid status
says iface-own-name
iscsi_forget_other
exits 0 "status with both live is clean" sanid status

echo nqn.2014-08.org.nvmexpress:uuid:$stranger >/etc/nvme/hostnqn
echo $stranger >/etc/nvme/hostid
exits 1 "status after the pair was replaced" sanid status
says live-nvme-differs
echo "$hostnqn" >/etc/nvme/hostnqn
echo "$hostid" >/etc/nvme/hostid

echo InitiatorName=iqn.2024-01.test.local:stranger >/etc/iscsi/initiatorname.iscsi
exits 1 "status after the initiator name was replaced" sanid status
says live-iqn-differs
end
