# systemd-tmpfiles-setup.service empties /tmp while units of a first boot start. Before systemd 255,
# PrivateDevices= builds its /dev there: "Failed to set up mount namespacing: /run/systemd/unit-root/dev".
while :; do rm -rf /tmp/namespace-dev-*; done &
for unit in sanid.service sanid-machine-id.service sanid-changed.service; do
    failed=0
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        rm -rf /run/sanid/early
        systemctl restart $unit 2>/dev/null || failed=$((failed + 1))
        systemctl reset-failed $unit
    done
    same "$unit starts 20 times while /tmp is emptied" $failed 0
    check "and has run" [ "$(systemctl show --property=ExecMainExitTimestampMonotonic --value $unit)" -gt 0 ]
done
kill %1
end
