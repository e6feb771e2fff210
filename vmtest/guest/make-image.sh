# Makes an initramfs for any host with the real dracut or initramfs-tools, in a Debian that has an identity of its own,
# and checks that nothing of that identity is in the image. Run on the machine of the harness, in a mount namespace.
builder=$1 work=$2 dist=$3 sanid=$4 kernel=$5 version=$6 maker=$7

# The builder with sanid installed, in a layer of its own.
mkdir -p "$work/image-layer" "$work/image-index" "$work/image-tree"
mount -t overlay overlay -o "lowerdir=$builder,upperdir=$work/image-layer,workdir=$work/image-index" "$work/image-tree"
cd "$work/image-tree"
cp -r "$dist" .
cp "$sanid" usr/bin/sanid
mkdir -p lib/modules boot
mount --bind "$kernel/lib/modules" lib/modules
mount --bind "$kernel/boot" boot
mount -t proc proc proc
mount -t sysfs sys sys
mount --rbind /dev dev
mount -t tmpfs tmpfs tmp
within() { chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" >&2; }

case $maker in
dracut)
    # Not compressed: an emulated processor takes longer to unpack it.
    within dracut --no-hostonly --no-compress --kver "$version" --add "network-legacy iscsi nvmf sanid" /tmp/image
    ;;
initramfs-tools)
    echo COMPRESS=gzip >etc/initramfs-tools/conf.d/vm
    within mkinitramfs -o /tmp/image "$version"
    ;;
esac
cp tmp/image "$work/image"

# The names of the builder, one per line: without one in each file, the search for them would find nothing.
for file in etc/machine-id etc/nvme/hostnqn etc/nvme/hostid etc/iscsi/initiatorname.iscsi; do
    name=$(sed -n '/^#/d; s/^InitiatorName=//; p; q' "$file")
    [ ${#name} -ge 32 ] || { echo "the builder has no name in $file" >&2; exit 1; }
    echo "$name"
done >"$work/names"

mkdir tmp/unpacked
case $(head -c 2 tmp/image | od -An -tx1) in
" 1f 8b") zcat tmp/image ;;
*) cat tmp/image ;;
esac | chroot . sh -c 'cd /tmp/unpacked && cpio --extract --make-directories --quiet'
test -x tmp/unpacked/usr/bin/sanid
for file in etc/iscsi/initiatorname.iscsi etc/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid; do
    if [ -e "tmp/unpacked/$file" ]; then echo "the image has an identity: $file" >&2; exit 1; fi
done
if grep -rlaF -f "$work/names" tmp/unpacked; then echo "these files have a name of the builder" >&2; exit 1; fi
