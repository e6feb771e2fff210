# shellcheck shell=sh
# Claims: one sequence of commands on SQLite and on etcd, their output, and the state that a host stores.

claims=$OUT/claims
mkdir -p "$claims" "$WORK/claims"
etcd --data-dir "$WORK/etcd" --log-level error --logger zap --auto-compaction-retention 0 2>"$WORK/etcd.log" &
etcd=$!
export ETCDCTL_API=3
until etcdctl endpoint health >/dev/null 2>&1; do sleep 0.2; done

# request NAME BOOT MACHINE-ID MAC: the claim request of a new host.
request() {
    machine "$1" "$3"
    boot "$1" "$2"
    hardware "$1" "4c4c4544-0051-3610-8052-00000000000$2" "$1.CN70163000001" "$4"
    on "$1" sanid apply --root / >/dev/null
    on "$1" sanid-fleet claim request --root / >"$WORK/claims/$1.json"
}
on db-1 sanid-fleet claim request --root / >"$WORK/claims/db-1.json"
# The same host after a reboot.
boot db-1 2
on db-1 sanid-fleet claim request --root / >"$WORK/claims/db-1-again.json"
request copy-of-db-1 3 $MACHINE_ID 52:54:00:aa:aa:aa
request db-2 4 00000000000040008000000000000202 52:54:00:12:34:02
request db-3 5 00000000000040008000000000000203 52:54:00:12:34:03
request db-4 6 00000000000040008000000000000204 52:54:00:12:34:04
request copy-of-db-4 7 00000000000040008000000000000204 52:54:00:aa:aa:04
request db-5 8 00000000000040008000000000000205 52:54:00:12:34:05
request copy-of-db-5 9 00000000000040008000000000000205 52:54:00:aa:aa:05
cp "$WORK/claims/db-1.json" "$claims/request.json"

# story STORE DIRECTORY
story() {
    claim() {
        code=$1 from=$WORK/claims/$2.json
        shift 2
        ends "$code" "$BIN/sanid-fleet" claim --store "$STORE" --from "$from" --format json "$@"
    }
    STORE=$1 to=$2
    mkdir -p "$to"
    hostname desk.example.com
    claim 0 db-1 --lease 24h >"$to/held.json"
    claim 0 db-1 --lease 24h >"$to/renewed.json"
    claim 0 db-1-again --lease 24h >"$to/changed.json"
    claim 1 copy-of-db-1 --lease 24h >"$to/conflict.json"
    claim 0 db-2 --lease none >"$to/held-without-lease.json"
    claim 0 db-3 --lease 24h >"$WORK/claims/answer"
    claim 0 db-3 release >"$to/released.json"
    claim 0 db-4 --lease 2s >"$WORK/claims/answer"
    claim 3 copy-of-db-4 takeover --lease 24h >"$to/refused.json"
    sleep 8
    claim 0 copy-of-db-4 takeover --lease 24h >"$to/taken-over-expired.json"
    claim 0 db-5 --lease none >"$WORK/claims/answer"
    claim 0 copy-of-db-5 takeover --fenced --lease none >"$to/taken-over-fenced.json"
    claim 0 db-5 release --fenced >"$to/released-fenced.json"
    claim 0 db-3 --lease 2s >"$WORK/claims/answer"
    sleep 8
    "$BIN/sanid-fleet" claim --store "$STORE" list --format json >"$to/list.json"
    "$BIN/sanid-fleet" claim --store "$STORE" list --history --format json >"$to/history.json"
    "$BIN/sanid-fleet" claim --store "$STORE" watch --idle 1s --format json >"$to/watch.ndjson"
}
# The store records the boot that its leases count from.
mount --bind "$WORK/db-1/proc/sys/kernel/random/boot_id" /proc/sys/kernel/random/boot_id
story "sqlite:$WORK/claims.db" "$claims/sqlite"
umount /proc/sys/kernel/random/boot_id
sqlite3 "$WORK/claims.db" 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
cp "$WORK/claims.db" "$claims/claims.db"
story etcd:http://127.0.0.1:2379 "$claims/etcd"

# A dump: keys and values in base64, revisions, and the lease that each key is attached to. jq would round
# lease ids.
etcdctl get --prefix /sanid/ -w json | python3 -c '
import json, sys
names = ["key", "value", "create_revision", "mod_revision", "version", "lease"]
kvs = [{name: kv[name] for name in names if name in kv} for kv in json.load(sys.stdin)["kvs"]]
json.dump({"kvs": kvs}, sys.stdout, indent=2)
print()' >"$claims/etcd.json"

# The state that a host stores about its claim, and its metrics.
keep_state() { cp "$WORK/$1/run/sanid/claim.json" "$2"; }
on db-1 sanid-fleet claim --root / --store etcd:http://127.0.0.1:2379 --lease 24h >/dev/null
mkdir -p "$OUT/host/run/sanid"
keep_state db-1 "$OUT/host/run/sanid/claim.json"
on db-1 sanid-fleet claim metrics --root / >"$claims/metrics.prom"
ends 1 on copy-of-db-1 sanid-fleet claim --root / --store etcd:http://127.0.0.1:2379 >/dev/null
keep_state copy-of-db-1 "$claims/state-conflict.json"
kill $etcd
wait $etcd || :
ends 2 on db-1 sanid-fleet claim --root / --store etcd:http://127.0.0.1:2379 --wait 1s >/dev/null 2>&1
keep_state db-1 "$claims/state-unreachable.json"
