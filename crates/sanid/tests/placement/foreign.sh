foreign
ends 3 apply --via bind; says "safety rule 2"; mounts 0; holds $id $foreign_uuid
ends 0 apply --via bind --keep; mounts 0; holds $id $foreign_uuid
ends 0 apply --via bind --replace; has $uuid; mounts 3
# What was there is there still, and is said.
ends 1 status; says covered-file; says $foreign_uuid
# It is judged like any other before it is replaced.
ends 3 apply --via file; says "safety rule 2"; says "sanid apply --replace --via file"; has $uuid; mounts 3
ends 0 apply --via file --keep; has $uuid; mounts 3
ends 0 apply --via file --replace; has $uuid; mounts 0
# On a read-only system, too.
foreign; read_only
ends 3 apply; mounts 0
ends 0 apply --replace; has $uuid; mounts 3
