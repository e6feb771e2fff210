//! `nvme gen-hostnqn` of nvme-cli 2, which the scheme `nvme-cli-2` reproduces and `nvme-tool` asks, on hosts
//! with made firmware. The scheme of nvme-cli 3.1 is in `nvme_cli_3.rs`.

use std::fmt::Write as _;

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID, Ran};
use super::systemd;
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[Need::Root, UNSHARE, Need::Program("nvme", "nvme-cli")];
const NEEDS_13: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Set("SANID_DEBIAN13", "a tree of Debian 13"),
];

pub(crate) const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:";
pub(crate) const SHOWN: &str = "sys/class/dmi/id/product_uuid";
const PARTITION: &str = "proc/device-tree/ibm,partition-uuid";

/// Where nvme-cli runs.
pub(crate) type Where = fn() -> Private;

fn here() -> Private {
    Private::default()
}

fn debian13() -> Private {
    here().in_debian13()
}

pub(crate) fn trials() -> Vec<Trial> {
    let both = |name: &str, test: fn(Where)| {
        [
            trial(&format!("nvme_2_3_{name}"), NEEDS, move || test(here)),
            trial(&format!("nvme_2_13_{name}"), NEEDS_13, move || {
                test(debian13);
            }),
        ]
    };
    [
        both("gives_the_names_of_nvme_cli_2_for_250_uuids", equal),
        both("differs_from_nvme_cli_2_as_documented", differs),
        both("is_asked_by_nvme_tool", asked),
        both("is_not_believed_where_it_makes_up_a_name", made_up),
    ]
    .into_iter()
    .flatten()
    .chain([trial("nvme_tool_refuses_a_bad_answer", NEEDS, refused)])
    .collect()
}

