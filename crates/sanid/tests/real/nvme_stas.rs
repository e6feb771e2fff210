//! nvme-stas, from Debian 13: what it reads, and its own derivation.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Set("SANID_DEBIAN13", "a tree of Debian 13"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial("nvme_stas_reads_the_pair_that_sanid_wrote", NEEDS, reads),
        trial("stasadm_derives_the_same_host_nqn", NEEDS, derives),
    ]
}

fn reads() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let script = "exec python3 -c 'from staslib import conf; c = conf.SysConf(); \
                  print(c.hostnqn); print(c.hostid)'";
    let ran = Private::nvme(&host)
        .in_debian13()
        .run(script, &[], "")
        .expect(0);
    let mut written = host.read("etc/nvme/hostnqn").unwrap();
    written.extend(host.read("etc/nvme/hostid").unwrap());
    assert_eq!(ran.stdout.into_bytes(), written);
}

fn derives() {
    let ids = super::systemd::machine_ids(200);
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = "mount -t tmpfs none /tmp; mount -t tmpfs none /etc/stas; \
                  while read -r id; do printf '%s\\n' \"$id\" > /etc/machine-id; \
                  stasadm hostnqn -f /tmp/nqn; cat /tmp/nqn; done";
    let ran = Private::default()
        .bind(file.path(), "/etc/machine-id")
        .in_debian13()
        .run(script, &[], &(ids.join("\n") + "\n"))
        .expect(0);
    let theirs: Vec<&str> = ran.stdout.lines().collect();
    let ours = super::systemd::derive("nvme-stas", &ids);
    let ours: Vec<&str> = ours
        .iter()
        .map(|[_, host_nqn, _]| host_nqn.as_str())
        .collect();
    assert_eq!(theirs, ours);
}
