mkdir "$place/early" "$place/early-private" "$place/late" "$place/late-plain"
mount --make-rshared "$root"
sees() { [ "$(chroot_cat "$place/$1" hostid)" = "$2" ] || fail "$1 sees $(chroot_cat "$place/$1" hostid), not $2"; }
# A mount namespace of its own, with the directory where the container has it.
chroot_cat() { unshare --mount --propagation unchanged cat "$1/$2"; }
contains() { mount "--$2" "$root/etc/nvme" "$place/$1"; mount "--make-$3" "$place/$1"; }

for form in files directory; do
  if [ $form = files ]; then placeholders; else rm "$root/$iqn" "$root/$nqn" "$root/$id"; fi
  read_only
  contains early rbind rslave
  contains early-private rbind rprivate
  ends 0 apply; has $uuid
  contains late rbind rslave
  contains late-plain bind private
  sees early $uuid
  sees late $uuid
  [ "$(chroot_cat "$place/early-private" hostid 2>/dev/null || true)" = "" ] || fail "private, and it sees something"
  if [ $form = files ]; then sees late-plain ""; fi
  # A change reaches those that are slaves of the host.
  mkdir -p "$root/run/sanid/config.d"
  echo "pin.hostid = '$other_uuid'" > "$root/run/sanid/config.d/pin.toml"
  ends 0 apply --replace; holds $id $other_uuid
  sees early $other_uuid
  sees late $other_uuid
  for one in early early-private late late-plain; do umount -R -l "$place/$one"; done
  # The next boot.
  umount -R -l "$root/run"; for one in $iqn $nqn $id etc/iscsi etc/nvme; do umount "$root/$one" 2>/dev/null || true; done
  mounts 0
  mount -o remount,rw "$root"; mount -t tmpfs run "$root/run"
done