/// The firmware of one host: files, with their bytes.
pub(crate) type Firmware = Vec<(&'static str, Vec<u8>)>;

/// A System Information structure with this UUID, in the byte order of SMBIOS 2.6 and later.
pub(crate) fn entry(uuid: &str) -> Firmware {
    let number = u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap();
    let mut bytes = number.to_be_bytes();
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    let mut raw = vec![1, 27, 1, 0, 1, 2, 3, 4];
    raw.extend(bytes);
    raw.extend(b"\x06\0\0vendor\0product\0\0");
    vec![
        ("sys/firmware/dmi/entries/1-0/type", b"1\n".to_vec()),
        ("sys/firmware/dmi/entries/1-0/raw", raw),
    ]
}

pub(crate) fn shown(text: &str) -> Firmware {
    vec![(SHOWN, format!("{text}\n").into_bytes())]
}

pub(crate) fn tree(text: &str) -> Firmware {
    vec![(PARTITION, format!("{text}\0").into_bytes())]
}

/// What nvme says on a host with each of these.
pub(crate) fn nvme(place: &Private, hosts: &[Firmware]) -> Vec<String> {
    // A script is one argument, which the kernel limits to 128 KiB.
    hosts
        .chunks(100)
        .flat_map(|hosts| nvme_of(place, hosts))
        .collect()
}

fn nvme_of(place: &Private, hosts: &[Firmware]) -> Vec<String> {
    let mut script =
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount -t tmpfs none /sys; mount -t tmpfs none /proc; \
         mount -t tmpfs none /dev; mknod /dev/null c 1 3; mknod /dev/urandom c 1 9; \
         make() { mkdir -p \"${1%/*}\"; printf \"$2\" > \"$1\"; }\n"
            .to_owned();
    for firmware in hosts {
        for (path, bytes) in firmware {
            let octal = octal(bytes);
            writeln!(script, "make '/{path}' '{octal}'").unwrap();
        }
        script += "nvme gen-hostnqn; rm -rf /sys/* /proc/*\n";
    }
    let ran = place.run(&script, &[], "").expect(0);
    let names: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    assert_eq!(names.len(), hosts.len(), "{}", ran.stderr);
    names
}

/// `sanid show` on a host with this firmware, by `nvme-cli-2`.
fn sanid(firmware: &Firmware) -> Ran {
    show("nvme-cli-2", firmware)
}

/// `sanid show` on a host with this firmware.
pub(crate) fn show(scheme: &str, firmware: &Firmware) -> Ran {
    let host = Host::new(MACHINE_ID);
    host.write("etc/sanid/config.toml", format!("scheme = \"{scheme}\"\n"));
    for (path, bytes) in firmware {
        host.write(path, bytes);
    }
    host.run(&["show"])
}

pub(crate) fn host_nqn(shown: &Ran) -> String {
    let line = shown
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("host NQN"));
    line.unwrap_or_else(|| panic!("{shown:#?}"))
        .trim()
        .to_owned()
}

pub(crate) fn uuids(count: usize) -> Vec<String> {
    let dashed = |mut id: String| {
        for at in [20, 16, 12, 8] {
            id.insert(at, '-');
        }
        id
    };
    systemd::machine_ids(count)
        .into_iter()
        .map(dashed)
        .collect()
}

/// No kernel spells a UUID this way, and nvme prints one as it is.
pub(crate) fn half_capitals(uuid: &str) -> String {
    let (small, capital) = uuid.split_at(18);
    small.to_owned() + &capital.to_uppercase()
}

fn equal(place: Where) {
    let uuids = uuids(250);
    let make: [fn(&str) -> Firmware; 7] = [
        shown,
        |uuid| shown(&uuid.to_uppercase()),
        |uuid| shown(&half_capitals(uuid)),
        entry,
        tree,
        // The first place that has one counts.
        |uuid| [shown(uuid), entry("4c4c4544-0051-3610-8052-b4c04f303132")].concat(),
        |uuid| [entry(uuid), tree("4c4c4544-0051-3610-8052-b4c04f303132")].concat(),
    ];
    let hosts: Vec<Firmware> = uuids
        .iter()
        .zip(make.iter().cycle())
        .map(|(uuid, make)| make(uuid))
        .collect();
    let theirs = nvme(&place(), &hosts);
    for (theirs, (host, uuid)) in theirs.iter().zip(hosts.iter().zip(&uuids)) {
        assert_eq!(host_nqn(&sanid(host).expect(0)), *theirs, "{host:?}");
        assert_eq!(theirs.to_lowercase(), format!("{NQN}{uuid}"));
    }
    // The same of the UUIDs alone.
    let derived = systemd::derive("nvme-cli-2", &uuids);
    for ([_, host_nqn, host_id], uuid) in derived.iter().zip(&uuids) {
        assert_eq!([host_nqn, host_id], [&format!("{NQN}{uuid}"), uuid]);
    }
}

/// The table in docs/schemes.md.
fn differs(place: Where) {
    const ZERO: &str = "00000000-0000-0000-0000-000000000000";
    const ONES: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    const VENDOR: &str = "03000200-0400-0500-0006-000700080009";
    const OTHER_VENDOR: &str = "00020003-0004-0005-0006-000700080009";
    let text = "Not Settable In This Firmware Version";
    let text = &text[..36];
    let takes: Vec<(Firmware, &str)> = vec![
        (entry(ONES), ONES),
        (shown(VENDOR), VENDOR),
        (entry(VENDOR), VENDOR),
        (tree(VENDOR), VENDOR),
        (shown(OTHER_VENDOR), OTHER_VENDOR),
        (shown(text), text),
        // No kernel shows these; a bind mount does.
        (shown(ZERO), ZERO),
        (shown(ONES), ONES),
    ];
    let hosts: Vec<Firmware> = takes.iter().map(|(host, _)| host.clone()).collect();
    for (theirs, (host, uuid)) in nvme(&place(), &hosts).iter().zip(&takes) {
        assert_eq!(*theirs, format!("{NQN}{uuid}"));
        sanid(host).expect(4);
    }
    // Two hosts each, to see that the name is made up.
    let short = shown("4c4c4544-0051-3610-8052-b4c04f30313");
    for none in [vec![], short] {
        let names = nvme(&place(), &[none.clone(), none.clone()]);
        assert_ne!(names[0], names[1]);
        sanid(&none).expect(4);
    }
    // libnvme has learnt to pass over zeros.
    let names = nvme(&place(), &[entry(ZERO), entry(ZERO)]);
    let zeros = format!("{NQN}{ZERO}");
    if version(place).starts_with("nvme version 2.3 ") {
        assert_eq!(names, [zeros.clone(), zeros]);
    } else {
        assert_ne!(names[0], names[1]);
    }
    sanid(&entry(ZERO)).expect(4);
}

fn version(place: Where) -> String {
    let script = "PATH=/usr/sbin:/usr/bin; exec nvme version";
    place().run(script, &[], "").expect(0).stdout
}

/// `sanid show` beside nvme, with the scheme nvme-tool. It must end, whatever nvme does.
pub(crate) fn show_with_tool(place: Private, before: &str) -> Ran {
    // It goes where there is a program already, for a chroot that is read-only.
    let script = format!(
        "mount -t tmpfs none /sys; mount -t tmpfs none /tmp; mount -t tmpfs none /dev; \
         mknod -m 666 /dev/null c 1 3; mknod /dev/urandom c 1 9; mkdir /tmp/credentials; \
         echo 'scheme = \"nvme-tool\"' > /tmp/credentials/sanid.config; {before}\n\
         exec timeout 600 env CREDENTIALS_DIRECTORY=/tmp/credentials MARK=1 LIBNVME_HOSTNQN=x /usr/bin/yes show --root /"
    );
    let sanid = std::path::Path::new(env!("CARGO_BIN_EXE_sanid"));
    place
        .bind(sanid, "/usr/bin/yes")
        .run(&script, &[], "a line that is not read\n")
}

fn asked(place: Where) {
    let uuid = &uuids(1)[0];
    let before = format!(
        "mkdir -p /{}; echo {uuid} > /{SHOWN}",
        SHOWN.trim_end_matches("/product_uuid")
    );
    let ran = show_with_tool(place(), &before).expect(0);
    assert_eq!(host_nqn(&ran), format!("{NQN}{uuid}"));
    assert!(
        ran.stdout
            .contains("scheme nvme-tool from /usr/sbin/nvme gen-hostnqn"),
        "{ran:#?}"
    );
    // The parts that it has not are those of nvme-cli-2, since the seed is the same.
    let same = sanid(&shown(uuid)).expect(0);
    assert_eq!(ran.stdout.lines().next(), same.stdout.lines().next());
}

fn made_up(place: Where) {
    let ran = show_with_tool(place(), "").expect(4);
    assert!(
        ran.stderr.contains("asked twice it gave two names"),
        "{ran:#?}"
    );
}

/// Programs in the place of nvme that do what it never should.
fn refused() {
    const GOOD: &str = "nqn.2014-08.org.nvmexpress:uuid:4c4c4544-0051-3610-8052-b4c04f303132";
    let answer = |text: &str| format!("echo '{text}'");
    let cases: Vec<(String, &str)> = vec![
        (
            answer(&format!("{NQN}00000000-0000-0000-0000-000000000000")),
            "not a valid host NQN",
        ),
        (
            answer(&format!("{NQN}03000200-0400-0500-0006-000700080009")),
            "not a valid host NQN",
        ),
        (
            answer("nqn.2014-08.com.example:host"),
            "not a valid host NQN",
        ),
        (answer(&GOOD.replace('-', "")), "not a valid host NQN"),
        (answer(&format!("{GOOD}\n{GOOD}")), "not a valid host NQN"),
        (format!("printf %s {GOOD}"), "not a valid host NQN"),
        (answer(""), "not a valid host NQN"),
        (":".into(), "not a valid host NQN"),
        (format!("echo {GOOD}; exit 1"), "it ends with an error"),
        (
            "while :; do echo nqn; done".into(),
            "does not answer with one line",
        ),
        // It would end well, and in time; what it says is too much before that.
        (
            format!("for _ in 1 2 3 4 5 6 7 8 9; do echo {GOOD}; done; sleep 2"),
            "does not answer with one line",
        ),
        (
            "while :; do sleep 1; done".into(),
            "does not answer with one line",
        ),
        (
            format!("echo {GOOD}; exec >&-; while :; do sleep 1; done"),
            "does not answer with one line",
        ),
    ];
    for (program, expected) in cases {
        let ran = show_with_tool(Private::default(), &instead(&program)).expect(4);
        assert!(ran.stderr.contains(expected), "{program}\n{ran:#?}");
    }
    // So that the others are refused for what they do; and nothing of the surroundings reaches it.
    let good = format!(
        "[ -z \"$MARK$LIBNVME_HOSTNQN$CREDENTIALS_DIRECTORY\" ] || exit 2; read -r line && exit 3; \
         [ \"$*\" = gen-hostnqn ] || exit 5; echo {GOOD}"
    );
    let ran = show_with_tool(Private::default(), &instead(&good)).expect(0);
    assert_eq!(host_nqn(&ran), GOOD);
}

/// Bytes as printf(1) reads them.
fn octal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "\\{byte:03o}");
        text
    })
}

fn instead(program: &str) -> String {
    let octal = octal(program.as_bytes());
    format!(
        "printf '#!/bin/sh\\n{octal}\\n' > /tmp/nvme; chmod 755 /tmp/nvme; mount --bind /tmp/nvme /usr/sbin/nvme"
    )
}
