#!/bin/bash
# Process 1 of a guest that has an initramfs and nothing else.
export PATH=/bin:/vm
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
exec </dev/console >/dev/console 2>&1
mkdir -p /run/lock /tmp
case $(</proc/cmdline) in
# A shell needs a terminal of its own; the console itself is nobody's.
*vm.shell*) setsid -c bash /vm/shell.sh </dev/ttyS0 >/dev/ttyS0 2>&1 ;;
*) bash /vm/case.sh ;;
esac
poweroff -f
