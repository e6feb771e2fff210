//! nvme-cli 3.1, built from its source: what its `gen-hostnqn` gives, and what it takes from `hostnqn` and
//! `hostid`.

use std::fs;

use libtest_mimic::Trial;
use sanid_host::parse::hostfile::{libnvme_3_hostid, libnvme_3_hostnqn};
use sanid_host::own::fabrics;

use super::gen_hostnqn::{
    Firmware, NQN, SHOWN, entry, half_capitals, host_nqn, nvme, show, show_with_tool, shown, tree,
    uuids,
};
use super::private::Private;
use super::support::host::MACHINE_ID;
use super::systemd;
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("nvme", "nvme-cli"),
    Need::File("/etc/machine-id", "systemd"),
    Need::Set("SANID_NVME_CLI_3", "a build of nvme-cli 3.1"),
];
const SYSTEMD: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("systemd-id128", "systemd"),
    Need::File("/etc/machine-id", "systemd"),
];

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "systemd_id128_derives_nvme_cli_3_for_250_machine_ids",
            SYSTEMD,
            systemd_derives,
        ),
        trial(
            "nvme_cli_3_gives_the_names_of_the_scheme_for_250_machine_ids",
            NEEDS,
            machine_ids,
        ),
        trial(
            "nvme_cli_3_gives_the_names_of_the_scheme_for_250_uuids",
            NEEDS,
            system_uuids,
        ),
        trial(
            "nvme_cli_3_differs_from_the_scheme_as_documented",
            NEEDS,
            differs,
        ),
        trial("nvme_tool_asks_nvme_cli_3", NEEDS, asked),
        trial(
            "nvme_tool_refuses_an_answer_that_follows_from_a_transient_machine_id",
            NEEDS,
            transient,
        ),
        trial(
            "nvme_cli_3_takes_from_2000_random_files_what_its_reader_says",
            NEEDS,
            random_files,
        ),
        trial(
            "nvme_cli_3_refuses_the_configurations_that_have_a_fault",
            NEEDS,
            refused,
        ),
    ]
}

/// Where nvme is that of nvme-cli 3.1, and `/etc/machine-id` a file that may be written.
struct Place {
    private: Private,
    _machine_id: tempfile::NamedTempFile,
}

impl Place {
    fn new() -> Self {
        let machine_id = tempfile::NamedTempFile::new().unwrap();
        Self {
            private: nvme_cli_3().bind(machine_id.path(), MACHINE_ID_PATH),
            _machine_id: machine_id,
        }
    }
}

const MACHINE_ID_PATH: &str = "/etc/machine-id";

fn nvme_cli_3() -> Private {
    let nvme = std::env::var_os("SANID_NVME_CLI_3").expect("SANID_NVME_CLI_3");
    Private::default().bind(nvme.as_ref(), "/usr/sbin/nvme")
}

/// A host with this in `/etc/machine-id`.
fn machine_id(text: &str) -> Firmware {
    vec![(&MACHINE_ID_PATH[1..], text.as_bytes().to_vec())]
}

fn systemd_derives() {
    const APP_ID: &str = "853c3220-ca64-4dad-a06f-1dc752e32263";
    let ids = systemd::machine_ids(250);
    let uuids = systemd::systemd_id128(&Private::default(), APP_ID, "--uuid", &ids);
    for ([_, host_nqn, host_id], uuid) in systemd::derive("nvme-cli-3", &ids).iter().zip(&uuids) {
        assert_eq!([host_nqn, host_id], [&format!("{NQN}{uuid}"), uuid]);
    }
}

fn machine_ids() {
    let ids = systemd::machine_ids(250);
    let spelled = ids.iter().enumerate().map(|(at, id)| match at % 4 {
        0 => machine_id(&format!("{id}\n")),
        1 => machine_id(id),
        2 => machine_id(&format!("{}\n", id.to_uppercase())),
        _ => [machine_id(id), shown(ZERO), entry(ONES), tree(ONES)].concat(),
    });
    let hosts: Vec<Firmware> = spelled.collect();
    let theirs = nvme(&Place::new().private, &hosts);
    let derived = systemd::derive("nvme-cli-3", &ids);
    for ((theirs, [_, nqn, _]), host) in theirs.iter().zip(&derived).zip(&hosts) {
        assert_eq!(nqn, theirs);
        assert_eq!(host_nqn(&show("nvme-cli-3", host).expect(0)), *theirs);
    }
}

