ends 0 apply --via bind; mounts 3
# Readers keep the names that they have, so that nothing is to be restarted.
ends 0 apply --via file --dry-run --format json; says '"restart": []'; mounts 3
ends 0 apply --via file; says "its mount is removed"; says_not "restart"; has $uuid; mounts 0
mode $iqn 600; mode $nqn 644; no_leftovers
[ ! -e "$root/run/sanid/etc/nvme" ] || fail "the content is still there"
[ -e "$root/var/lib/sanid/record.json" ] || fail "there is no record"
[ ! -e "$root/run/sanid/record.json" ] || fail "there are two records"
ends 0 apply; says unchanged
ends 0 apply --via bind; has $uuid; mounts 3; nothing_stored
# Another name with the placement: what read the old one is named.
echo "$other_machine_id" > "$root/etc/machine-id"
ends 0 apply --via file; has $other_uuid; mounts 0; says "restart iscsid.service"; says "restart stafd.service"
ends 0 apply --via bind; says_not "restart"; has $other_uuid; mounts 3
