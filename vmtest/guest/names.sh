# What the files hold after a boot, beside what they held after the boot before.
# /vm/kept outlives the guest's root file system.
# The container stands for a host (vmtest/src/kinds/container.rs), hence --root.
unit_log() { journalctl --no-pager --quiet --output=cat --unit='sanid*'; }
moment() { local time; time=$(systemctl show --property="$1" --value "$2"); echo "${time:-0}"; }
# Whether sanid-machine-id.service had something to do at this boot.
second_run() { systemctl show --property=ConditionResult --value sanid-machine-id.service; }
same_as_before() { same "the names are those of the boot before" "$names" "$(cat /vm/kept/names)"; }

same "no unit of sanid has failed" "$(systemctl list-units --failed --plain --no-legend 'sanid*')" ""
read_files
names="$iqn $hostnqn $hostid"
check "there is an initiator name" [ -n "$iqn" ]
case " $* " in
*" kept "*) ;;
*) same "the pair matches" "$hostid" "${hostnqn##*:}" ;;
esac

for word; do
    case $word in
    first)
        check "the machine-id is stored" grep -qE '^[0-9a-f]{32}$' /etc/machine-id
        # systemd's own tool recomputes the names.
        same "the names follow from the machine-id" "$hostid" \
            "$(systemd-id128 machine-id --app-specific=8b67317851694316ad1b04bec63f8907 -u)"
        exits 0 "status is clean" sanid status --root /
        echo "$names" >/vm/kept/names
        echo "$names" >>/vm/kept/all
        ;;
    template) same "the names are those of the template" "$names" "$(head -1 /vm/kept/all)" ;;
    then-dbus-copy)
        # As the post-install script of Debian's dbus makes it; the trees of the guests have lost theirs.
        rm -f /var/lib/dbus/machine-id
        check "dbus-uuidgen makes a copy of the machine-id" dbus-uuidgen --ensure
        check "which is no link" test -f /var/lib/dbus/machine-id -a ! -L /var/lib/dbus/machine-id
        ;;
    clients)
        # Which of the units had the names to write depends on how the machine-id was reset.
        writer=sanid-machine-id.service
        [ ! -e /run/sanid/early ] || writer=sanid.service
        ended_before $writer iscsid.socket iscsid.service open-iscsi.service nvmf-autoconnect.service
        ;;
    once) same "one apply was enough" "$(second_run)" no ;;
    twice) same "the record was elsewhere at the first apply: a second one" "$(second_run)" yes ;;
    same) same_as_before; exits 0 "status is clean" sanid status --root / ;;
    other)
        # The record tells sanid that these were its own names for an earlier machine-id.
        for name in $names; do
            check "no host before has $name" eval '! grep -qF "$name" /vm/kept/all'
        done
        output=$(unit_log)
        says "earlier"
        echo "$names" >/vm/kept/names
        echo "$names" >>/vm/kept/all
        ;;
    kept)
        # The post-install script made a valid host NQN: that is somebody's, and stays until consent.
        output=$(unit_log)
        says kept
        exits 1 "status finds it" sanid status --root /
        says nvme-differs
        exits 0 "apply --replace brings this host's names back" sanid apply --replace --root /
        read_files
        names="$iqn $hostnqn $hostid"
        same_as_before
        ;;
    timing)
        # As systemd-analyze blame computes it, which itself waits for the end of the boot that this is
        # part of: from the begin of a unit's start to its being active, or to its end.
        for unit in sanid.service sanid-machine-id.service systemd-machine-id-commit.service \
            systemd-remount-fs.service systemd-tmpfiles-setup.service \
            iscsid.service open-iscsi.service nvmf-autoconnect.service stafd.service; do
            from=$(moment InactiveExitTimestampMonotonic $unit)
            to=$(moment ActiveEnterTimestampMonotonic $unit)
            [ "$to" -ge "$from" ] || to=$(moment InactiveEnterTimestampMonotonic $unit)
            [ "$from" -eq 0 ] || say "took $(((to - from) / 1000)) ms: $unit"
        done
        # What the boot waited for sanid alone: until when the other units before the same target were done.
        of=local-fs-pre.target last=0 latest=
        for unit in $(systemctl show --property=After --value $of); do
            at=$(moment ActiveEnterTimestampMonotonic "$unit")
            [ "$at" -gt 0 ] || at=$(moment InactiveEnterTimestampMonotonic "$unit")
            case $unit in sanid*) ;; *) [ "$at" -le "$last" ] || last=$at latest=$unit ;; esac
        done
        alone=$(($(moment ActiveEnterTimestampMonotonic sanid.service) - last))
        [ "$alone" -gt 0 ] || alone=0
        say "alone $((alone / 1000)) ms: $of waited for sanid.service after $latest had started"
        say "exposure $(systemd-analyze security --no-pager sanid.service | tail -1 | tr -cd '[:print:]')"
        ;;
    then-new-id)
        echo 3d1219c7c4c5404aaa1f6d2a48adfda4 >/etc/machine-id
        expected=$(derived | tr -s ' \t' ' ')
        # One file is changed after the other.
        changed() { read_files; [ "$iqn $hostnqn $hostid" = "$expected" ]; }
        until_that "the names follow the machine-id that was changed" changed
        same "all of them" "$iqn $hostnqn $hostid" "$expected"
        ;;
    then-remove-all) rm /etc/iscsi/initiatorname.iscsi /etc/nvme/hostnqn /etc/nvme/hostid ;;
    then-remove-one) rm /etc/nvme/hostid ;;
    then-postinst)
        rm /etc/nvme/hostnqn /etc/nvme/hostid
        sh /var/lib/dpkg/info/nvme-cli.postinst configure
        check "the post-install script made a pair" [ -s /etc/nvme/hostnqn -a -s /etc/nvme/hostid ]
        read_files
        differs "of its own" "$hostnqn $hostid" "${names#* }"
        ;;
    esac
done
end