fn system_uuids() {
    const OTHER: &str = "4c4c4544-0051-3610-8052-b4c04f303132";
    let uuids = uuids(250);
    let make: [fn(&str) -> Firmware; 9] = [
        shown,
        |uuid| shown(&uuid.to_uppercase()),
        |uuid| shown(&half_capitals(uuid)),
        |uuid| vec![(SHOWN, format!("{uuid}x").into_bytes())],
        entry,
        tree,
        // The first place that has a usable one counts.
        |uuid| [shown(uuid), entry(OTHER), tree(OTHER)].concat(),
        |uuid| [shown("None"), entry(uuid), tree(OTHER)].concat(),
        |uuid| [shown(ZERO), entry(OTHER), tree(&half_capitals(uuid))].concat(),
    ];
    let hosts: Vec<Firmware> = uuids
        .iter()
        .zip(make.iter().cycle())
        .map(|(uuid, make)| [machine_id(MACHINE_ID), make(uuid)].concat())
        .collect();
    let theirs = nvme(&Place::new().private, &hosts);
    for (theirs, (host, uuid)) in theirs.iter().zip(hosts.iter().zip(&uuids)) {
        assert_eq!(theirs.to_lowercase(), format!("{NQN}{uuid}"));
        assert_eq!(
            host_nqn(&show("nvme-cli-3", host).expect(0)),
            *theirs,
            "{host:?}"
        );
    }
    for ([_, nqn, id], uuid) in systemd::derive("nvme-cli-3", &uuids).iter().zip(&uuids) {
        assert_eq!([nqn, id], [&format!("{NQN}{uuid}"), uuid]);
    }
}

const ZERO: &str = "00000000-0000-0000-0000-000000000000";
const ONES: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const VENDOR: &str = "03000200-0400-0500-0006-000700080009";

/// The table in docs/schemes.md.
fn differs() {
    let place = Place::new();
    let with_id = |firmware: Firmware| [machine_id(MACHINE_ID), firmware].concat();
    // A vendor's default is taken, and sanid does not go on to the machine-id in its place.
    let takes: Vec<Firmware> = [shown(VENDOR), entry(VENDOR), tree(VENDOR)]
        .map(with_id)
        .into();
    for (theirs, host) in nvme(&place.private, &takes).iter().zip(&takes) {
        assert_eq!(*theirs, format!("{NQN}{VENDOR}"));
        show("nvme-cli-3", host).expect(4);
    }
    // A machine-id that is none to systemd, and one that many machines share, give a name there.
    let vendor_id = VENDOR.replace('-', "");
    for text in [
        format!("{MACHINE_ID} x\n"),
        format!("{MACHINE_ID}0"),
        vendor_id,
    ] {
        let host = machine_id(&text);
        let names = nvme(&place.private, &[host.clone(), host.clone()]);
        assert_eq!(names[0], names[1], "{text}");
        show("nvme-cli-3", &host).expect(4);
    }
    // Here it makes up a name.
    let dashed = "3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n";
    for text in ["", "uninitialized\n", dashed, &"0".repeat(32)] {
        let host = machine_id(text);
        let names = nvme(&place.private, &[host.clone(), host.clone()]);
        assert_ne!(names[0], names[1], "{text}");
        show("nvme-cli-3", &host).expect(4);
    }
}

fn asked() {
    let uuid = &uuids(1)[0];
    let directory = SHOWN.trim_end_matches("/product_uuid");
    let before = format!("mkdir -p /{directory}; echo {uuid} > /{SHOWN}");
    let ran = show_with_tool(nvme_cli_3(), &before).expect(0);
    assert_eq!(host_nqn(&ran), format!("{NQN}{uuid}"));
}

/// Asking twice gives one name, and each boot gives another.
fn transient() {
    let host = Place::new();
    let with = |before: &str| {
        let write = format!("{before}; echo {MACHINE_ID} > {MACHINE_ID_PATH}");
        show_with_tool(host.private.clone(), &write)
    };
    let stored = with(":").expect(0);
    assert_eq!(
        host_nqn(&stored),
        format!("{NQN}c54f90a0-d3f4-4a73-82a7-fb09e9525fd9")
    );
    let in_memory = format!("touch /tmp/id; mount --bind /tmp/id {MACHINE_ID_PATH}");
    let ran = with(&in_memory).expect(4);
    assert!(ran.stderr.contains("it is transient"), "{ran:#?}");
}

