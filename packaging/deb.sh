#!/bin/sh
# Makes the Debian packages of static binaries that are there: packaging/deb.sh ARCHITECTURE BINARIES DIRECTORY
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
architecture=$1 binaries=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree "$work/sanid"
cp -R "$repository/packaging/debian" "$work/sanid/debian"
changelog "$work/sanid/debian/changelog"

cd "$work/sanid"
# Static binaries are built: no compiler is needed, neither this machine's nor the other's.
SANID_BINARIES=$binaries DEB_BUILD_OPTIONS=nocheck CC=true \
    dpkg-buildpackage --build=binary --no-sign --no-check-builddeps --host-arch "$architecture" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
mv "$work"/*.deb "$output"
