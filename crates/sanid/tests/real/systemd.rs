//! systemd-id128: the same derivation for random machine-ids, and the same
//! opinion of what a readable machine-id is.

use std::process::{Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, sanid};
use testkit::trial::{Need, UNSHARE, trial};

const NEEDS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Program("systemd-id128", "systemd"),
    Need::File("/etc/machine-id", "systemd"),
];
const NEEDS_13: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::Set("SANID_DEBIAN13", "a tree of Debian 13"),
];

const SANID_V1: &str = "8b673178-5169-4316-ad1b-04bec63f8907";
const NVME_CLI_1: &str = "c7f46181-12be-4932-8c83-106f9dddd86b";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "systemd_id128_derives_sanid_v1_for_1000_machine_ids",
            NEEDS,
            || sanid_v1(&Private::default(), 1000),
        ),
        trial(
            "systemd_id128_derives_nvme_cli_1_for_1000_machine_ids",
            NEEDS,
            || nvme_cli_1(&Private::default(), 1000),
        ),
        trial("systemd_257_derives_sanid_v1", NEEDS_13, || {
            sanid_v1(&Private::default().in_debian13(), 200);
        }),
        trial("systemd_and_sanid_read_the_same_machine_ids", NEEDS, || {
            readable(&Private::default());
        }),
        trial(
            "systemd_257_and_sanid_read_the_same_machine_ids",
            NEEDS_13,
            || readable(&Private::default().in_debian13()),
        ),
    ]
}

fn sanid_v1(private: &Private, count: usize) {
    let ids = machine_ids(count);
    let uuids = systemd_id128(private, SANID_V1, "--uuid", &ids);
    for (derived, uuid) in derive("sanid-v1", &ids).iter().zip(&uuids) {
        let [iqn, host_nqn, host_id] = derived;
        let digits = uuid.replace('-', "");
        assert_eq!(host_id, uuid);
        assert_eq!(*host_nqn, format!("nqn.2014-08.org.nvmexpress:uuid:{uuid}"));
        assert_eq!(*iqn, format!("iqn.2016-04.com.open-iscsi:{digits}"));
    }
}

fn nvme_cli_1(private: &Private, count: usize) {
    let ids = machine_ids(count);
    let plain = systemd_id128(private, NVME_CLI_1, "", &ids);
    for (derived, digits) in derive("nvme-cli-1", &ids).iter().zip(&plain) {
        let [_, host_nqn, host_id] = derived;
        assert_eq!(
            *host_nqn,
            format!("nqn.2014-08.org.nvmexpress:uuid:{digits}")
        );
        assert_eq!(host_id.replace('-', ""), *digits);
    }
}

/// Machine-ids from a seed that is printed, and can be given.
pub(crate) fn machine_ids(count: usize) -> Vec<String> {
    let mut next = random_numbers();
    (0..count)
        .map(|_| format!("{:016x}{:016x}", next(), next()))
        .collect()
}

/// Random numbers from a seed that is printed, and can be given.
pub(crate) fn random_numbers() -> impl FnMut() -> u64 {
    let seed = std::env::var("SANID_TEST_SEED").map_or_else(
        |_| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            u64::try_from(now.as_nanos() & u128::from(u64::MAX)).unwrap()
        },
        |seed| seed.parse().expect("SANID_TEST_SEED is a number"),
    );
    println!("random numbers of SANID_TEST_SEED={seed}");
    let mut state = seed;
    move || {
        // splitmix64
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// What systemd-id128 says for each machine-id, in one private namespace.
pub(crate) fn systemd_id128(
    private: &Private,
    app_id: &str,
    format: &str,
    ids: &[String],
) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = "while read -r id; do printf '%s\\n' \"$id\" > /etc/machine-id; \
                  systemd-id128 machine-id --app-specific=\"$1\" $2; done";
    let bare = app_id.replace('-', "");
    let ran = bound(private, file.path()).run(script, &[&bare, format], &(ids.join("\n") + "\n"));
    let ran = ran.expect(0);
    let lines: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), ids.len(), "{}", ran.stderr);
    lines
}