/// What nvme-cli uses where neither file has a value.
const GENERATED: &str = "4c4c4544-0051-3610-8052-b4c04f303132";

fn random_files() {
    const COUNT: usize = 2000;
    let directory = tempfile::tempdir().unwrap();
    let mut next = systemd::random_numbers();
    let files: Vec<[Option<Vec<u8>>; 2]> = (0..COUNT)
        .map(|_| [hostnqn(&mut next), hostid(&mut next)])
        .collect();
    for (number, pair) in files.iter().enumerate() {
        let at = directory.path().join(number.to_string());
        fs::create_dir(&at).unwrap();
        for (name, bytes) in ["hostnqn", "hostid"].iter().zip(pair) {
            if let Some(bytes) = bytes {
                fs::write(at.join(name), bytes).unwrap();
            }
        }
    }
    let asked = asked_for(directory.path(), COUNT);
    let mut ignored = 0;
    for (theirs, [nqn, id]) in asked.iter().zip(&files) {
        let nqn = nqn
            .as_deref()
            .and_then(|bytes| libnvme_3_hostnqn(bytes).ok());
        let id = id.as_deref().and_then(|bytes| libnvme_3_hostid(bytes).ok());
        let own_id = nqn.and_then(|nqn| nqn.split_once("uuid:"));
        let id = id.or(own_id.map(|(_, uuid)| uuid)).unwrap_or(GENERATED);
        let from_id = format!("{NQN}{id}");
        ignored += usize::from(nqn.is_none());
        assert_eq!(*theirs, [nqn.unwrap_or(&from_id), id], "{nqn:?}");
    }
    assert!((200..1800).contains(&ignored), "{ignored}");
}

/// Host NQN and Host ID of a connect with each of the pairs of files.
fn asked_for(files: &std::path::Path, count: usize) -> Vec<[String; 2]> {
    let script = "\
        mount -t tmpfs none /sys; mkdir -p /sys/class/nvme /sys/class/nvme-subsystem /sys/class/dmi/id; \
        echo \"$2\" > /sys/class/dmi/id/product_uuid; mount -t tmpfs none /etc/nvme; \
        mount -t tmpfs none /tmp; mknod /tmp/null c 1 3; touch /tmp/nvme-fabrics; mount --bind /tmp /dev; n=0; \
        while [ $n -lt $1 ]; do \
        rm -f /etc/nvme/*; cp \"/mnt/$n\"/* /etc/nvme/ 2> /dev/null || true; \
        printf 'instance=-1,cntlid=-1,transport=%%s,traddr=%%s,trsvcid=%%s,nqn=%%s,\
        hostnqn=%%s,hostid=%%s,ctrl_loss_tmo=%%d' > /dev/nvme-fabrics; \
        nvme connect -t tcp -a 127.0.0.1 -s 4420 -n nqn.2024-01.test:subsystem > /dev/null 2>&1 || true; \
        cat /dev/nvme-fabrics; echo; n=$((n + 1)); done";
    let ran = nvme_cli_3()
        .bind(files, "/mnt")
        .run(script, &[&count.to_string(), GENERATED], "")
        .expect(0);
    let asked: Vec<[String; 2]> = ran.stdout.lines().map(options).collect();
    assert_eq!(asked.len(), count, "{}", ran.stderr);
    asked
}

/// The pair in the options of a connect. Either may hold commas.
fn options(line: &str) -> [String; 2] {
    let pair = || {
        let (_, rest) = line.split_once(",hostnqn=")?;
        let (nqn, rest) = rest.split_once(",hostid=")?;
        let (id, _) = rest.split_once(",ctrl_loss_tmo=")?;
        Some([nqn.to_owned(), id.to_owned()])
    };
    pair().unwrap_or_else(|| panic!("{line}"))
}

