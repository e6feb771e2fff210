# systemd has generated a machine-id in memory: it would be a different one at the next boot.
check "the machine-id is a mount" grep -q ' /etc/machine-id ' /proc/self/mountinfo
check "and looks like any other" grep -qE '^[0-9a-f]{32}$' /etc/machine-id
exits 4 "apply refuses it" sanid apply --keep --root /
for way in "writable /etc" systemd.machine_id= "credential system.machine_id"; do says "$way"; done
for unit in sanid.service sanid-bind.service; do code=$(systemctl show --property=ExecMainStatus --value $unit)$code; done
same "the unit for a read-only /etc says so by its exit code" "$code" 40
read_files
same "nothing was written" "$iqn$hostnqn$hostid" ""
end
