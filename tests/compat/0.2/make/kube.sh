# shellcheck shell=sh
# Custom resources, as the real agent writes them to a stand-in for the API server (api.py).

kube=$OUT/kube
mkdir -p "$kube"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$WORK/api.key" -out "$WORK/api.crt" 2>/dev/null
printf token >"$WORK/token"
python3 "$PARTS/api.py" "$WORK/api.crt" "$WORK/api.key" &
api=$!

# agent CODE MACHINE NODE: one publication.
agent() {
    mount --rbind "$WORK/$2" /mnt
    ends "$1" env -i "$BIN/sanid-kube" agent --once --node-name "$3" --root /mnt --server https://127.0.0.1:6443 \
        --token-file "$WORK/token" --ca-file "$WORK/api.crt"
    umount -R /mnt
}
ask() {
    curl -s --cacert "$WORK/api.crt" "https://127.0.0.1:6443$1"
}
dump() {
    ask /dump | jq . >"$kube/$1"
}
until ask /dump >/dev/null; do sleep 0.2; done

# Empty classes of sysfs: the kernel has no sessions.
for name in db-1 copy-of-db-1 db-2 db-3 db-4 old old-1; do
    mkdir -p "$WORK/$name/sys/class/nvme" "$WORK/$name/sys/class/iscsi_session"
done
boot db-1 1
agent 0 db-1 node-1
# After a reboot.
boot db-1 2
agent 0 db-1 node-1
# A copy of its disk.
agent 1 copy-of-db-1 node-2
# A node with pinned names, and one with the same names on disk that should have others.
agent 0 old node-3
agent 1 old-1 node-7
# A node whose identity changes: the claim of the old one is given back.
agent 0 db-2 node-4
echo 00000000000040008000000000000302 >"$WORK/db-2/etc/machine-id"
on db-2 sanid apply --root / >/dev/null
agent 0 db-2 node-4
# A node that keeps its Host ID and NQN and changes its initiator name.
agent 0 db-3 node-5
echo 'iqn-prefix = "iqn.2004-05.com.example"' | put "$WORK/db-3/etc/sanid/config.toml"
on db-3 sanid apply --root / --replace >/dev/null
agent 0 db-3 node-5
# A node whose claim is not completed: its pieces are staged.
ask /refuse-anchors >/dev/null
agent 2 db-4 node-6
dump cluster.json
"$BIN/sanid-kube" definitions >"$kube/definitions.json"
kill $api
