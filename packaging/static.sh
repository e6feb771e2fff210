#!/bin/sh
# Builds the static binaries of a release for one machine, so that any directory, user and home gives the same
# bytes: packaging/static.sh TRIPLE TARGET-DIRECTORY [MUSL-HEADERS]
#
# The C of SQLite and of the TLS library is compiled with the headers of musl: for this machine by musl-gcc, for
# another one by the cross compiler of Debian (gcc-aarch64-linux-gnu) and the headers in the third argument.
set -eu
triple=$1 target=$2 headers=${3-}
cd "$(dirname "$0")/.."

mkdir -p "$target"
target=$(cd "$target" && pwd)
cargo_home=${CARGO_HOME:-$HOME/.cargo}
# The profile strips, but cargo forgets that for a package with settings of its own, as sanid-fleet has.
flags="-C target-feature=+crt-static -C strip=symbols -C link-arg=-Wl,--build-id=none"
# What is compiled from has the same path on every machine.
flags="$flags --remap-path-prefix=$PWD=/sanid --remap-path-prefix=$cargo_home=/cargo --remap-path-prefix=$target=/target"
cflags="-ffile-prefix-map=$PWD=/sanid -ffile-prefix-map=$cargo_home=/cargo -ffile-prefix-map=$target=/target"

if [ -n "$headers" ]; then
    compiler=${triple%%-*}-linux-gnu-gcc
    # Rust's own library has musl, its start files and the helpers of the compiler: nothing of the cross
    # compiler's glibc is linked.
    cflags="$cflags -nostdinc -isystem $headers -isystem $("$compiler" -print-file-name=include) -U_FORTIFY_SOURCE"
    flags="$flags -C link-self-contained=yes"
    variable=$(echo "$triple" | tr a-z- A-Z_)
    export "CC_$(echo "$triple" | tr - _)=$compiler" "CARGO_TARGET_${variable}_LINKER=$compiler"
    export "AR_$(echo "$triple" | tr - _)=${compiler%gcc}ar"
fi
export RUSTFLAGS="$flags" "CFLAGS_$(echo "$triple" | tr - _)=$cflags" CARGO_TARGET_DIR="$target" CARGO_INCREMENTAL=0
unset CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CFLAGS

# The boot command by itself: features that the others need would make it larger.
for packages in '-p sanid' '-p sanid-image -p sanid-fleet -p sanid-kube'; do
    # shellcheck disable=SC2086 # Several words.
    cargo build --quiet --release --locked --bins $packages --target "$triple"
done
