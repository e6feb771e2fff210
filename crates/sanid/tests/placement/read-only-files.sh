placeholders
read_only
ends 0 apply --dry-run; mounts 0
ends 0 apply; says "bind-mounted"
has $uuid; mounts 3; neighbours_are_there
mode $iqn 600; mode $nqn 644; mode $id 644
for _ in 1 2 3 4 5; do ends 0 apply; says unchanged; mounts 3; done
ends 0 status; says "no findings"
ends 0 status --format json; says '"via": "bind"'
# Who writes over the name fails, and changes nothing.
if echo x 2>/dev/null > "$root/$nqn"; then fail "it can be written"; fi
has $uuid; nothing_stored; no_leftovers
# Nor can it be put into files.
ends 2 apply --via file; says "read-only"; has $uuid; mounts 3
