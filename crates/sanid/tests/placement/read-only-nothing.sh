read_only
ends 2 apply; says "mkdir -p /etc/iscsi /etc/nvme"; mounts 0
# One of the two is enough for its part.
mount -o remount,rw "$root"; mkdir "$root/etc/nvme"; read_only
ends 0 apply; says "/etc/iscsi is not there"; says "mkdir -p /etc/iscsi"
holds $id $uuid; mounts 1
ends 0 apply; mounts 1
ends 1 status; says file-missing
nothing_stored
