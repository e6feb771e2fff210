#!/bin/bash
# The storage identity in the initramfs. Read by dracut, which calls these functions.
# shellcheck disable=SC2154 # initdir, moddir and hostonly are dracut's

check() {
    require_binaries sanid || return 1
    # Wherever storage may be connected over a network; in a generic image that is everywhere.
    [[ $hostonly ]] || return 0
    [[ $mount_needs ]] && return 255
    return 0
}

depends() {
    return 0
}

install() {
    local file
    inst_multiple sanid cat mkdir mount umount
    inst_script /usr/lib/sanid/initramfs-identity /usr/lib/sanid/initramfs-identity
    # Before the iscsi module (90) and the nvmf module (92) read the files.
    inst_hook cmdline 20 "$moddir/sanid-identity.sh"
    # Debian's iscsid.service runs this before iscsid and fails without it; the iscsi module of dracut 059
    # takes only the unit (dracut-ng/dracut#993). It checks the name that sanid has written.
    inst_multiple -o /lib/open-iscsi/startup-checks.sh /usr/lib/open-iscsi/startup-checks.sh

    if [[ $hostonly ]]; then
        # This host's seed and configuration, and its files: a name that it keeps, it keeps here, too.
        inst_multiple -o /etc/machine-id /etc/sanid/config.toml \
            /etc/sanid/config.d/*.toml /usr/lib/sanid/config.d/*.toml \
            /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /etc/nvme/hostid
        : >"$initdir/usr/lib/sanid/host-only"
    else
        inst_multiple -o /usr/lib/sanid/config.d/*.toml
        # The nvmf module copies the pair of the machine that builds the image, also into a generic one.
        rm -f "$initdir"/etc/nvme/hostnqn "$initdir"/etc/nvme/hostid \
            "$initdir"/etc/iscsi/initiatorname.iscsi "$initdir"/etc/initiatorname.iscsi
        # With hostonly_cmdline=yes it and the iscsi module also put names into the image's own command line.
        for file in "$initdir"/etc/cmdline.d/*.conf; do
            if [[ -e $file ]]; then
                sed -i -E 's/(^| +)rd\.(iscsi\.initiator|nvmf\.host(nqn|id))=[^ ]*//g' "$file"
            fi
        done
    fi
}
