# A controller that is live with the old pair is not cut off by a change; and what the kernel makes of
# two pairs that share one half.
. /vm/targets.sh
for word in $(</proc/cmdline); do case $word in vm.kernel=*) kernel=${word#*=} ;; esac; done
case $(</proc/sys/kernel/osrelease) in $kernel.*) ok "kernel $kernel" ;; *) not_ok "kernel $kernel" ;; esac

old=11111111-1111-4111-8111-111111111111
other=22222222-2222-4222-8222-222222222222
name=nqn.2014-08.org.nvmexpress:uuid
echo 3d1219c7c4c5404aaa1f6d2a48adfda4 >/etc/machine-id
mkdir -p /etc/nvme
echo $name:$old >/etc/nvme/hostnqn
echo $old >/etc/nvme/hostid
nvmet_up
check "nvme connect with the old pair" nvme_connect
check "its controller is there" controller_of $name:$old

exits 3 "a plain apply is refused: there is an identity" sanid apply
exits 3 "apply --replace is refused: it is in use" sanid apply --replace
says "${controller##*/}"
read_files
same "nothing was changed" "$hostnqn $hostid" "$name:$old $old"
exits 0 "apply --replace --disrupt" sanid apply --replace --disrupt
read_files
same "the pair was changed" "$hostnqn $hostid" \
    "$name:652f5d50-a689-4520-b87b-fe2552ef6b8b 652f5d50-a689-4520-b87b-fe2552ef6b8b"
exits 1 "status finds the controller that stayed behind" sanid status
says live-nvme-differs

# The same Host ID under another NQN, as a script makes it that rewrites one file of the two.
if [ "$kernel" = 6.1 ]; then
    check "6.1 lets a shared Host ID pass" connect_as $name:$other $old
    exits 1 "status finds it" sanid status
    says live-pair-conflict
else
    check "$kernel refuses a shared Host ID" refused_as $name:$other $old
    check "$kernel refuses a shared host NQN" refused_as $name:$old $other
fi
end
