#!/bin/sh
# Makes a directory that can be published as it is: packaging/release.sh DIRECTORY WORK HEADERS
#
# The source tarball is made first, and everything else from what is in it: who unpacks it and calls static.sh, deb.sh
# and rpm.sh gets the same bytes. WORK keeps what was compiled for the next time; HEADERS are musl's for aarch64.
# `cargo xtask release` calls it, checks that what it needs is there, and fetches the headers.
set -eu
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"
mkdir -p "$1" "$2"
output=$(cd "$1" && pwd) work=$(cd "$2" && pwd) headers=$3
release="python3 $repository/packaging/release.py"
rm -rf "${output:?}"/* "$work/source"

name=sanid-$version
for chart in "version: $version" "appVersion: $version"; do
    if ! grep -qx "$chart" "$repository/dist/kubernetes/chart/sanid/Chart.yaml"; then
        echo "dist/kubernetes/chart/sanid/Chart.yaml has not '$chart', the version of Cargo.toml" >&2
        exit 1
    fi
done

echo 'source tarball'
source=$work/source/$name
mkdir -p "$source"
git -C "$repository" archive HEAD | tar -x -C "$source"
(cd "$source" && cargo vendor --locked --versioned-dirs vendor >>.cargo/config.toml 2>"$work/vendor.log") || {
    cat "$work/vendor.log" >&2
    exit 1
}
$release vendor "$source/vendor"
specs=$(cd "$source" && find . -name '*.spec')
if [ "$specs" != ./packaging/rpm/sanid.spec ]; then
    echo "rpmbuild -ta takes a tarball with one spec, and this one has: $(echo "$specs" | tr "\n" " ")" >&2
    exit 1
fi
changelog "$source/packaging/debian/changelog"
spec "$source/packaging/rpm/sanid.spec"
# cargo compares times: what did not change since the last time is not compiled anew.
find "$source" -exec touch --no-dereference --date "@$SOURCE_DATE_EPOCH" '{}' +
$release tar "$output/$name.tar.gz" "$source"

# From here on the scripts are those of the tarball.
cd "$source"
release="python3 packaging/release.py"
$release licenses "$work/THIRD-PARTY-LICENSES.txt" vendor
for machine in x86_64:amd64 aarch64:arm64; do
    debian=${machine#*:} machine=${machine%:*}
    echo "static binaries for $machine"
    triple=$machine-unknown-linux-musl
    if [ "$machine" = "$(uname -m)" ]; then
        packaging/static.sh "$triple" "$work/build"
    else
        packaging/static.sh "$triple" "$work/build" "$headers"
    fi
    binaries=$work/build/$triple/release
    cp "$work/THIRD-PARTY-LICENSES.txt" "$binaries/"

    echo "packages for $machine"
    packaging/deb.sh "$debian" "$binaries" "$output"
    packaging/rpm.sh "$machine" "$binaries" "$output"

    # The tree of a package, for systems without one: tar --strip-components=1 -C / -xzf …
    tree=$work/tree/$name-$machine
    rm -rf "$work/tree"
    mkdir -p "$tree/usr/bin" "$tree/usr/share/doc/sanid"
    for program in sanid sanid-image sanid-fleet sanid-kube; do cp "$binaries/$program" "$tree/usr/bin/"; done
    for part in etc usr fleet/usr kubernetes/usr; do cp -R "dist/$part" "$tree/"; done
    cp LICENSE-APACHE LICENSE-MIT CHANGELOG.md README.md "$work/THIRD-PARTY-LICENSES.txt" "$tree/usr/share/doc/sanid/"
    $release tar "$output/$name-$machine-linux-static.tar.gz" "$tree"
done

echo 'image, chart, vectors, SBOM'
$release image "$output/sanid-kube-$version.oci.tar" "$version" \
    "$work/build/x86_64-unknown-linux-musl/release" "$work/build/aarch64-unknown-linux-musl/release"
$release tar "$output/$name.tgz" dist/kubernetes/chart/sanid
mkdir -p "$work/tree/$name-vectors"
cp crates/sanid-core/tests/vectors/* "$work/tree/$name-vectors/"
$release tar "$output/$name-vectors.tar.gz" "$work/tree/$name-vectors"
$release sbom "$output/$name.cdx.json" "$version"
cp "$work/THIRD-PARTY-LICENSES.txt" "$output/"
$release sums "$output"
