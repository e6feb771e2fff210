# shellcheck shell=sh
# Documents of `sanid-image` about an image that holds an identity.

image=$OUT/image
mkdir -p "$image" "$WORK/tree/etc/iscsi" "$WORK/tree/etc/nvme" "$WORK/tree/boot" "$WORK/tree/var/lib/dbus"
echo $MACHINE_ID | tee "$WORK/tree/etc/machine-id" >"$WORK/tree/var/lib/dbus/machine-id"
cp "$OUT/records/kept/etc/iscsi/initiatorname.iscsi" "$WORK/tree/etc/iscsi/"
cp "$OUT/records/kept/etc/nvme/hostnqn" "$OUT/records/kept/etc/nvme/hostid" "$WORK/tree/etc/nvme/"
(cd "$WORK/db-1" && find etc/iscsi etc/nvme | LC_ALL=C sort | cpio -o -H newc --reproducible 2>/dev/null) \
    >"$image/initrd.img"
cp "$image/initrd.img" "$WORK/tree/boot/initrd.img-6.1"
mount -t tmpfs tmpfs /mnt
cp -r "$WORK/tree/." /mnt/
ends 1 "$BIN/sanid-image" lint --root /mnt --format json >"$image/lint.json"
ends 1 "$BIN/sanid-image" lint --root /mnt --format sarif >"$image/lint.sarif"
ends 1 "$BIN/sanid-image" initramfs --root /mnt --format json >"$image/initramfs.json"
ends 1 "$BIN/sanid-image" seal --root /mnt --format json --dry-run >"$image/seal-dry-run.json"
ends 1 "$BIN/sanid-image" seal --root /mnt --format json >"$image/seal.json"
umount /mnt
