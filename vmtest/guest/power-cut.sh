# After a power cut: no file is missing, empty or torn, and one plain apply makes a matched pair of what
# is left. Then changes, one after the other, until the power is cut again.
load disk
# ext4 guesses that a rename means "fsync first" and so hides where one was forgotten: not here.
mkdir /disk
mount -t ext4 -o noauto_da_alloc /dev/vda /disk
mount --bind /disk/etc /etc
mount --bind /disk/var /var
mkdir -p /run/sanid/config.d

a=11111111-1111-4111-8111-111111111111
b=22222222-2222-4222-8222-222222222222
pin() {
    cat <<EOF >/run/sanid/config.d/50-pin.toml
[pin]
iqn = "iqn.2024-01.test.local:$1"
hostnqn = "nqn.2014-08.org.nvmexpress:uuid:$1"
hostid = "$1"
EOF
}

# known FILE BEFORE: the file is one whole line with one of the two identities.
known() {
    local found; found=$(od -An -c "$1" 2>&1)
    local id; for id in $a $b; do
        [ "$found" = "$(echo "$2$id" | od -An -c)" ] && return 0
    done
    say "$1 holds: $found"
    return 1
}

words=$(</proc/cmdline)
if [[ $words != *vm.first* ]]; then
    check "initiator name is whole" known /etc/iscsi/initiatorname.iscsi InitiatorName=iqn.2024-01.test.local:
    check "host NQN is whole" known /etc/nvme/hostnqn nqn.2014-08.org.nvmexpress:uuid:
    check "Host ID is whole" known /etc/nvme/hostid ""
    read_files
    if [ "${hostnqn##*:}" != "$hostid" ]; then
        say "the cut came between the two files of the pair"
        pin $a
        exits 1 "status finds the interrupted change" sanid status
        says change-interrupted
        # Exit code 3 says that the initiator name is whole and another: it stays, the pair does not.
        output=$(sanid apply 2>&1)
        read_files
        same "a plain apply makes a matched pair" "${hostnqn##*:}" "$hostid"
    fi
    ls -a /etc/iscsi /etc/nvme | grep -v '^\.*$' | tr '\n' ' '
fi
if [[ $words = *vm.last* ]]; then
    pin $a
    exits 0 "a change after all the cuts" sanid apply --replace
    exits 0 "status is clean" sanid status
    end
else
    pin $b
    sanid apply --replace >/dev/null
    sync
    say CHANGING
    while :; do
        pin $a; sanid apply --replace >/dev/null || not_ok "apply: $?"
        pin $b; sanid apply --replace >/dev/null || not_ok "apply: $?"
    done
fi
