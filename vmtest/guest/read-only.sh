# /etc cannot be written: the names are in /run and mounted over.
check "/etc is read-only" eval '! touch /etc/here 2>/dev/null'
same "no unit of sanid has failed" "$(systemctl list-units --failed --plain --no-legend 'sanid*')" ""
read_files
same "the names are there" "$hostid" 652f5d50-a689-4520-b87b-fe2552ef6b8b
same "the pair matches" "${hostnqn##*:}" "$hostid"
mounts() { grep -cE ' /etc/(nvme|iscsi)[ /]' /proc/self/mountinfo; }
before=$(mounts)
check "by mounts" [ "$before" -gt 0 ]
exits 0 "apply again" sanid apply --keep --root /
same "stacks no mounts" "$(mounts)" "$before"
exits 0 "status is clean" sanid status --root /
# As a container does that is given the host's directory.
same "who mounts /etc/nvme sees them" \
    "$(unshare --mount sh -c 'mount --rbind /etc/nvme /mnt && cat /mnt/hostid')" "$hostid"
end
