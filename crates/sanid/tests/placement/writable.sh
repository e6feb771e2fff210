mkdir -p "$root/etc/sanid"; echo 'placement = "bind"' > "$root/etc/sanid/config.toml"
ends 0 apply; has $uuid; mounts 3
for _ in 1 2 3 4 5; do ends 0 apply; says unchanged; mounts 3; done
mode $iqn 600; mode $nqn 644; mode $id 644
nothing_stored; no_leftovers
mount --bind "$root" "$beneath"
[ "$(stat -c %a "$beneath/$iqn" "$beneath/$nqn" "$beneath/$id" | tr '\n' ' ')" = "600 644 644 " ] || fail "the modes of the placeholders"
umount "$beneath"
# The rest of the directory is as writable as before.
echo new > "$root/etc/nvme/config.json"
# Another identity: another content, the same number of mounts.
echo "$other_machine_id" > "$root/etc/machine-id"
ends 0 apply; has $other_uuid; mounts 3; nothing_stored; no_leftovers
# After a boot nothing is left, and the next one comes to the same.
umount "$root/$iqn" "$root/$nqn" "$root/$id" "$root/run"; mount -t tmpfs run "$root/run"
ends 0 apply; has $other_uuid; mounts 3; nothing_stored
rm "$root/etc/sanid/config.toml"
# A mount that somebody took away comes back.
umount "$root/$id"
ends 0 apply; has $other_uuid; mounts 3
