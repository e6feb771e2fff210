#!/bin/sh
# Makes the RPM packages of static binaries that are there: packaging/rpm.sh ARCHITECTURE BINARIES DIRECTORY
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
architecture=$1 binaries=$(cd "$2" && pwd)
mkdir -p "$3"
output=$(cd "$3" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/SOURCES"
tree "$work/sanid-$version"
tar --create --file "$work/SOURCES/sanid-$version.tar.gz" --gzip --directory "$work" "sanid-$version"

spec "$work/sanid.spec"
rpmbuild -bb --quiet --target "$architecture" "$work/sanid.spec" \
    --define "_topdir $work" --define "sanid_binaries $binaries" \
    --define "packager The sanid developers <sanid@users.noreply.github.com>" --define "_docdir_fmt %%{NAME}" \
    --define "_buildhost localhost" --define "use_source_date_epoch_as_buildtime 1" \
    --define "clamp_mtime_to_source_date_epoch 1" --define "source_date_epoch_from_changelog 0" \
    --define "_binary_payload w19.zstdio" --define "_build_id_links none" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
}
# Two pages with one name would be one.
if grep 'File listed twice' "$work/log" >&2; then exit 1; fi
mv "$work"/RPMS/*/*.rpm "$output"