/// `hostnqn`: a name, or what is nearly one; sometimes no file.
fn hostnqn(next: &mut impl FnMut() -> u64) -> Option<Vec<u8>> {
    let uuid = uuid(next());
    let value = match next() % 8 {
        0 => return None,
        1..=3 => format!("{NQN}{uuid}"),
        4 => format!("{NQN}{}", uuid.replace('-', "")),
        5 => format!("nqn.2014-08.org.nvmexpress:NVMf:uuid:{uuid}"),
        6 => format!(
            "nqn.{}-{:02}.com.example:{}",
            next() % 20_000,
            next() % 16,
            next()
        ),
        _ => format!("nqn.2024-01.com.example:{}", "x".repeat(below(next(), 250))),
    };
    Some(changed(value, next))
}

/// `hostid`: a UUID, or what is nearly one; sometimes no file.
fn hostid(next: &mut impl FnMut() -> u64) -> Option<Vec<u8>> {
    let uuid = uuid(next());
    let value = match next() % 8 {
        0 | 1 => return None,
        2 => uuid.replace('-', ""),
        3 => ZERO.to_owned(),
        4 => ONES.to_owned(),
        _ => uuid,
    };
    Some(changed(value, next))
}

fn below(number: u64, end: usize) -> usize {
    let end = u64::try_from(end).unwrap();
    usize::try_from(number % end).unwrap()
}

fn uuid(number: u64) -> String {
    let digits = format!("{number:016x}");
    format!(
        "{}-{}-4000-8000-{:012x}",
        &digits[..8],
        &digits[8..12],
        number >> 16
    )
}

/// A line with the value, changed in up to two ways.
fn changed(value: String, next: &mut impl FnMut() -> u64) -> Vec<u8> {
    let mut bytes = value.into_bytes();
    if next() % 4 != 0 {
        bytes.push(b'\n');
    }
    for _ in 0..next() % 3 {
        let at = below(next(), bytes.len() + 1);
        let odd = b" \t\r\n\0#,:=x\x7f\xc3\xff"[below(next(), 13)];
        match next() % 8 {
            0 => bytes.make_ascii_uppercase(),
            1 => bytes.insert(0, odd),
            2 => bytes.push(odd),
            3 => bytes.insert(at, odd),
            4 => bytes.truncate(at),
            5 => bytes.splice(0..0, *b"# ours\n").for_each(drop),
            6 => bytes.extend(b" # ours\n"),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = odd;
                }
            }
        }
    }
    bytes
}

fn refused() {
    let directory = tempfile::tempdir().unwrap();
    let texts = [
        "hostnqn = x\n[Host]\n",
        "[Host]\n[Host\n",
        "[Host]\n[Host] x\n",
        "[Host]\nhostnqn\n",
        "[Host]\n= x\n",
        "[Zone]\njunk\n",
        "\u{feff}[Host]\n",
        "[Host]\n\n[ Host ]\n",
        "[Subsystem]\nhostid = x\n",
        "[Host]\nhostsymname = a\n",
        "[Zone]\nhostnqn = x\n",
        "[Host]\nHostNQN = x\n;hostnqn = y\n",
    ];
    for (number, text) in texts.iter().enumerate() {
        fs::write(directory.path().join(number.to_string()), text).unwrap();
    }
    let script = "\
        mount -t tmpfs none /sys; mkdir -p /sys/class/nvme /sys/class/nvme-subsystem; \
        mount -t tmpfs none /etc/nvme; n=0; while [ $n -lt $1 ]; do \
        cp /mnt/$n /etc/nvme/nvme-fabrics.conf; \
        nvme connect-all 2>&1 | grep -c 'failed to read' || true; n=$((n + 1)); done; \
        rm /etc/nvme/nvme-fabrics.conf; mkdir /etc/nvme/nvme-fabrics.conf.d; \
        echo '[Host]' > /etc/nvme/nvme-fabrics.conf.d/a.conf; \
        nvme connect-all 2>&1 | grep -c 'without a hostnqn'";
    let ran = nvme_cli_3()
        .bind(directory.path(), "/mnt")
        .run(script, &[&texts.len().to_string()], "")
        .expect(0);
    let is_refused = |text: &str| fabrics(text.as_bytes()).is_some_and(|own| own.fault.is_some());
    let expected = texts.map(|text| format!("{}\n", u8::from(is_refused(text))));
    assert_eq!(ran.stdout, expected.concat() + "1\n", "{ran:#?}");
}
