ends 0 apply --via bind; mounts 3
ends 0 apply --via file --dry-run; mounts 3
ends 0 apply --via file; says "its mount is taken away"; has $uuid; mounts 0
mode $iqn 600; mode $nqn 644; no_leftovers
[ ! -e "$root/run/sanid/etc/nvme" ] || fail "the content is still there"
[ -e "$root/var/lib/sanid/record.json" ] || fail "there is no record"
[ ! -e "$root/run/sanid/record.json" ] || fail "there are two records"
ends 0 apply; says unchanged
ends 0 apply --via bind; has $uuid; mounts 3; nothing_stored
