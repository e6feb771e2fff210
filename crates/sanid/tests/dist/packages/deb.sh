# $1 is an empty directory, $2 that of the packages, $3 a Debian with systemd, open-iscsi and nvme-cli, $4 the
# scripts of the package of 0.1. It follows image.sh.
repacked() {
    sed -i "s/^Version:.*/Version: $1/" "$2/DEBIAN/control"
    dpkg-deb --root-owner-group -Zgzip -z1 --build "$2" "$3" >&2
}
dpkg-deb --raw-extract "$2"/sanid_*.deb "$1/tree"
repacked 0.2.0-1 "$1/tree" new.deb
rm "$1/tree/DEBIAN/preinst"
for script in "$4"/*; do install -m 755 "$script" "$1/tree/DEBIAN/"; done
repacked 0.1.0-1 "$1/tree" old.deb

dpkg() {
    if within dpkg --no-triggers "$@" 2>log; then cat log >&2; else cat log; exit 1; fi
}
says() { grep -q "$1" log || { echo "$2 did not print: $1"; exit 1; }; }
install() { dpkg --install /new.deb; }
old() { dpkg --install /old.deb; }

# A stock host: the names that open-iscsi and nvme-cli made.
mkdir -p etc/iscsi etc/nvme
echo 'InitiatorName=iqn.1993-08.org.debian:01:ab12cd34ef56' >etc/iscsi/initiatorname.iscsi
chmod 600 etc/iscsi/initiatorname.iscsi
echo 'nqn.2014-08.org.nvmexpress:uuid:0d5ba1ee-3f0c-4a2b-9a59-59e7a2a0c0de' >etc/nvme/hostnqn
echo '0d5ba1ee-3f0c-4a2b-9a59-59e7a2a0c0de' >etc/nvme/hostid
names() { stat -c '%n %a %u %i %Y' etc/iscsi/* etc/nvme/*; cat etc/iscsi/initiatorname.iscsi etc/nvme/host*; }
before=$(names)
install
says 'sanid status' 'the installation'
if [ "$(names)" != "$before" ]; then echo 'the installation changed a name'; exit 1; fi
rm etc/iscsi/initiatorname.iscsi etc/nvme/hostnqn etc/nvme/hostid
check 'the installation' enabled there
for unit in sanid-claim.service sanid-claim-renew.timer; do
    if within systemctl --root=/ is-enabled --quiet "$unit"; then echo "$unit is enabled"; exit 1; fi
done

# What the administrator disabled or masked stays so, over an upgrade and over a removal.
timer=timers.target.wants/sanid-status.timer
within systemctl --root=/ --quiet disable sanid-status.timer
within systemctl --root=/ --quiet mask sanid-changed.service
disabled() { no_identity "$1"; unit "$1" "$timer" disabled; unit "$1" paths.target.wants/sanid.path "$2"; }
install; disabled 'the upgrade' enabled
dpkg --remove sanid; program 'the removal' gone
install; disabled 'the removal and another installation' enabled
if [ "$(readlink etc/systemd/system/sanid-changed.service)" != /dev/null ]; then echo 'unmasked'; exit 1; fi
within systemctl --root=/ --quiet unmask sanid-changed.service

# A purge forgets those choices and what sanid recorded, and keeps what is of other hosts and programs.
mkdir -p var/lib/sanid etc/iscsi
touch var/lib/sanid/record.json var/lib/sanid/hardware.json var/lib/sanid/claims.db var/lib/sanid/claims.db-wal
dpkg --purge sanid; says 'kept /var/lib/sanid' 'the purge'
check 'the purge' disabled gone
if [ "$(echo var/lib/sanid/*)" != 'var/lib/sanid/claims.db var/lib/sanid/claims.db-wal' ]; then
    echo "after the purge: $(ls var/lib/sanid)"; exit 1
fi
rm var/lib/sanid/claims.db*
install; check 'the purge and another installation' enabled there
dpkg --purge sanid; check 'another purge' disabled gone
if [ -e var/lib/sanid ]; then echo 'after the purge there is an empty directory'; exit 1; fi

# From 0.1, which knew no deb-systemd-helper, and back.
old; check 'the installation of 0.1' enabled there
within systemctl --root=/ --quiet disable sanid-status.timer
install; disabled 'the upgrade from 0.1' enabled
old; disabled 'the downgrade to 0.1' enabled
install; disabled 'the second upgrade from 0.1' enabled
within systemctl --root=/ --quiet enable sanid-status.timer
old; check 'the second downgrade' enabled there
dpkg --remove sanid; program 'the removal of 0.1' gone
install; check 'the installation after 0.1 was removed' enabled there
dpkg --purge sanid; check 'the last purge' disabled gone
