# It follows image.sh. packages/old has the package of 0.1.
rpm() { within rpm --dbpath /rpmdb --nodeps "$@"; }
new=/packages/$(cd packages; ls sanid-[0-9]*.rpm)
old=/packages/old/$(cd packages/old; ls)
timer=timers.target.wants/sanid-status.timer

rpm --install "$new" 2>message; grep -q 'sanid status' message; check installation enabled there
within systemctl --root=/ --quiet disable sanid-status.timer
rpm --upgrade --force "$new"
unit 'the upgrade' $timer disabled
rpm --erase sanid; check removal disabled gone
rpm --install "$new"; check 'another installation' enabled there
mkdir -p var/lib/sanid; touch var/lib/sanid/claims.db
rpm --erase sanid; check 'another removal' disabled gone
test -e var/lib/sanid/claims.db

# From 0.1 and back.
disabled() { no_identity "$1"; unit "$1" $timer disabled; unit "$1" paths.target.wants/sanid.path enabled; }
rm -r var/lib/sanid
rpm --install "$old"; check 'the installation of 0.1' enabled there
within systemctl --root=/ --quiet disable sanid-status.timer
rpm --upgrade "$new"; disabled 'the upgrade from 0.1'
rpm --upgrade --oldpackage "$old"; disabled 'the downgrade to 0.1'
rpm --upgrade "$new"; disabled 'the second upgrade from 0.1'
within systemctl --root=/ --quiet enable sanid-status.timer
rpm --upgrade --oldpackage "$old"; check 'the second downgrade' enabled there
rpm --erase sanid; program 'the removal of 0.1' gone
rpm --install "$new"; check 'the installation after 0.1 was removed' enabled there
rpm --erase sanid; check 'the last removal' disabled gone
