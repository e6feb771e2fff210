//! The boots of `claim_gate`, and what its guest needs besides.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::case::{Bench, Boot, Change};
use crate::cmd::Cmd;
use crate::place::output;

const CONFIG: &str = "etc/sanid/claim.toml";
const MACHINE_ID: &str = "etc/machine-id";

/// A client starts, whether there is something for it to do or not.
const ALWAYS: &str = "[Unit]\nConditionPathExists=\n";
const SQLITE: &str = "store = 'sqlite:/var/lib/sanid/claims.db'\nlease = 'none'\nwait = '5s'\n";
/// As long as a boot is to wait in these cases.
const REFUSED: &str = "store = 'etcd:http://127.0.0.1:1'\nwait = '3s'\npolicy = 'enforce'\n";
const HOLD: &str =
    "store = 'etcd:http://127.0.0.1:1'\nwait = '3s'\npolicy = 'enforce'\nunreachable = 'hold'\n";
const SILENT: &str = "store = 'etcd:http://127.0.0.1:4001'\nwait = '3s'\npolicy = 'enforce'\n";
const EXPIRED: &str = "store = 'etcd:https://127.0.0.1:2379'\nwait = '6s'\npolicy = 'enforce'\n[tls]\n\
                       ca = '/etc/sanid/tls/ca.pem'\ncert = '/etc/sanid/tls/expired.pem'\n\
                       key = '/etc/sanid/tls/expired.key'\n";
/// A store that takes the connection and never says a word.
const SILENT_SOCKET: &str = "[Unit]\nDefaultDependencies=no\nBefore=sanid-claim.service\n[Socket]\n\
                             ListenStream=127.0.0.1:4001\n[Install]\nRequiredBy=sanid-claim.service\n";
const SILENT_SERVICE: &str = "[Service]\nExecStart=/bin/sleep infinity\n";
const ETCD: &str = "[Unit]\nDefaultDependencies=no\nAfter=local-fs.target\nBefore=sanid-claim.service\n\
                    [Service]\nType=notify\nExecStart=/usr/bin/etcd --data-dir /run/etcd --client-cert-auth \
                    --trusted-ca-file /etc/sanid/tls/ca.pem --cert-file /etc/sanid/tls/server.pem \
                    --key-file /etc/sanid/tls/server.key --listen-client-urls https://127.0.0.1:2379 \
                    --advertise-client-urls https://127.0.0.1:2379 \
                    --listen-peer-urls http://127.0.0.1:2380 \
                    --initial-advertise-peer-urls http://127.0.0.1:2380 \
                    --initial-cluster default=http://127.0.0.1:2380\n[Install]\nWantedBy=sanid-claim.service\n";

/// The same server, and each of its answers is late.
const SLOWER: &str = "store = 'etcd:https://127.0.0.1:4002'\nwait = '3s'\npolicy = 'enforce'\n[tls]\n\
                      ca = '/etc/sanid/tls/ca.pem'\ncert = '/etc/sanid/tls/client.pem'\n\
                      key = '/etc/sanid/tls/client.key'\n";
const SLOW: &str = "store = 'etcd:https://127.0.0.1:4002'\nwait = '40s'\npolicy = 'enforce'\n[tls]\n\
                    ca = '/etc/sanid/tls/ca.pem'\ncert = '/etc/sanid/tls/client.pem'\n\
                    key = '/etc/sanid/tls/client.key'\n";
const SLOW_SOCKET: &str = "[Unit]\nDefaultDependencies=no\nBefore=sanid-claim.service\n[Socket]\n\
                           ListenStream=127.0.0.1:4002\nAccept=yes\n[Install]\n\
                           RequiredBy=sanid-claim.service\n";
const SLOW_BY_5: &str = "[Unit]\nDefaultDependencies=no\n[Service]\nStandardInput=socket\n\
                         StandardError=journal\nExecStart=/usr/bin/perl /vm/slow-store.pl 2379 5\n";
const SLOW_BY_2: &str = "[Unit]\nDefaultDependencies=no\n[Service]\nStandardInput=socket\n\
                         StandardError=journal\nExecStart=/usr/bin/perl /vm/slow-store.pl 2379 2\n";

