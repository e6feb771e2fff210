# The Debian packages, as an administrator installs, removes and purges them in a running system.
#
# With SELinux nothing is denied, since the policy only reports; what would be is in the kernel's log.
files="/etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /etc/nvme/hostid"
enabled="sanid.service sanid-bind.service sanid-machine-id.service sanid.path sanid-status.timer"

names() { stat --format='%n %a %u %i %Y' $files; cat $files; }
# The answer to a question of systemctl, which also has an exit code.
state() { systemctl "$@" 2>/dev/null || :; }
no_failure() { same "no unit of sanid has failed" "$(systemctl list-units --failed --plain --no-legend 'sanid*')" ""; }

# The units that ran at this boot have run, also after the package was removed.
running() { state list-units --plain --no-legend --state=active 'sanid*' | cut -d ' ' -f 1; }

installs() {
    local unit before
    before=$(running)
    exits 0 "dpkg installs the package" dpkg --install /packages/sanid_*.deb
    [ "$1" != first ] || says "sanid status"
    for unit in $enabled; do same "$unit is enabled" "$(state is-enabled $unit)" enabled; done
    same "nothing is started" "$(running)" "$before"
    for unit in sanid-claim.service sanid-claim-renew.timer; do
        same "$unit is not enabled" "$(state is-enabled $unit)" disabled
    done
    no_failure
}

labels() {
    [ -e /sys/fs/selinux/enforce ] || return 0
    local path
    same "SELinux reports" "$(getenforce)" Permissive
    ls --directory --context /usr/bin/sanid /usr/lib/systemd/system/sanid.service $files /var/lib/sanid /run/sanid
    for path in $(dpkg --listfiles sanid) $files /var/lib/sanid /var/lib/sanid/* /run/sanid /run/sanid/*; do
        [ -e "$path" ] || continue
        output=$(restorecon -nv "$path" 2>&1)
        # The policy has no labels for what is in memory: that stays as it was made.
        case $output in "" | *"no default label"*) continue ;; esac
        not_ok "the label of $path is not the policy's: $output"
    done
    # What programs without a domain of their own are not allowed is no fault of sanid's.
    output=$(journalctl --no-pager --quiet --output=cat --boot)
    says "SELinux"
    output=$(grep -E 'avc: +denied.*comm="sanid' <<<"$output" || :)
    same "nothing of sanid would be denied" "$output" ""
}

for word; do
    case $word in
    install)
        before=$(names)
        installs first
        same "the names are as they were" "$(names)" "$before"
        names >/vm/kept/stock
        exits 0 "the other packages are installed" dpkg --install /packages/sanid-fleet_*.deb /packages/sanid-kube_*.deb
        labels
        ;;
    kept)
        no_failure
        same "sanid.service has run" "$(state show --property=Result,ExecMainStatus --value sanid.service | tr '\n' ' ')" "success 0 "
        same "it keeps the names that were there" "$(names)" "$(cat /vm/kept/stock)"
        labels
        ;;
    then-again)
        exits 0 "dpkg removes the package" dpkg --remove sanid
        same "the names stay" "$(names)" "$(cat /vm/kept/stock)"
        check "its program is gone" [ ! -e /usr/bin/sanid ]
        same "no unit of it is loaded" "$(state list-units --all --plain --no-legend 'sanid[.-]*' | grep -v not-found)" ""
        no_failure
        rm $files
        installs again
        check "no name is made" [ ! -e /etc/iscsi/initiatorname.iscsi -a ! -e /etc/nvme/hostnqn ]
        ;;
    made)
        no_failure
        read_files
        id=$(systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u)
        same "the Host ID follows from the machine-id" "$hostid" "$id"
        same "so does the host NQN" "$hostnqn" "nqn.2014-08.org.nvmexpress:uuid:$id"
        same "and the initiator name" "$iqn" "iqn.2016-04.com.open-iscsi:${id//-/}"
        exits 0 "status is clean" sanid status
        labels
        ;;
    then-purge)
        before=$(names)
        : >/var/lib/sanid/claims.db
        exits 0 "dpkg purges the packages" dpkg --purge sanid sanid-fleet sanid-kube
        same "the names stay" "$(names)" "$before"
        same "of what sanid kept a database of claims is left" "$(ls /var/lib/sanid)" claims.db
        no_failure
        ;;
    *) not_ok "there is no $word" ;;
    esac
done
end
