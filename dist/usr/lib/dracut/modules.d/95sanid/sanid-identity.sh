#!/bin/sh
# Sourced by dracut's cmdline hook, so it sets no shell option and does not exit.
/usr/lib/sanid/initramfs-identity || warn "sanid failed"

# What sanid resolved has the iBFT in its rank already: the iscsi module is not to put it above the rest.
# In a host-only image a copied file may have been kept, and the iBFT stays above that.
if [ -s /run/initiatorname.iscsi ] && [ ! -e /usr/lib/sanid/host-only ]; then
    while read -r line; do
        # shellcheck disable=SC2034 # for the iscsi module's hook, which is sourced after this one
        case $line in InitiatorName=*) iscsi_initiator=${line#*=} ;; esac
    done </run/initiatorname.iscsi
    : >/tmp/iscsi_set_initiator
fi
