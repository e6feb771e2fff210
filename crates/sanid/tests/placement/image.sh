# An image: a tree on a disk, and its /run is a directory like any other.
root=$place/image
mkdir -p "$root/etc" "$root/run"; echo "$machine_id" > "$root/etc/machine-id"
ends 2 apply --via bind; says "run is not in memory"; says "--via file"; mounts 0
[ -z "$(ls -A "$root/run")" ] || fail "something was put into the image"
[ ! -e "$root/$id" ] || fail "a file was made"
# Read-only, it is left alone.
mount --bind "$root" "$root"; mount -o remount,bind,ro "$root"
ends 2 apply; says "read-only"
