mkdir -p "$root/etc/iscsi" "$root/etc/nvme"; neighbours
echo conf > "$root/etc/iscsi/iscsid.conf"
read_only
ends 0 apply
has $uuid; mounts 2; neighbours_are_there
[ "$(cat "$root/etc/iscsi/iscsid.conf")" = conf ] || fail "iscsid.conf is gone"
mode $iqn 600; mode $nqn 644; mode $id 644
for _ in 1 2 3 4 5; do ends 0 apply; says unchanged; mounts 2; done
ends 0 status
if touch "$root/etc/nvme/new" 2>/dev/null; then fail "the directory can be written"; fi
# Another identity comes into the same mount.
mkdir -p "$root/run/sanid/config.d"
echo "pin.hostid = '$other_uuid'" > "$root/run/sanid/config.d/pin.toml"
ends 3 apply; has $uuid
ends 0 apply --replace; holds $id $other_uuid; holds $nqn "nqn.2014-08.org.nvmexpress:uuid:$other_uuid"; mounts 2
nothing_stored; no_leftovers
