# $1 is an empty directory, $2 that of the packages, $3 the system to install them in: a copy of it without an
# identity and without a machine-id, as an image has.
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/image"
cp -r "$2" "$1/upper/packages"
mount -t overlay overlay -o "lowerdir=$3,upperdir=$1/upper,workdir=$1/work" "$1/image"
cd "$1/image"
mount -t proc proc proc
rm -rf etc/machine-id etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid var/lib/sanid
within() { chroot . /usr/bin/env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" >&2; }
no_identity() {
    for file in etc/machine-id etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid \
        var/lib/sanid/record.json run/sanid/identity.json; do
        if [ -e "$file" ]; then echo "after $1 there is $file"; exit 1; fi
    done
}
unit() {
    if [ -L "etc/systemd/system/$2" ]; then now=enabled; else now=disabled; fi
    if [ "$now" != "$3" ]; then echo "after $1 $2 is $now"; exit 1; fi
}
program() {
    for program in sanid sanid-image; do
        if [ -x "usr/bin/$program" ]; then now=there; else now=gone; fi
        if [ "$now" != "$2" ]; then echo "after $1 $program is $now"; exit 1; fi
    done
}
check() {
    no_identity "$1"
    for unit in sysinit.target.wants/sanid.service sysinit.target.wants/sanid-bind.service \
        sysinit.target.wants/sanid-machine-id.service paths.target.wants/sanid.path \
        timers.target.wants/sanid-status.timer; do
        unit "$1" "$unit" "$2"
    done
    program "$1" "$3"
}
