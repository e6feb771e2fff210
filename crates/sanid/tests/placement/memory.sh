# Each case is a root of its own; where the bytes of its machine-id are decides (systemd#39438, coreos/init#214).
rm -r "$root/etc/sanid"
case "$(stat -f -c %T "$place")" in tmpfs|ramfs) fail "this test needs a disk";; esac
disk=$place/disk; memory=$place/memory; host=$place/host
mkdir "$disk" "$memory" "$host"; mount -t tmpfs memory "$memory"
# One that ends with this code, below a root.
seen() { code=$1; set +e; "$sanid" show --root "$2" > "$place/said" 2>&1; was=$?; set -e
         [ "$was" = "$code" ] || fail "$3: it ended with $was, not $code"; }
tree() { mkdir -p "$1/etc" "$1/proc" "$1/sys/class/dmi/id"; echo "$machine_id" > "$1/etc/machine-id"; echo quiet > "$1/proc/cmdline"; }
overlay() { mkdir -p "$2/upper" "$2/work" "$1"; mount -t overlay overlay -o "lowerdir=$3,upperdir=$2/upper,workdir=$2/work$4" "$1"; }

seen 4 "$root" "a root in memory"
echo "quiet systemd.volatile=yes" > "$place/cmdline"; mkdir "$root/proc"; cp "$place/cmdline" "$root/proc/cmdline"
seen 4 "$root" "a root in memory, as systemd.volatile=yes makes it"
echo "quiet systemd.machine_id=$machine_id" > "$root/proc/cmdline"
seen 0 "$root" "fixed by the command line"
# systemd#32086
echo "quiet systemd.machine_id=firmware" > "$root/proc/cmdline"
seen 4 "$root" "the firmware's, and another one is there"
mkdir -p "$root/sys/class/dmi/id"; echo 3d1219c7-c4c5-404a-aa1f-6d2a48adfda4 > "$root/sys/class/dmi/id/product_uuid"
seen 0 "$root" "the firmware's"
rm -r "$root/sys"; echo quiet > "$root/proc/cmdline"
echo "$machine_id" > "$disk/machine-id"; mount --bind "$disk/machine-id" "$root/etc/machine-id"
seen 0 "$root" "from a disk, over a root in memory"
umount "$root/etc/machine-id"
mkdir -p "$root/etc/sanid"; echo 'allow-volatile-machine-id = true' > "$root/etc/sanid/config.toml"
seen 0 "$root" "allowed, as on Talos"

# What a pod sees: directories of its own in memory, and the host's file.
mkdir -p "$memory/pod/etc" "$memory/pod/run"; touch "$memory/pod/etc/machine-id"
mount --bind "$disk/machine-id" "$memory/pod/etc/machine-id"
seen 0 "$memory/pod" "a pod with the host's file"

tree "$disk/image"
overlay "$host/a" "$memory/a" "$disk/image" ""
seen 0 "$host/a" "in the lower layer of an overlay in memory"
echo "$machine_id" > "$host/a/etc/machine-id"
seen 4 "$host/a" "in the upper layer of an overlay in memory (systemd#13261)"
mkdir -p "$host/c/etc"; mount --bind "$host/a/etc" "$host/c/etc"
seen 4 "$host/c" "a part of it elsewhere"
echo "quiet systemd.machine_id=$machine_id" > "$host/a/proc/cmdline"
seen 0 "$host/a" "there, and fixed by the command line"
overlay "$host/d" "$disk/d" "$disk/image" ""
echo "$machine_id" > "$host/d/etc/machine-id"
seen 0 "$host/d" "in the upper layer of an overlay on a disk"
overlay "$host/e" "$disk/e" "$disk/image" ",volatile"
seen 0 "$host/e" "below an overlay that is thrown away"
echo "$machine_id" > "$host/e/etc/machine-id"
seen 4 "$host/e" "in an overlay that is thrown away"
mkdir -p "$host/f"; mount -t overlay overlay -o "lowerdir=$disk/image:$memory" "$host/f"
seen 0 "$host/f" "an overlay that cannot be written"
overlay "$host/g" "$memory/g h" "$disk/image" ""
echo "$machine_id" > "$host/g/etc/machine-id"
seen 4 "$host/g" "an overlay whose upper layer has a blank in its name"
