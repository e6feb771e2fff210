# shellcheck shell=sh
# Many hosts: inventories, the identities derived of them, reports, their audit, and records for escrow.

fleet=$OUT/fleet
mkdir -p "$fleet/inventories" "$fleet/reports" "$OUT/escrow"

# host:machine-id; copy-1 and copy-2 are copies of one disk.
HOSTS="web-1:00000000000040008000000000000101
web-2:00000000000040008000000000000102
copy-1:00000000000040008000000000000103
copy-2:00000000000040008000000000000103
old-1:00000000000040008000000000000105"

inventory=$fleet/inventories
{
    echo host,machine_id,scheme,iqn_prefix,iqn,host_nqn,host_id
    echo "$HOSTS" | grep -v copy-2 | sed 's/\(.*\):\(.*\)/\1.example.com,\2,,,,,/'
    echo prefix-1.example.com,00000000000040008000000000000106,,iqn.2004-05.com.example,,,
    echo scheme-1.example.com,00000000000040008000000000000107,nvme-cli-1,,,,
    echo fixed-1.example.com,,,,iqn.2004-05.com.example:fixed-1,,11111111-2222-4333-8444-555555555555
} >"$inventory/hosts.csv"
sed 's/,/;/g' "$inventory/hosts.csv" >"$inventory/semicolons.csv"
gzip -nc "$inventory/hosts.csv" >"$inventory/hosts.csv.gz"
rows() { echo "$HOSTS" | grep -v copy-2 | sed "$1"; }
rows 's/\(.*\):\(.*\)/{"host":"\1.example.com","machine_id":"\2"}/' >"$inventory/hosts.ndjson"
jq -s '{items: .}' "$inventory/hosts.ndjson" >"$inventory/items.json"
jq -s '{results: map({name: .host, custom_fields: {machine_id}})}' "$inventory/hosts.ndjson" >"$inventory/netbox.json"
{
    echo '[web]'
    rows 's/\(.*\):\(.*\)/\1.example.com ansible_host=192.0.2.1 machine_id="\2"/'
} >"$inventory/hosts.ini"
{
    printf 'all:\n  children:\n    web:\n      hosts:\n'
    rows 's/\(.*\):\(.*\)/        \1.example.com: {machine_id: "\2"}/'
} >"$inventory/hosts.yml"

hostname desk.example.com
for format in csv ndjson json table; do
    "$BIN/sanid-fleet" derive --format $format "$inventory/hosts.csv" >"$fleet/identities.$format" 2>/dev/null
done
"$BIN/sanid-fleet" export --to terraform "$fleet/identities.csv" >"$fleet/terraform.tfvars.json" 2>/dev/null

# Five hosts and their reports; old-1 has a foreign identity.
echo "$HOSTS" | while IFS=: read -r name id; do
    machine "$name" "$id"
    hardware "$name" "4c4c4544-0051-3610-8052-0000000$(printf %s "$name" | cksum | cut -c1-5)" \
        "$name.CN701630000" "52:54:00:$(printf %s "$name" | md5sum | sed 's/\(..\)\(..\)\(..\).*/\1:\2:\3/')"
    case $name in
    old-1) cp -r "$WORK/cut.etc/iscsi" "$WORK/cut.etc/nvme" "$WORK/$name/etc/" ;;
    *) on "$name" sanid apply --root / >/dev/null ;;
    esac
    on "$name" sanid status --root / --format json >"$fleet/reports/$name.json" || :
done

# Stands in for ssh(1): prints the report of a host, and cannot reach gone-1.
mkdir "$WORK/ssh"
cat >"$WORK/ssh/ssh" <<'END'
#!/bin/sh
for word; do
    case $word in
    admin@*.example.com) name=${word#admin@} exec cat "$REPORTS/${word#admin@}.json" ;;
    gone-1.example.com) echo "ssh: connect to host gone-1.example.com port 22: No route to host" >&2; exit 255 ;;
    *.example.com) exec cat "$REPORTS/${word%.example.com}.json" ;;
    esac
done
END
chmod +x "$WORK/ssh/ssh"
{
    echo '# destinations, as ssh(1) takes them'
    echo "$HOSTS" | sed 's/:.*/.example.com/'
    echo 'gone-1.example.com # switched off'
} >"$fleet/hosts.txt"
REPORTS=$fleet/reports PATH=$WORK/ssh:$PATH ends 1 \
    "$BIN/sanid-fleet" collect --jobs 1 --ssh "$fleet/hosts.txt" >"$fleet/reports.ndjson" 2>/dev/null

audit() { ends 1 "$BIN/sanid-fleet" audit --format json "$@"; }
cd "$fleet"
audit reports.ndjson >audit.json
audit --hosts reports.ndjson >audit-hosts.json
audit --hosts --inventory identities.csv reports.ndjson >audit-inventory.json
ends 1 "$BIN/sanid-fleet" audit reports.ndjson >audit.txt
cd - >/dev/null

# Escrow records. The one with the machine-id is written encrypted, and decrypted here.
on db-1 sanid status --root / --format json >"$WORK/db-1.json"
"$BIN/sanid-fleet" escrow "$WORK/db-1.json" >"$OUT/escrow/db-1.json"
"$BIN/sanid-fleet" escrow "$documents/show.json" --host db-1.example.com --address 192.0.2.10 \
    --address db-1.example.com >"$OUT/escrow/of-show.json"
age-keygen -o "$WORK/key" 2>/dev/null
"$BIN/sanid-fleet" escrow --root "$WORK/db-1" --with-machine-id --recipient "$(age-keygen -y "$WORK/key")" \
    -o "$OUT/escrow/db-1.age"
age -d -i "$WORK/key" "$OUT/escrow/db-1.age" >"$OUT/escrow/with-machine-id.json"
