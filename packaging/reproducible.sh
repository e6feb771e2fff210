#!/bin/sh
# Makes a release twice and compares the sums: packaging/reproducible.sh WORK HEADERS
#
# The two differ in directory, home, user, umask, time zone, number of jobs, and by minutes.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
rm -rf "$1"
mkdir -p "$1"
work=$(cd "$1" && pwd) headers=$2
unset SOURCE_DATE_EPOCH TZ
cargo_home=${CARGO_HOME:-$HOME/.cargo}
export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}"

make() { # DIRECTORY UMASK JOBS COMMAND...
    directory=$1
    umask "$2"
    mkdir -p "$work/$directory"
    git clone --quiet "$repository" "$work/$directory/clone"
    CARGO_BUILD_JOBS=$3 DEB_BUILD_OPTIONS=parallel=$3
    export CARGO_BUILD_JOBS DEB_BUILD_OPTIONS
    shift 3
    "$@" "$work/$directory/clone/packaging/release.sh" "$work/$directory/release" "$work/$directory/work" "$headers"
}

make a 022 2 env
# The first one's objects: a gigabyte.
rm -rf "$work/a/work"

mkdir -p "$work/home/cargo"
ln -s "$cargo_home/registry" "$work/home/cargo/registry"
# A user of a name of its own in its name space, who may read the toolchain of this one.
make another/longer/path 077 1 unshare --user --map-user=1234 --map-group=1234 \
    env HOME="$work/home" CARGO_HOME="$work/home/cargo" USER=somebody LOGNAME=somebody TZ=Pacific/Kiritimati \
    LC_ALL=C.UTF-8

if ! diff "$work/a/release/SHA256SUMS" "$work/another/longer/path/release/SHA256SUMS"; then
    echo 'the two releases differ in these files' >&2
    exit 1
fi
cat "$work/a/release/SHA256SUMS"
rm -rf "$work/another/longer/path/work"
