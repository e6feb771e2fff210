# What is mounted over the machine-id hides a new one, in memory or not.
ends 0 apply; has $uuid
echo "$other_machine_id" > "$place/other"
mount --bind "$place/other" "$root/etc/machine-id"
ends 3 reseed --yes; says "something is mounted over /etc/machine-id"
holds etc/machine-id "$other_machine_id"; has $uuid
umount "$root/etc/machine-id"
holds etc/machine-id "$machine_id"
ends 0 reseed --yes; says "a new machine-id"
[ "$(cat "$root/etc/machine-id")" != "$machine_id" ] || fail "the machine-id is the old one"
