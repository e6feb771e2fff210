# keep.sh TARGET ENTRY: copies what cargo made of dependencies. Programs have no dot in their names and are the
# workspace's; what belongs to one of its crates is named after it. Fuzz targets have an entry of their own, and may be
# building at this moment.
cd "$1"
find . \( -name incremental -o -path ./doc -o -path ./tmp -o -path ./fuzz -o -path ./xtask -o -path ./vm -o -path ./packages \
    -o -name 'sanid*' -o -name 'libsanid*' -o -name 'xtask*' -o -name 'libxtask*' -o -name 'vmtest*' \
    -o -name 'libvmtest*' -o -name 'testkit*' -o -name 'libtestkit*' -o -name 'benches*' -o -name 'libbenches*' \) -prune \
    -o -type f \( -path '*/.fingerprint/*' -o -path '*/build/*' -o -path '*/deps/*.*' \) -print0 |
    tar --format=posix --null --files-from=- -cf - | tar -C "$2" -xf -
