placeholders
rm -r "$root/etc/sanid"
# As systemd makes it where it can store none.
echo "$machine_id" > "$root/run/machine-id"; touch "$root/etc/machine-id"
mount --bind "$root/run/machine-id" "$root/etc/machine-id"
mount -o remount,bind,ro "$root/etc/machine-id"
read_only
ends 4 apply
says "Three ways"; says "writable /etc"; says "systemd.machine_id="; says "system.machine_id"
mounts 1
ends 1 status; says no-seed
# What fixes it makes it a seed: the kernel command line …
mount -o remount,rw "$root"; mkdir "$root/proc"; echo "quiet systemd.machine_id=$machine_id" > "$root/proc/cmdline"; read_only
ends 0 apply; has $uuid; mounts 4
# … or a credential.
umount "$root/$iqn" "$root/$nqn" "$root/$id"
mount -o remount,rw "$root"; echo quiet > "$root/proc/cmdline"; read_only
ends 4 apply
mkdir -p "$root/run/credentials/@system"; echo "$machine_id" > "$root/run/credentials/@system/system.machine_id"
ends 0 apply; has $uuid; mounts 4
