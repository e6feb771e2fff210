# The system UUID in SMBIOS: what nvme makes of it and what sanid makes of it, and the UUIDs that stand for
# no host.
prefix=nqn.2014-08.org.nvmexpress:uuid
mkdir -p /etc/sanid
for word in $(</proc/cmdline); do case $word in vm.machine=*) uuid=${word#*=} ;; esac; done
mount --bind /sys /debian13/sys
mkdir -p /debian13/dev
mount --bind /dev /debian13/dev

config() { echo "$*" >/etc/sanid/config.toml; }
debian_12() { nvme gen-hostnqn; }
debian_13() { busybox chroot /debian13 /usr/sbin/nvme gen-hostnqn; }

# nvme_says HOSTNQN: both versions do.
nvme_says() {
    for version in debian_12 debian_13; do
        exits 0 "nvme of $version" $version
        same "names the host" "$output" "$1"
    done
}

# refused CONFIG WHY: no seed, and why; nothing is written.
refused() {
    config "$1"
    exits 4 "$1 has no seed" sanid apply
    says "$2"
    case $uuid in *[1-9a-f]*) case $output in *$uuid*) not_ok "the UUID is not told" ;; *) ok "the UUID is not told" ;; esac ;; esac
    read_files
    same "nothing was written" "$iqn$hostnqn$hostid" ""
}

# no_host WHY [WHY]: neither the scheme nor the seed takes the UUID for a host's.
no_host() {
    refused 'scheme = "nvme-cli-2"' "$1"
    refused 'seed = ["dmi"]' "${2:-$1}"
}

case $uuid in
00000000-*)
    check "the kernel shows no UUID" test ! -e /sys/class/dmi/id/product_uuid
    exits 0 "nvme of debian_12" debian_12
    same "names the host all zeros" "$output" $prefix:$uuid
    exits 0 "nvme of debian_13" debian_13
    one=$output
    exits 0 "nvme of debian_13 again" debian_13
    differs "generates a different name each time" "$one" "$output"
    no_host "no system UUID" "none was set"
    ;;
ffffffff-*)
    check "the kernel shows no UUID" test ! -e /sys/class/dmi/id/product_uuid
    nvme_says $prefix:$uuid
    no_host "none was set"
    ;;
03000200-*)
    same "the kernel shows the UUID" "$(line /sys/class/dmi/id/product_uuid)" "$uuid"
    nvme_says $prefix:$uuid
    no_host "many machines share"
    ;;
*)
    same "the kernel shows the UUID" "$(line /sys/class/dmi/id/product_uuid)" "$uuid"
    nvme_says $prefix:$uuid
    for scheme in nvme-cli-2 nvme-tool; do
        config "scheme = \"$scheme\""
        exits 0 "show with the scheme $scheme" sanid show
        says "host NQN        $prefix:$uuid"
        says "Host ID         $uuid"
    done
    says "scheme nvme-tool from /bin/nvme gen-hostnqn"
    config 'scheme = "nvme-cli-2"'
    exits 0 "apply" sanid apply
    read_files
    same "the pair is in the files" "$hostnqn $hostid" "$prefix:$uuid $uuid"
    exits 0 "status" sanid status

    # sanid-v1 of the UUID is what it makes of a machine-id with these digits.
    exits 0 "derive" sanid derive <<<"${uuid//-/}"
    other=${output#*$prefix:} other=${other:0:36}
    config 'seed = ["dmi"]'
    exits 0 "show with the seed dmi" sanid show
    says "Host ID         $other"
    says "scheme sanid-v1 from /sys/class/dmi/id/product_uuid"
    exits 3 "another name than the one in the files is not written unasked" sanid apply
    ;;
esac
end
