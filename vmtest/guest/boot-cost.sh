# What sanid.service costs, beside systemd-machine-id-commit.service and /bin/true in the same sandbox. This is a
# measurement: no check depends on a time. The units take turns, so that other work on the machine slows all of them.
rounds=15
property() { systemctl show --property="$1" --value "$2"; }
# As systemd-analyze blame computes it, in microseconds.
took() { echo $(($(property ActiveEnterTimestampMonotonic "$1") - $(property InactiveExitTimestampMonotonic "$1"))); }
# In milliseconds with one decimal.
ms() { printf '%d.%d' $(($1 / 1000)) $(($1 % 1000 / 100)); }
start() { systemctl reset-failed; systemctl restart "$1"; took "$1"; }
# The machine-id is the same one, in memory, as at a first boot.
commit() {
    mount --bind /run/same-machine-id /etc/machine-id
    start systemd-machine-id-commit.service
}
# report WHAT MICROSECONDS…: median (least–most)
report() {
    local what=$1 sorted; shift
    sorted=($(printf '%s\n' "$@" | sort -n))
    say "took $(ms "${sorted[$(($# / 2))]}") ($(ms "${sorted[0]}")–$(ms "${sorted[$(($# - 1))]}")) ms: $what"
}

say "took $(ms "$(took sanid.service)") ms: sanid.service in this boot"
# A change of the machine-id would start sanid.
systemctl stop sanid.path
cp /etc/machine-id /run/same-machine-id
shipped=/usr/lib/systemd/system/sanid.service
sed 's|^ExecStart=.*|ExecStart=/bin/true|' $shipped >/run/systemd/system/floor.service
sed -n '/^\[Service\]/q; /^DefaultDependencies=/p' $shipped | sed '1i [Unit]' >/run/systemd/system/bare.service
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n' >>/run/systemd/system/bare.service
systemctl daemon-reload
same "only the command differs" "$(property SystemCallFilter floor.service)" "$(property SystemCallFilter sanid.service)"
for _ in $(seq $rounds); do
    commits+=" $(commit)"
    sanids+=" $(start sanid.service)"
    floors+=" $(start floor.service)"
    bares+=" $(start bare.service)"
done
check "the commit did its work" eval '! mountpoint -q /etc/machine-id'
for unit in sanid.service floor.service systemd-machine-id-commit.service; do
    same "$unit ends well" "$(property Result $unit)" success
done
report "sanid.service" $sanids
report "/bin/true in its sandbox" $floors
report "/bin/true without a sandbox" $bares
report "systemd-machine-id-commit.service" $commits
# The programs alone, in the sandbox: its own cost varies by more than they take.
sed 's|^ExecStart=.*|ExecStart=/bin/bash /run/programs.sh|' $shipped >/run/systemd/system/programs.service
command=$(sed -n 's/^ExecStart=//p' $shipped)
cat >/run/programs.sh <<PROGRAMS
run() { local from=\${EPOCHREALTIME/./}; "\$@" >/run/sanid/output; echo \$((\${EPOCHREALTIME/./} - from)); }
for _ in \$(seq 50); do run $command >>/run/sanid/sanids; run /bin/true >>/run/sanid/trues; done
PROGRAMS
systemctl daemon-reload
exits 0 "the programs run in the sandbox" systemctl start programs.service
report "the sanid command alone, in the sandbox" $(cat /run/sanid/sanids)
report "/bin/true alone, in the sandbox" $(cat /run/sanid/trues)
end
