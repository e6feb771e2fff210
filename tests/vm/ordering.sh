# When sanid had ended and when each client began to start, by systemd's own clock. $1 is the unit that
# writes the names at this boot, the others are clients.
moment() { systemctl show --property="$2" --value "$1"; }
writer=$1; shift
finished=$(moment "$writer" ExecMainExitTimestampMonotonic)
check "$writer has run" [ "$finished" -gt 0 ]
same "and succeeded" "$(systemctl show --property=Result,ExecMainStatus --value "$writer" | tr '\n' ' ')" "success 0 "
for unit; do
    began=$(moment "$unit" InactiveExitTimestampMonotonic)
    check "$unit began ($began) after $writer ended ($finished)" [ "$began" -gt "$finished" ]
done
check "Debian's check of the name before iscsid passed" [ "$(moment iscsid.service Result)" = success ]
read_files
# nvme-stas and iscsi-init make up at random what is missing.
same "and no client made up a name" "$hostid ${hostnqn##*:} $(echo ${iqn##*:} | tr -d -)" \
    "$(id=$(systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u); echo $id $id ${id//-/})"
# For who reads the console: the same in the journal.
journalctl --no-pager --output=short-monotonic _PID=1 | grep -E 'sanid|iscsi|nvm|sta[fc]d|stas'
end
