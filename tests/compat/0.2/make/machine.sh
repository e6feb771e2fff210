# shellcheck shell=sh
# A machine is a directory with a machine-id, files in place of /proc and /sys, and the programs.

# The libraries that the programs need below another root.
libraries() {
    for program in sanid sanid-fleet; do
        ldd "$BIN/$program"
    done | grep -o '/[^ ]*' | sort -u
}

# machine NAME MACHINE-ID: makes a typical server.
machine() {
    at=$WORK/$1
    mkdir -p "$at/etc" "$at/run" "$at/tmp" "$at/dev" "$at/bin" "$at/proc/sys/kernel/random" \
        "$at/sys/class/dmi/id" "$at/sys/class/net/eth0/device"
    cp "$BIN/sanid" "$BIN/sanid-fleet" "$at/bin/"
    for library in $(libraries); do
        mkdir -p "$at$(dirname "$library")"
        cp "$library" "$at$library"
    done
    mount -t tmpfs tmpfs "$at/run"
    echo "$2" >"$at/etc/machine-id"
    echo "$1.example.com" >"$at/etc/hostname"
    echo 'root=UUID=2f5a9d1e-0f2b-4c59-9b0c-5d3c0f0a7b11 ro quiet' >"$at/proc/cmdline"
    boot "$1" 1
    echo "4c4c4544-0051-3610-8052-b4c04f303132" >"$at/sys/class/dmi/id/product_uuid"
    echo "1ABCD23.CN70163000001" >"$at/sys/class/dmi/id/board_serial"
    echo "52:54:00:12:34:56" >"$at/sys/class/net/eth0/address"
    echo 0 >"$at/sys/class/net/eth0/addr_assign_type"
    echo 0x1af4 >"$at/sys/class/net/eth0/device/vendor"
}

# boot NAME NUMBER: sets the boot id.
boot() {
    printf '%08d-1111-4111-8111-111111111111\n' "$2" >"$WORK/$1/proc/sys/kernel/random/boot_id"
}

# hardware NAME UUID SERIAL MAC: sets what identifies the machine.
hardware() {
    echo "$2" >"$WORK/$1/sys/class/dmi/id/product_uuid"
    echo "$3" >"$WORK/$1/sys/class/dmi/id/board_serial"
    echo "$4" >"$WORK/$1/sys/class/net/eth0/address"
}

# on NAME PROGRAM ...: runs a program on a machine.
on() {
    name=$1
    shift
    hostname "$name.example.com"
    program=$1
    shift
    env -i PATH=/bin ${CREDENTIALS_DIRECTORY:+CREDENTIALS_DIRECTORY="$CREDENTIALS_DIRECTORY"} \
        /usr/sbin/chroot "$WORK/$name" "/bin/$program" "$@"
}

# ends CODE COMMAND ...: the command must end with this code.
ends() {
    code=$1
    shift
    found=0
    "$@" || found=$?
    [ "$found" = "$code" ] || { echo "exit code $found, not $code: $*" >&2; exit 1; }
}

# keep NAME PATH ...: copies files of a machine to the same place below OUT/DIRECTORY.
keep() {
    from=$WORK/$1 to=$OUT/$2
    shift 2
    for path in "$@"; do
        mkdir -p "$to/$(dirname "$path")"
        cp "$from/$path" "$to/$path"
    done
}
