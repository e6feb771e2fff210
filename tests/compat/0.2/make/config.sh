# shellcheck shell=sh
# Configuration: every key, every source, and the output of `sanid config`.

put() {
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

machine configured $MACHINE_ID
at=$WORK/configured
put "$at/usr/lib/sanid/config.d/10-iqn.toml" <<'END'
iqn-prefix = "iqn.1994-05.com.redhat"
END
put "$at/usr/lib/sanid/config.d/20-image.toml" <<'END'
# Settings of the image.
on-existing = "replace"
allow-volatile-machine-id = true
END
put "$at/run/sanid/config.d/30-boot.toml" <<'END'
placement = "file"
END
put "$at/etc/sanid/config.d/10-iqn.toml" <<'END'
iqn-prefix = "iqn.2004-05.com.example"
END
put "$at/etc/sanid/config.d/40-hardware.toml" <<'END'
scheme = "sanid-v1"
seed = ["machine-id", "dmi", "device-tree"]
denylist = ["03d40274-0435-05dc-8506-010700080009", "00020003000400050006000700080009"]
END
put "$at/etc/sanid/config.d/50-pin.toml" <<'END'
[pin]
hostnqn = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555"
hostid = "11111111-2222-4333-8444-555555555555"
END
put "$at/etc/sanid/config.toml" <<'END'
firmware = "ignore"
END
put "$at/credentials/sanid.config" <<'END'
# From the hypervisor.
on-existing = "keep"

[pin]
iqn = "iqn.2004-05.com.example:db1"
END
printf iqn.2004-05.com.example:from-a-credential >"$at/credentials/sanid.iqn"
on configured sanid config --root / --format json >"$documents/config-files.json"
CREDENTIALS_DIRECTORY=/credentials on configured \
    sanid config --root / --format json >"$documents/config-credential.json"
CREDENTIALS_DIRECTORY=/credentials on configured \
    sanid show --root / --format json --explain >"$documents/show-credential.json"
keep configured config $(cd "$at" && find usr/lib/sanid run/sanid/config.d etc/sanid credentials -type f)

machine templated $MACHINE_ID
at=$WORK/templated
put "$at/etc/sanid/config.toml" <<'END'
scheme = "nvme-stas"
iqn-template = "iqn.2004-05.com.example:{hostname}"
allow-non-unique-template = true
END
on templated sanid config --root / --format json >"$documents/config-template.json"
on templated sanid show --root / --format json >"$documents/show-template.json"
keep templated config-template etc/machine-id etc/hostname etc/sanid/config.toml

# Every key of the file for claims.
put "$OUT/claims/claim.toml" <<'END'
store = "etcd:https://192.0.2.1:2379,https://192.0.2.2:2379"
lease = "7d"
wait = "30s"
policy = "enforce"
unreachable = "hold"
user = "sanid"
password-file = "/etc/sanid/claim.password"

[tls]
ca = "/etc/sanid/tls/ca.pem"
cert = "/etc/sanid/tls/host.pem"
key = "/etc/sanid/tls/host.key"
server-name = "etcd.example.com"

[metrics]
textfile = "/var/lib/prometheus/node-exporter/sanid.prom"
END
