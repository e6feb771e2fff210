//! nvme-cli: the names that it shows, and those that it hands to the kernel.
//! The kernel's side is a plain file in place of `/dev/nvme-fabrics`, which
//! shows byte for byte what `nvme connect` asks for.

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{FOREIGN, Host, MACHINE_ID};
use super::vectors;
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[Need::Root, UNSHARE, Need::Program("nvme", "nvme-cli")];
const NEEDS_13: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Set("SANID_DEBIAN13", "a tree of Debian 13"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "nvme_cli_shows_the_host_nqn_that_sanid_wrote",
            NEEDS,
            || {
                shows(Private::nvme);
            },
        ),
        trial(
            "nvme_cli_2_13_shows_the_host_nqn_that_sanid_wrote",
            NEEDS_13,
            || {
                shows(|host| Private::nvme(host).in_debian13());
            },
        ),
        trial(
            "nvme_connect_asks_the_kernel_for_the_pair_that_sanid_wrote",
            NEEDS,
            || {
                connects(Private::nvme);
            },
        ),
        trial(
            "nvme_connect_2_13_asks_the_kernel_for_the_pair_that_sanid_wrote",
            NEEDS_13,
            || {
                connects(|host| Private::nvme(host).in_debian13());
            },
        ),
        trial(
            "nvme_connect_takes_every_portable_host_nqn_whole",
            NEEDS,
            portable_names,
        ),
        trial(
            "nvme_cli_3977_no_random_fallback",
            NEEDS,
            no_random_fallback,
        ),
    ]
}

fn shows(private: fn(&Host) -> Private) {
    for host in hosts() {
        let shown = private(&host).run("nvme show-hostnqn", &[], "").expect(0);
        assert_eq!(
            shown.stdout.into_bytes(),
            host.read("etc/nvme/hostnqn").unwrap()
        );
    }
}

/// A fresh host, and one that had a foreign identity.
fn hosts() -> [Host; 2] {
    let fresh = Host::new(MACHINE_ID);
    fresh.apply();
    let replaced = Host::foreign(MACHINE_ID);
    replaced.run(&["apply", "--replace"]).expect(0);
    for host in [&fresh, &replaced] {
        assert_ne!(
            host.read("etc/nvme/hostnqn").unwrap(),
            FOREIGN[1].as_bytes()
        );
    }
    [fresh, replaced]
}

fn connects(private: fn(&Host) -> Private) {
    for host in hosts() {
        let text = |path: &str| String::from_utf8(host.read(path).unwrap()).unwrap();
        let (host_nqn, host_id) = (text("etc/nvme/hostnqn"), text("etc/nvme/hostid"));
        assert_eq!(
            asked(&private(&host)),
            [
                host_nqn.trim_end().to_owned(),
                host_id.trim_end().to_owned()
            ]
        );
    }
}

fn portable_names() {
    for name in vectors::portable("nqn") {
        let host = Host::new(MACHINE_ID);
        host.apply();
        host.write("etc/nvme/hostnqn", format!("{name}\n"));
        assert_eq!(asked(&Private::nvme(&host))[0], name);
    }
}

/// Where nothing distinguishes one host from another, nvme generates a name, a different one
/// each time; sanid stops and writes nothing.
fn no_random_fallback() {
    let script = "mount -t tmpfs none /sys; nvme gen-hostnqn; nvme gen-hostnqn";
    let made_up = Private::default().run(script, &[], "").expect(0).stdout;
    let [first, second] = made_up.lines().collect::<Vec<_>>()[..] else {
        panic!("{made_up:?}");
    };
    assert_ne!(first, second, "or there is nothing to guard against");

    for seed in ["", "uninitialized", "00000000000000000000000000000000"] {
        let host = Host::new(seed);
        host.run(&["show"]).expect(4);
        host.run(&["apply"]).expect(4);
        assert_eq!(host.three(), [None, None, None], "{seed:?}");
    }
}

/// Host NQN and Host ID of a connect.
fn asked(private: &Private) -> [String; 2] {
    let script = "\
        mount -t tmpfs none /sys; mkdir -p /sys/class/nvme /sys/class/nvme-subsystem; \
        mount -t tmpfs none /tmp; mknod /tmp/null c 1 3; \
        printf 'instance=-1,cntlid=-1,transport=%%s,traddr=%%s,trsvcid=%%s,nqn=%%s,\
        hostnqn=%%s,hostid=%%s,ctrl_loss_tmo=%%d' > /tmp/nvme-fabrics; \
        mount --bind /tmp /dev; \
        nvme connect -t tcp -a 127.0.0.1 -s 4420 -n nqn.2024-01.test:subsystem >&2 || true; \
        cat /dev/nvme-fabrics";
    let ran = private.run(script, &[], "").expect(0);
    // It does not take the name of the subsystem for the kernel's own line.
    assert!(
        ran.stdout.contains("nqn=nqn.2024-01.test:subsystem"),
        "{ran:#?}"
    );
    let option = |key: &str| {
        ran.stdout
            .split(',')
            .find_map(|option| option.strip_prefix(key))
            .unwrap_or_else(|| panic!("no {key} in {ran:#?}"))
            .to_owned()
    };
    [option("hostnqn="), option("hostid=")]
}
