# When sanid had ended and when each client began to start, by systemd's own clock. $1 is the unit that
# writes the names at this boot.
moment() { systemctl show --property="$2" --value "$1"; }
finished=$(moment "$1" ExecMainExitTimestampMonotonic)
check "$1 has run" [ "$finished" -gt 0 ]
same "and succeeded" "$(systemctl show --property=Result,ExecMainStatus --value "$1" | tr '\n' ' ')" "success 0 "
for unit in iscsid.socket iscsid.service open-iscsi.service nvmf-autoconnect.service; do
    began=$(moment $unit InactiveExitTimestampMonotonic)
    check "$unit began ($began) after $1 ended ($finished)" [ "$began" -gt "$finished" ]
done
check "Debian's check of the name before iscsid passed" [ "$(moment iscsid.service Result)" = success ]
# For who reads the console: the same in the journal.
journalctl --no-pager --output=short-monotonic --unit='sanid*' --unit=iscsid.socket \
    --unit=iscsid.service --unit=open-iscsi.service --unit=nvmf-autoconnect.service
end
