root=$place/root
beneath=$place/beneath
mkdir "$root" "$beneath"
mount -t tmpfs disk "$root"
mkdir -p "$root/etc" "$root/run" "$root/var/lib"
mount -t tmpfs run "$root/run"
echo "$machine_id" > "$root/etc/machine-id"
# The disk is in memory here, and comes back all the same.
mkdir -p "$root/etc/sanid/config.d"
echo 'allow-volatile-machine-id = true' > "$root/etc/sanid/config.d/50-memory.toml"
iqn=etc/iscsi/initiatorname.iscsi nqn=etc/nvme/hostnqn id=etc/nvme/hostid
uuid=652f5d50-a689-4520-b87b-fe2552ef6b8b
digits=652f5d50a6894520b87bfe2552ef6b8b
other_uuid=b33dbf2b-2d95-453e-bb1a-ad7e428dd599
foreign_uuid=a3b1c2d4-0000-4000-8000-0123456789ab
foreign_iqn=iqn.1993-08.org.debian:01:5ca1ab1e0042

fail() { echo "FAILED: $*" >&2; cat "$place/said" >&2 2>/dev/null || true; grep "$root" /proc/self/mountinfo >&2; exit 1; }
# Runs sanid, which must end with this code.
ends() { code=$1; shift; set +e; "$sanid" "$@" --root "$root" > "$place/said" 2>&1; was=$?; set -e
         [ "$was" = "$code" ] || fail "sanid $* ended with $was, not $code"; }
says() { grep -qF -- "$1" "$place/said" || fail "it does not say: $1"; }
says_not() { if grep -qF -- "$1" "$place/said"; then fail "it says: $1"; fi; }
holds() { [ "$(cat "$root/$1")" = "$2" ] || fail "$1 holds $(cat "$root/$1"), not $2"; }
# All three files hold the identity of a host UUID.
has() { holds $iqn "InitiatorName=iqn.2016-04.com.open-iscsi:$(echo "$1" | tr -d -)"
        holds $nqn "nqn.2014-08.org.nvmexpress:uuid:$1"; holds $id "$1"; }
mode() { [ "$(stat -c %a "$root/$1")" = "$2" ] || fail "the mode of $1 is $(stat -c %a "$root/$1")"; }
# How many mounts there are in /etc.
mounts() { count=$(cut -d' ' -f5 /proc/self/mountinfo | grep -c "^$root/etc" || true)
           [ "$count" = "$1" ] || fail "$count mounts instead of $1"; }
read_only() { mount -o remount,ro "$root"; }
# The disk without what is mounted on it has no identity in any file.
nothing_stored() { mount --bind "$root" "$beneath"
    if grep -rlE "$uuid|$digits|$other_uuid|$(echo $other_uuid | tr -d -)" "$beneath" >&2; then fail "an identity is stored"; fi
    umount "$beneath"; }
no_leftovers() { if find "$root" -name '*.sanid-tmp' -o -path '*/run/sanid/cover/*' | grep . >&2; then fail "something is left"; fi; }
# Placeholders as an image has them, and something else that readers need.
placeholders() { mkdir -p "$root/etc/iscsi" "$root/etc/nvme"; touch "$root/$iqn" "$root/$nqn" "$root/$id"; neighbours; }
neighbours() { mkdir -p "$root/etc/nvme/keys"; echo hello > "$root/etc/nvme/discovery.conf"; ln -s discovery.conf "$root/etc/nvme/link"; echo k > "$root/etc/nvme/keys/one"; }
neighbours_are_there() { [ "$(cat "$root/etc/nvme/link" "$root/etc/nvme/keys/one" | tr -d '\n')" = hellok ] || fail "the neighbours are not there"; }
foreign() { mkdir -p "$root/etc/iscsi" "$root/etc/nvme"; echo "InitiatorName=$foreign_iqn" > "$root/$iqn"
            echo "nqn.2014-08.org.nvmexpress:uuid:$foreign_uuid" > "$root/$nqn"; echo $foreign_uuid > "$root/$id"; }
