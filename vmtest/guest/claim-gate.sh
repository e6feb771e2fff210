# What sanid-claim.service did at this boot, and whether the storage clients began. $1 is the situation, $2 the
# seconds by which the store is slow. How long a gate waits is not measured, since a busy machine takes its time: that
# it gave up by itself shows in what it says, and a store that would have answered a little later was not waited for.
moment() { systemctl show --property="$2" --value "$1"; }
began() { moment "$1" InactiveExitTimestampMonotonic; }
clients="iscsid.service open-iscsi.service nvmf-autoconnect.service"
gate=sanid-claim.service
from=$(began $gate)
to=$(moment $gate ExecMainExitTimestampMonotonic)
took=$(((to - from) / 1000))
say "took $took ms: $gate ($1)"

connected() {
    local unit
    for unit in $clients; do
        check "$unit began ($(began "$unit")) after the gate had ended ($to)" [ "$(began "$unit")" -gt "$to" ]
    done
}
held_back() {
    local unit
    for unit in $clients; do same "$unit did not begin" "$(began "$unit")" 0; done
}
passed() { same "the gate let it pass" "$(moment $gate Result) $(moment $gate ExecMainStatus)" "success 0"; }
stopped() { same "the gate did not let it pass" "$(moment $gate Result) $(moment $gate ExecMainStatus)" "exit-code 1"; }
# gave_up: its own deadline ended the wait, and not the thread that ends a program that hangs.
gave_up() {
    gate_says "nobody knows whether"
    check "it ended by itself" eval '[[ $output != *"still hangs"* ]]'
}
fleet() { sanid-fleet claim "$@"; }
# A service's words reach the journal a moment after it has ended, one by one.
patience=120
read -r boot </proc/sys/kernel/random/boot_id
journal() { journalctl --no-pager --quiet --output=cat --unit=$gate --boot="${boot//-/}"; }
gate_says() {
    heard() { output=$(journal); [[ $output == *"$1"* ]]; }
    until_that "the gate says $1" heard "$1"
}
# systemd-nspawn gives its guest a boot id by a mount that units with a /proc of their own do not see: from
# here on both see the same one, as on a host. (The journal knows the other one.)
umount /proc/sys/kernel/random/boot_id

case $1 in
held)
    passed; connected; gate_says "holds its identity"
    exits 0 "it is renewed" fleet --root /
    says "still holds"
    # Timers start beside a boot and not before its end.
    until_that "the timer waits" systemctl is-active --quiet sanid-claim-renew.timer
    # Another host with a copy of this disk: the same machine-id, other hardware.
    exits 0 "this host gives it back" fleet release --root /
    fleet request --root / >/tmp/request
    sed -e 's/"name": *"[^"]*"/"name": "clone"/' -e 's/"bootId": *"[^"]*"/"bootId": "another"/' \
        -e 's/"firmwareUuid": *"[^"]*"/"firmwareUuid": "another"/' \
        -e 's/"boardSerial": *"[^"]*"/"boardSerial": "another"/' </tmp/request >/tmp/clone
    exits 0 "and the clone takes it" fleet --for /tmp/clone
    says "clone holds its identity"
    exits 1 "which is a conflict from here" fleet --root /
    ;;
report)
    passed; connected
    gate_says "clone has Host ID"; gate_says "storage is connected all the same"; gate_says "takeover --fenced"
    ;;
enforce)
    stopped; held_back
    gate_says "storage is not connected"; gate_says "takeover --fenced"; gate_says "systemctl restart $gate"
    # As it says.
    exits 3 "a takeover without the word is refused" fleet takeover --root /
    exits 0 "with it, it is done" fleet takeover --fenced --root /
    exits 0 "the gate passes" systemctl restart $gate
    # shellcheck disable=SC2086 # words
    exits 0 "and the clients start" systemctl start --no-block $clients
    ;;
away) passed; gave_up; connected; gate_says "does not answer"; gate_says "connected all the same" ;;
away-hold) stopped; gave_up; held_back; gate_says "does not answer"; gate_says "storage is not connected" ;;
slow)
    # Connected, a lease, a transaction: no fewer answers than these had to be waited for.
    check "it took three answers that are $2 s late" [ "$took" -ge $((3 * $2 * 1000)) ]
    passed; connected; gate_says "holds its identity"
    read_files
    exits 0 "the store has it, asked without the delay" \
        fleet list --root / --store etcd:https://127.0.0.1:2379 --format json
    says "$hostid"
    ;;
missing)
    gate_says "sanid-fleet is not installed"; gate_says "storage is connected anyway"
    for unit in $clients; do check "$unit began" [ "$(began "$unit")" -gt 0 ]; done
    ;;
missing-hold)
    same "the gate has failed" "$(moment $gate Result) $(moment $gate ActiveState)" "exit-code failed"
    held_back
    ;;
expired)
    # For who reads the console.
    journalctl --no-pager --quiet --output=cat --unit=etcd.service --lines=15
    passed; gave_up; connected; gate_says "refused this host's certificate"
    sed -i s/expired/client/ /etc/sanid/claim.toml
    exits 0 "with a new certificate the gate passes" systemctl restart $gate
    exits 0 "and the claim is held" fleet --root /
    says "still holds"
    ;;
esac
end
