#!/bin/bash
# Process 1 of a guest that has an initramfs and nothing else.
export PATH=/bin:/vm
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
exec </dev/console >/dev/console 2>&1
mkdir -p /run/lock /tmp
# load LIST: the modules for one purpose, in the order in which they need each other.
load() {
    while read -r module; do insmod "/lib/modules/$module" || echo "cannot load $module"; done <"/lib/modules/$1"
}
. /vm/lib.sh
. /vm/case.sh
poweroff -f
