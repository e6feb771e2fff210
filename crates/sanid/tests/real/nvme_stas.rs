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
        trial(
            "nvme_stas_reads_the_hosts_pair_from_a_configuration_without_names",
            NEEDS,
            without_names,
        ),
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

/// Random configurations, each before and after `seal` of images edits it.
fn without_names() {
    const LINES: [&str; 14] = [
        "[Host]",
        "[Other]",
        "nqn=nqn.2014-08.com.example:other",
        "NQN = nqn.2014-08.com.example:other",
        "  nqn.2014-08.com.example:other",
        "nqn=",
        " id=11111111-2222-4333-8444-555555555555",
        "id = 11111111-2222-4333-8444-555555555555",
        "id=file:///etc/nvme/hostid",
        "\t; a comment",
        "#nqn=nqn.2014-08.com.example:other",
        "symname=a",
        "symname=",
        "",
    ];
    const SCRIPT: &str = "mount -t tmpfs none /etc/stas; exec python3 -c '
import shutil
from staslib import conf
for number in range(600):
    shutil.copy(f\"/tmp/{number}\", \"/etc/stas/sys.conf\")
    try:
        c = conf.SysConf()
        c.reload()
        print(repr(c.hostnqn + \" \" + str(c.hostid)))
    except BaseException as error:
        print(\"refused\", type(error).__name__)'";
    let host = Host::new(MACHINE_ID);
    host.apply();
    let directory = tempfile::tempdir().unwrap();
    let mut state = 1_u64;
    for number in 0..300 {
        // A key before the first section makes the file invalid.
        let head = if number % 5 == 0 { "" } else { "[Host]\n" };
        let mut text = head.to_owned();
        for _ in 0..number % 10 {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let index = usize::try_from(state >> 33).unwrap() % LINES.len();
            text.extend([LINES[index], "\n"]);
        }
        let without = sanid_host::own::Config::Stas.without(text.as_bytes());
        let without = without.unwrap_or_else(|_| text.clone().into_bytes());
        std::fs::write(directory.path().join(number.to_string()), &text).unwrap();
        std::fs::write(directory.path().join((300 + number).to_string()), without).unwrap();
    }
    let ran = Private::nvme(&host)
        .bind(directory.path(), "/tmp")
        .in_debian13()
        .run(SCRIPT, &[], "")
        .expect(0);
    let read: Vec<&str> = ran.stdout.lines().collect();
    let (before, after) = read.split_at(300);
    let pair = format!(
        "{} {}",
        String::from_utf8(host.read("etc/nvme/hostnqn").unwrap())
            .unwrap()
            .trim(),
        String::from_utf8(host.read("etc/nvme/hostid").unwrap())
            .unwrap()
            .trim()
    );
    let count = |what: &[&str], like: &str| what.iter().filter(|line| line.contains(like)).count();
    assert!(count(before, "other") > 20, "{before:#?}");
    for (number, line) in after.iter().enumerate() {
        assert!(
            line.trim_matches('\'') == pair || line.starts_with("refused"),
            "{number}: {line}"
        );
    }
    for (number, (before, after)) in before.iter().zip(after).enumerate() {
        let is_refused = |line: &str| line.starts_with("refused");
        let made_invalid = is_refused(after) && !is_refused(before);
        assert!(!made_invalid, "{number}: {before}");
    }
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