const fn boot(arguments: &'static str, before: &'static [Change]) -> Boot {
    Boot {
        before,
        script: "claim-gate.sh",
        arguments,
        options: &[],
    }
}

/// One after the other, with one store.
pub(super) const BOOTS: &[Boot] = &[
    boot(
        "held",
        &[
            Change::Write(MACHINE_ID, "3d1219c7c4c5404aaa1f6d2a48adfda4\n"),
            Change::Program("sanid-fleet"),
            Change::Program("etcd"),
            Change::Certificates,
            Change::Enable("iscsid.service"),
            Change::Enable("sanid-claim.service"),
            Change::Write("etc/iscsi/nodes/placeholder", ""),
            Change::Write("var/lib/iscsi/nodes/placeholder", ""),
            Change::Write(
                "etc/systemd/system/nvmf-autoconnect.service.d/always.conf",
                ALWAYS,
            ),
            Change::Write(CONFIG, SQLITE),
        ],
    ),
    boot("report", &[]),
    boot(
        "enforce",
        &[Change::Write(
            CONFIG,
            "store = 'sqlite:/var/lib/sanid/claims.db'\nlease = 'none'\nwait = '5s'\npolicy = 'enforce'\n",
        )],
    ),
    boot("away 3", &[Change::Write(CONFIG, REFUSED)]),
    boot("away-hold 3", &[Change::Write(CONFIG, HOLD)]),
    boot(
        "away 3",
        &[
            Change::Write(CONFIG, SILENT),
            Change::Write("etc/systemd/system/silent.socket", SILENT_SOCKET),
            Change::Write("etc/systemd/system/silent.service", SILENT_SERVICE),
            Change::Enable("silent.socket"),
        ],
    ),
    boot(
        "expired 6",
        &[
            Change::Write(CONFIG, EXPIRED),
            Change::Write("etc/systemd/system/etcd.service", ETCD),
            Change::Enable("etcd.service"),
        ],
    ),
    boot(
        "away 3",
        &[
            Change::Write(CONFIG, SLOWER),
            Change::Write(
                "vm/slow-store.pl",
                include_str!("../../../tests/vm/slow-store.pl"),
            ),
            Change::Write("etc/systemd/system/slow.socket", SLOW_SOCKET),
            Change::Write("etc/systemd/system/slow@.service", SLOW_BY_5),
            Change::Enable("slow.socket"),
        ],
    ),
    boot(
        "slow 40 2",
        &[
            Change::Write(CONFIG, SLOW),
            Change::Write("etc/systemd/system/slow@.service", SLOW_BY_2),
        ],
    ),
];

/// Copies a program into the tree.
pub(super) fn program(bench: &Bench<'_>, name: &str, root: &Path) -> Result<()> {
    let from = if name == "sanid-fleet" {
        let cmd = Cmd::new(["cargo", "build", "--quiet", "--package", "sanid-fleet"]);
        let built = cmd.run(bench.place, "build sanid-fleet")?;
        ensure!(built.status.success(), "{}", built.output);
        bench.place.target.join("debug").join(name)
    } else {
        Path::new("/usr/bin").join(name)
    };
    fs::copy(&from, root.join("usr/bin").join(name))
        .with_context(|| from.display().to_string())
        .map(drop)
}

/// As an administrator makes them, with one whose time is over.
pub(super) fn certificates(root: &Path) -> Result<()> {
    let directory = root.join("etc/sanid/tls");
    fs::create_dir_all(&directory)?;
    let script = "
        key='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        openssl req -x509 $key -days 30 -subj /CN=ca -keyout ca.key -out ca.pem
        echo 'subjectAltName = IP:127.0.0.1' >extensions
        for one in server:30 client:30 expired:-1; do
            name=${one%:*}
            openssl req $key -subj /CN=$name -keyout $name.key -out request
            openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days ${one#*:} \
                -extfile extensions -out $name.pem
        done";
    output(
        Command::new("sh")
            .args(["-euc", script])
            .current_dir(directory),
    )
    .map(drop)
}
