#!/bin/sh
# Writes the files of this directory anew, with the programs in BIN, into the new directory OUT.
#
#   cargo build -p sanid -p sanid-fleet -p sanid-image -p sanid-kube
#   sudo tests/compat/0.2/make.sh target/debug /tmp/compat
#
# Needs root, to create namespaces. Each host is a directory that the programs get as their root, with files in
# place of /proc and /sys, so that the result has nothing of this machine. Needs etcd, etcdctl, jq, sqlite3,
# openssl, age, strace, python3, cpio, and util-linux.
set -eu${COMPAT_TRACE:+x}

case ${1-} in
--inside)
    shift
    ;;
*)
    [ $# = 2 ] || { echo "usage: make.sh BIN OUT" >&2; exit 2; }
    bin=$(realpath "$1")
    mkdir "$2"
    exec unshare --mount --uts --net --pid --fork "$(realpath "$0")" --inside "$bin" "$(realpath "$2")"
    ;;
esac

BIN=$1
OUT=$2
PARTS=$(dirname "$0")/make
WORK=$(mktemp -d)
clean() {
    umount -R -l /mnt 2>/dev/null || :
    grep -o " $WORK/[^ ]*" /proc/self/mounts | tac | xargs -r umount -l
    rm -rf --one-file-system "$WORK"
}
trap clean EXIT
mount -t proc proc /proc
ip link set lo up
umask 022
export BIN OUT PARTS WORK

. "$PARTS/machine.sh"
. "$PARTS/host.sh"
. "$PARTS/config.sh"
. "$PARTS/fleet.sh"
. "$PARTS/claims.sh"
. "$PARTS/image.sh"
. "$PARTS/kube.sh"
