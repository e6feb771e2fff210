for directory in usr bin lib lib64 sbin; do
    if [ -L "/$directory" ]; then ln -s "$(readlink "/$directory")" "$root/$directory"
    elif [ -d "/$directory" ]; then mkdir "$root/$directory"; mount --bind "/$directory" "$root/$directory"; fi
done
cp "$sanid" "$root/sanid"
inside() { code=$1; shift; set +e; chroot "$root" /sanid "$@" > "$place/said" 2>&1; was=$?; set -e
           [ "$was" = "$code" ] || fail "sanid $* ended with $was, not $code"; }
inside 0 show
inside 1 status
inside 0 apply --dry-run
for words in apply "apply --boot" adopt "reseed --yes" "hardware record" "hardware accept"; do
    inside 3 $words; says "cannot be determined (/proc/self/ns/pid: "; says "--root /"
done
[ ! -e "$root/$iqn" ] || fail "it has written"
[ "$(cat "$root/etc/machine-id")" = "$machine_id" ] || fail "the machine-id is another one"
inside 0 apply --root /; has $uuid
