# What every script in a guest has. The harness reads the lines that begin with [vm].
# Helpers use what bash has built in: under emulation each program started costs 0.1 s.

say() { read -r uptime _ </proc/uptime; echo "($uptime)[vm] $*"; }
ok() { say "ok $*"; }
not_ok() { say "NOT ok $*"; }
end() { say END; }

# load LIST: the modules for one purpose, in the order in which they need each other (initramfs).
load() {
    while read -r module; do insmod "/lib/modules/$module" || echo "cannot load $module"; done <"/lib/modules/$1"
}

# until_that WHAT COMMAND…: the command succeeds in the end, within $patience seconds: a busy machine may take minutes.
patience=600
until_that() {
    local what=$1 end=$((SECONDS + patience)); shift
    until "$@" >/dev/null 2>&1 || [ $SECONDS -ge $end ]; do sleep 0.2; done
    check "$what" "$@"
}

# check WHAT COMMAND…: the command succeeds.
check() { local what=$1; shift; if "$@"; then ok "$what"; else not_ok "$what: $*"; fi; }

# same WHAT FOUND EXPECTED
same() { if [ "$2" = "$3" ]; then ok "$1"; else not_ok "$1: found '$2', expected '$3'"; fi; }

# differs WHAT ONE OTHER
differs() { if [ "$2" != "$3" ]; then ok "$1"; else not_ok "$1: both are '$2'"; fi; }

# exits CODE WHAT COMMAND…: the command ends with this code; what it printed is in $output.
exits() {
    local code=$1 what=$2 got=0; shift 2
    output=$("$@" 2>&1) || got=$?
    if [ $got = "$code" ]; then ok "$what"; else not_ok "$what: exit code $got, not $code: $output"; fi
}

# says WORD: $output has the word.
says() { case $output in *"$1"*) ok "says $1" ;; *) not_ok "says $1: $output" ;; esac; }

# line FILE: its first line, or nothing.
line() { local text=; [ -r "$1" ] && read -r text <"$1"; echo -n "$text"; }

# The three names in the files, as $iqn, $hostnqn and $hostid.
read_files() {
    iqn=$(line /etc/iscsi/initiatorname.iscsi); iqn=${iqn#InitiatorName=}
    hostnqn=$(line /etc/nvme/hostnqn)
    hostid=$(line /etc/nvme/hostid)
}

# What sanid-v1 makes of the machine-id, by sanid's own pure command.
derived() { sanid derive </etc/machine-id; }

# ended_before WRITER CLIENT…: by systemd's own clock WRITER had ended well before any of the others began.
ended_before() {
    local writer=$1 finished began unit; shift
    finished=$(systemctl show --property=ExecMainExitTimestampMonotonic --value "$writer")
    check "$writer has run" [ "$finished" -gt 0 ]
    same "and succeeded" "$(systemctl show --property=Result,ExecMainStatus --value "$writer" | tr '\n' ' ')" "success 0 "
    for unit; do
        began=$(systemctl show --property=InactiveExitTimestampMonotonic --value "$unit")
        check "$unit began ($began) after $writer ended ($finished)" [ "$began" -gt "$finished" ]
    done
}
