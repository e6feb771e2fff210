# When sanid had ended and when each client began to start, by systemd's own clock. $1 is the unit that
# writes the names at this boot, the others are clients.
ended_before "$@"
check "Debian's check of the name before iscsid passed" [ "$(systemctl show --property=Result --value iscsid.service)" = success ]
read_files
# nvme-stas and iscsi-init make up at random what is missing.
same "and no client made up a name" "$hostid ${hostnqn##*:} $(echo ${iqn##*:} | tr -d -)" \
    "$(id=$(systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u); echo $id $id ${id//-/})"
# For who reads the console: the same in the journal.
journalctl --no-pager --output=short-monotonic _PID=1 | grep -E 'sanid|iscsi|nvm|sta[fc]d|stas'
end
