ends 0 apply; has $uuid; mounts 0
ends 0 apply; says unchanged
ends 0 status --format json; says '"via": "file"'
# What is in files goes into memory when asked for, and no copy stays.
ends 0 apply --via bind; says "placed as asked"; has $uuid; mounts 3; nothing_stored
# And stays there until the other way is asked for.
ends 0 apply; says unchanged; mounts 3; nothing_stored
