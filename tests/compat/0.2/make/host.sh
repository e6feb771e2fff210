# shellcheck shell=sh
# What `sanid` keeps and publishes on a host, and the documents that it prints.

MACHINE_ID=3d1219c7c4c5404aaa1f6d2a48adfda4
NAMES="etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid"
documents=$OUT/documents
mkdir -p "$documents"

machine db-1 $MACHINE_ID
on db-1 sanid apply --root / --format json --dry-run >"$documents/apply-dry-run.json"
on db-1 sanid apply --root / --format json >"$documents/apply.json"
on db-1 sanid hardware record --root /
on db-1 sanid show --root / --format json >"$documents/show.json"
on db-1 sanid show --root / --format json --explain >"$documents/show-explain.json"
ends 0 on db-1 sanid status --root / --format json >"$documents/status.json"
ends 0 on db-1 sanid status --root / --format nfd >"$documents/status.nfd"
ends 0 on db-1 sanid status --root / --format npd >"$documents/status.npd"
on db-1 sanid hardware show --root / --format json >"$documents/hardware.json"
on db-1 sanid config --root / --format json >"$documents/config.json"
on db-1 sanid reseed --root / --format json --dry-run >"$documents/reseed-dry-run.json"
ends 3 on db-1 sanid reseed --root / --format json >"$documents/error.json"
ends 1 on db-1 sanid check --format json iqn.2001-04.com.example:X x >"$documents/check.json"
for format in json ndjson csv text; do
    echo $MACHINE_ID | on db-1 sanid derive --format $format >"$documents/derive.$format"
done
keep db-1 host etc/machine-id etc/hostname proc/cmdline proc/sys/kernel/random/boot_id \
    sys/class/dmi/id/product_uuid sys/class/dmi/id/board_serial sys/class/net/eth0/address \
    sys/class/net/eth0/addr_assign_type sys/class/net/eth0/device/vendor \
    $NAMES var/lib/sanid/record.json var/lib/sanid/hardware.json run/sanid/identity.json

# A foreign identity: refused, kept, pinned.
machine old $MACHINE_ID
mkdir -p "$WORK/old/etc/iscsi" "$WORK/old/etc/nvme"
echo InitiatorName=iqn.1993-08.org.debian:01:187bb6704796 >"$WORK/old/etc/iscsi/initiatorname.iscsi"
echo nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab >"$WORK/old/etc/nvme/hostnqn"
echo a3b1c2d4-0000-4000-8000-0123456789ab >"$WORK/old/etc/nvme/hostid"
ends 1 on old sanid status --root / --format json >"$documents/status-foreign.json"
ends 3 on old sanid apply --root / --format json >"$documents/apply-refused.json"
ends 0 on old sanid apply --root / --format json --keep >"$documents/apply-keep.json"
keep old records/kept $NAMES var/lib/sanid/record.json run/sanid/identity.json

# The power is cut between the two files of the NVMe pair. Renamed are the record, the initiator name, the host
# NQN, the Host ID.
cp -r "$WORK/old/etc" "$WORK/cut.etc"
machine cut $MACHINE_ID
cp -r "$WORK/cut.etc/iscsi" "$WORK/cut.etc/nvme" "$WORK/cut/etc/"
renames=renameat,renameat2
hostname cut.example.com
strace -f -o /dev/null -e trace=$renames -e inject=$renames:signal=KILL:when=3 \
    chroot "$WORK/cut" /bin/sanid apply --root / --replace || :
keep cut records/interrupted etc/machine-id $NAMES var/lib/sanid/record.json

on old sanid adopt --root / --format json >"$documents/adopt.json"
on old sanid apply --root /
keep old records/pinned etc/machine-id etc/sanid/config.d/50-adopted.toml $NAMES \
    var/lib/sanid/record.json run/sanid/identity.json

# An identity derived from the system UUID.
machine metal $MACHINE_ID
mkdir -p "$WORK/metal/etc/sanid"
echo 'seed = ["dmi"]' >"$WORK/metal/etc/sanid/config.toml"
on metal sanid apply --root /
keep metal records/hardware-seed etc/machine-id etc/sanid/config.toml \
    sys/class/dmi/id/product_uuid $NAMES var/lib/sanid/record.json run/sanid/identity.json

# Bind placement, with the record in /run.
machine image $MACHINE_ID
rm -r "$WORK/image/sys" "$WORK/image/proc"
mkdir "$WORK/image/proc" "$WORK/image/etc/iscsi" "$WORK/image/etc/nvme"
for file in $NAMES; do : >"$WORK/image/$file"; done
mount -t proc proc "$WORK/image/proc"
on image sanid apply --root / --via bind
keep image records/bind etc/machine-id $NAMES run/sanid/record.json run/sanid/identity.json