fn bound(private: &Private, file: &std::path::Path) -> Private {
    private.clone().bind(file, "/etc/machine-id")
}

/// IQN, host NQN and Host ID of each machine-id by `sanid derive`.
pub(crate) fn derive(scheme: &str, ids: &[String]) -> Vec<[String; 3]> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), ids.join("\n") + "\n").unwrap();
    let mut command: Command = sanid(&["derive", "--scheme", scheme, "--format", "csv"]);
    let output = command
        .stdin(Stdio::from(file.reopen().unwrap()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("line,iqn,host_nqn,host_id"));
    let rows: Vec<[String; 3]> = lines
        .enumerate()
        .map(|(index, line)| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells[0], (index + 1).to_string());
            [cells[1], cells[2], cells[3]].map(str::to_owned)
        })
        .collect();
    assert_eq!(rows.len(), ids.len());
    rows
}

/// Contents of /etc/machine-id. Whether they are readable, systemd says.
const CONTENTS: &[(&str, &[u8])] = &[
    ("newline", b"3d1219c7c4c5404aaa1f6d2a48adfda4\n"),
    (
        "no newline, as on Talos",
        b"3d1219c7c4c5404aaa1f6d2a48adfda4",
    ),
    ("CRLF", b"3d1219c7c4c5404aaa1f6d2a48adfda4\r\n"),
    ("31 digits", b"3d1219c7c4c5404aaa1f6d2a48adfda\n"),
    ("33 digits", b"3d1219c7c4c5404aaa1f6d2a48adfda41\n"),
    (
        "33 digits, no newline",
        b"3d1219c7c4c5404aaa1f6d2a48adfda41",
    ),
    ("capitals", b"3D1219C7C4C5404AAA1F6D2A48ADFDA4\n"),
    ("dashes", b"3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n"),
    (
        "dashes, no newline",
        b"3d1219c7-c4c5-404a-aa1f-6d2a48adfda4",
    ),
    ("a space before", b" 3d1219c7c4c5404aaa1f6d2a48adfda4\n"),
    ("a space after", b"3d1219c7c4c5404aaa1f6d2a48adfda4 \n"),
    (
        "two lines",
        b"3d1219c7c4c5404aaa1f6d2a48adfda4\n3d1219c7c4c5404aaa1f6d2a48adfda4\n",
    ),
    (
        "an empty line after",
        b"3d1219c7c4c5404aaa1f6d2a48adfda4\n\n",
    ),
    (
        "an empty line before",
        b"\n3d1219c7c4c5404aaa1f6d2a48adfda4\n",
    ),
    ("NUL after", b"3d1219c7c4c5404aaa1f6d2a48adfda4\0"),
    ("NUL inside", b"3d1219c7c4c5404a\0a1f6d2a48adfda4\n"),
    (
        "a letter that is not a digit",
        b"3d1219c7c4c5404aaa1f6d2a48adfdag\n",
    ),
    ("empty", b""),
    ("a newline only", b"\n"),
    ("not set yet", b"uninitialized\n"),
    ("not set yet, no newline", b"uninitialized"),
    ("zeros", b"00000000000000000000000000000000\n"),
];

fn readable(private: &Private) {
    let mut accepted = 0;
    for (case, content) in CONTENTS {
        let host = Host::new("");
        host.write("etc/machine-id", content);
        let command = format!("systemd-id128 machine-id --app-specific={SANID_V1} --uuid");
        let systemd = bound(private, &host.at("etc/machine-id")).run(&command, &[], "");
        let shown = host.run(&["show", "--format", "json"]);
        if systemd.code == Some(0) {
            accepted += 1;
            assert_eq!(shown.code, Some(0), "{case}: {shown:#?}");
            let identity: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
            assert_eq!(identity["hostId"], systemd.stdout.trim(), "{case}");
        } else {
            assert_eq!(
                shown.code,
                Some(4),
                "{case}: {shown:#?}; systemd: {systemd:?}"
            );
        }
    }
    assert!(accepted > 0 && accepted < CONTENTS.len(), "{accepted}");
}
