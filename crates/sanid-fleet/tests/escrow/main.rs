//! The identity of a host outlives its hardware: kept by `sanid-fleet escrow`, encrypted and decrypted by the
//! real `age`, taken over by `sanid adopt --from`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};

use libtest_mimic::Arguments;
use tempfile::TempDir;
use testkit::trial::{Need, trial};

mod claimed;
mod outside;

const AGE: Need = Need::Program("age", "age");
const OLD: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const NEW: &str = "00112233445566778899aabbccddeeff";
/// This test is `sanid` where this is set.
const AS_SANID: &str = "ESCROW_TEST_AS_SANID";
const FILES: [&str; 3] = [
    "etc/iscsi/initiatorname.iscsi",
    "etc/nvme/hostnqn",
    "etc/nvme/hostid",
];

fn main() -> ExitCode {
    if std::env::var_os(AS_SANID).is_some() {
        return sanid::run(std::env::args_os());
    }
    let trials = vec![
        trial(
            "an identity outlives its host, through age",
            &[AGE],
            through_age,
        ),
        trial("a machine-id is kept only encrypted", &[AGE], machine_id),
        trial(
            "a record of a report holds what the arrays know",
            &[],
            reports,
        ),
        trial(
            "another installation has to say that the old host is gone",
            &[],
            consent,
        ),
        trial(
            "rejects what is not a record and says what to do",
            &[],
            no_record,
        ),
        trial("age that is not there, or refuses, is said", &[AGE], no_age),
        trial(
            "a claim of the old host is in the way until it ends",
            &[],
            claimed::claimed,
        ),
        trial(
            "a claim that has expired, or that this host has taken over, is in nobody's way",
            &[],
            claimed::no_longer_claimed,
        ),
        trial(
            "a claim.toml below a root reaches nothing outside of it",
            &[],
            outside::nothing_outside_of_the_root,
        ),
        trial(
            "a disk that is full leaves no half of a record",
            &[],
            no_half,
        ),
        trial(
            "a file that exists is not written over",
            &[],
            no_overwriting,
        ),
    ];
    testkit::trial::run(&Arguments::from_args(), trials)
}

struct Host(TempDir);

impl Host {
    fn new(machine_id: &str) -> Self {
        let host = Self(tempfile::tempdir().unwrap());
        host.write("etc/machine-id", &format!("{machine_id}\n"));
        host.write("etc/hostname", "db-1\n");
        host
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        std::fs::write(self.at(path), text).unwrap();
    }

    fn sanid(&self, words: &[&str]) -> Output {
        self.run(&std::env::current_exe().unwrap(), words)
    }

    fn run(&self, sanid: &Path, words: &[&str]) -> Output {
        let mut command = Command::new(sanid);
        let output = command
            .env(AS_SANID, "1")
            .args(words)
            .arg("--root")
            .arg(self.0.path())
            .output();
        output.unwrap()
    }

    fn files(&self) -> [String; 3] {
        FILES.map(|file| std::fs::read_to_string(self.at(file)).unwrap_or_default())
    }

    fn escrow(&self, words: &[&str]) -> Output {
        fleet(
            &[
                &["escrow", "--root", self.0.path().to_str().unwrap()],
                words,
            ]
            .concat(),
        )
    }
}

fn fleet(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sanid-fleet"))
        .args(words)
        .output()
        .unwrap()
}

#[track_caller]
fn expect(output: &Output, code: i32) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{out}\n{err}");
    out + &err
}

/// A key of age, and its recipient.
fn key(directory: &Path) -> (PathBuf, String) {
    let path = directory.join("key");
    let output = Command::new("age-keygen")
        .arg("-o")
        .arg(&path)
        .output()
        .unwrap();
    assert!(output.status.success());
    let key = std::fs::read_to_string(&path).unwrap();
    let recipient = key
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "))
        .unwrap();
    (path, recipient.to_owned())
}

fn decrypt(key: &Path, file: &Path) -> String {
    let output = Command::new("age")
        .args(["-d", "-i"])
        .args([key, file])
        .output()
        .unwrap();
    expect(&output, 0)
}

/// The old host's names on new hardware, with another machine-id.
fn through_age() {
    let (old, new) = (Host::new(OLD), Host::new(NEW));
    expect(&old.sanid(&["apply"]), 0);
    let names = old.files();
    assert!(names.iter().all(|name| !name.is_empty()));
    let desk = tempfile::tempdir().unwrap();
    let (key, recipient) = key(desk.path());
    let kept = desk.path().join("db-1.age");
    expect(
        &old.escrow(&["--recipient", &recipient, "-o", kept.to_str().unwrap()]),
        0,
    );
    let bytes = std::fs::read(&kept).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&kept).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    drop(old);

    expect(&new.sanid(&["apply"]), 0);
    assert_ne!(new.files(), names);
    let encrypted = new.sanid(&["adopt", "--from", kept.to_str().unwrap()]);
    assert!(expect(&encrypted, 2).contains("it is encrypted; age -d"));
    let record = new.at("record.json");
    std::fs::write(&record, decrypt(&key, &kept)).unwrap();
    let said = expect(
        &new.sanid(&[
            "adopt",
            "--from",
            record.to_str().unwrap(),
            "--old-host-is-gone",
        ]),
        0,
    );
    assert!(said.contains("sanid apply --replace"), "{said}");
    expect(&new.sanid(&["apply", "--replace"]), 0);
    assert_eq!(new.files(), names, "the same three names");
    expect(&new.sanid(&["status"]), 0);
    // Nothing is asked where nothing was there.
    let fresh = Host::new(NEW);
    let from = [
        "adopt",
        "--from",
        record.to_str().unwrap(),
        "--old-host-is-gone",
    ];
    assert!(expect(&fresh.sanid(&from), 0).contains("sanid apply writes it"));
    expect(&fresh.sanid(&["apply"]), 0);
    assert_eq!(fresh.files(), names);
    // Taken over once, it is there to stay.
    let again = expect(
        &new.sanid(&[
            "adopt",
            "--from",
            record.to_str().unwrap(),
            "--old-host-is-gone",
        ]),
        0,
    );
    assert!(again.contains("unchanged"), "{again}");
}

fn machine_id() {
    let host = Host::new(OLD);
    let refused = host.escrow(&["--with-machine-id"]);
    assert!(expect(&refused, 3).contains("--recipient age1"));
    let desk = tempfile::tempdir().unwrap();
    let (key, recipient) = key(desk.path());
    let recipients = desk.path().join("recipients");
    std::fs::write(&recipients, format!("# the vault\n{recipient}\n")).unwrap();
    let kept = desk.path().join("kept.age");
    let said = host.escrow(&[
        "--with-machine-id",
        "-R",
        recipients.to_str().unwrap(),
        "-o",
        kept.to_str().unwrap(),
    ]);
    assert_eq!(expect(&said, 0), "");
    let record = decrypt(&key, &kept);
    let json: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(json["machineId"], OLD);
    assert!(!expect(&host.escrow(&[]), 0).contains(&OLD[..16]));
    // What reads it says how to restore it, and does not repeat it.
    let new = Host::new(NEW);
    std::fs::write(new.at("record.json"), record).unwrap();
    let from = new.at("record.json");
    let said = expect(
        &new.sanid(&[
            "adopt",
            "--from",
            from.to_str().unwrap(),
            "--old-host-is-gone",
        ]),
        0,
    );
    assert!(
        said.contains("jq -r .machineId") && !said.contains(&OLD[..16]),
        "{said}"
    );
    let written = std::fs::read_to_string(new.at("etc/sanid/config.d/50-adopted.toml")).unwrap();
    assert!(
        !written.contains(&OLD[..16]) && written.contains("[pin]"),
        "{written}"
    );
    assert_eq!(
        std::fs::read_to_string(new.at("etc/machine-id")).unwrap(),
        format!("{NEW}\n")
    );
}

/// What is on disk counts: it is what the arrays know.
fn reports() {
    let host = Host::new(OLD);
    for (file, text) in FILES.iter().zip([
        "InitiatorName=iqn.1993-08.org.debian:01:5ca1ab1e0042\n",
        "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab\n",
        "a3b1c2d4-0000-4000-8000-0123456789ab\n",
    ]) {
        host.write(file, text);
    }
    let status = host.sanid(&["status", "--format", "json"]);
    let file = host.at("db-7.json");
    std::fs::write(&file, &status.stdout).unwrap();
    let record = fleet(&["escrow", file.to_str().unwrap(), "--address", "192.0.2.7"]);
    let json: serde_json::Value = serde_json::from_str(&expect(&record, 0)).unwrap();
    // What the report says of its host; the name of a file is anything.
    assert_eq!(json["host"], "db-1");
    assert_eq!(json["addresses"][0], "192.0.2.7");
    assert_eq!(json["iqn"], "iqn.1993-08.org.debian:01:5ca1ab1e0042");
    assert_eq!(json["hostId"], "a3b1c2d4-0000-4000-8000-0123456789ab");
    let show = host.sanid(&["show", "--format", "json"]);
    std::fs::write(&file, &show.stdout).unwrap();
    let record = expect(
        &fleet(&["escrow", file.to_str().unwrap(), "--host", "x"]),
        0,
    );
    assert!(
        record.contains("\"host\":\"x\"")
            && record.contains("652f5d50-a689-4520-b87b-fe2552ef6b8b"),
        "{record}"
    );
    for (text, word) in [
        ("{}", "no report of sanid"),
        ("[", "no single JSON"),
        ("{\"kind\":\"Status\"}", "no initiator name"),
    ] {
        std::fs::write(&file, text).unwrap();
        assert!(
            expect(&fleet(&["escrow", file.to_str().unwrap()]), 2).contains(word),
            "{text}"
        );
    }
}

fn consent() {
    let (old, new) = (Host::new(OLD), Host::new(NEW));
    expect(&old.sanid(&["apply"]), 0);
    let record = expect(
        &old.escrow(&[
            "--host",
            "db-1",
            "--address",
            "192.0.2.1",
            "--address",
            "192.0.2.2",
        ]),
        0,
    );
    new.write("record.json", &record);
    let path = new.at("record.json");
    let from = ["adopt", "--from", path.to_str().unwrap()];
    let adopt = |words: &[&str]| new.sanid(&[&from[..], words].concat());
    let pinned = || new.at("etc/sanid/config.d/50-adopted.toml").exists();
    let silent = expect(&adopt(&[]), 3);
    assert!(
        silent.contains("db-1")
            && silent.contains("--old-host-is-gone")
            && silent.contains("--probe"),
        "{silent}"
    );
    assert!(expect(&adopt(&["--probe", "exit 0"]), 3).contains("answers the probe"));
    // It could not look, which is no sign that the host is gone.
    for probe in ["exit 2", "no-such-program-at-all", "kill -9 $$"] {
        assert!(
            expect(&adopt(&["--probe", probe]), 2).contains("the probe failed"),
            "{probe}"
        );
    }
    assert!(!pinned());
    let probe = "test \"$SANID_OLD_HOST $SANID_OLD_ADDRESSES\" = 'db-1 192.0.2.1 192.0.2.2' && exit 1; exit 0";
    expect(&adopt(&["--probe", probe, "--dry-run"]), 0);
    assert!(!pinned());
    expect(&adopt(&["--probe", probe]), 0);
    assert!(pinned());
    // The same installation is asked nothing.
    old.write("record.json", &record);
    expect(
        &old.sanid(&["adopt", "--from", old.at("record.json").to_str().unwrap()]),
        0,
    );
}

fn no_record() {
    let host = Host::new(NEW);
    let good = expect(&Host::new(OLD).escrow(&[]), 0);
    let two = good.repeat(2);
    for (text, word) in [
        ("", "not a single record"),
        ("{\"kind\":\"Status\"}", "not a single record"),
        (two.as_str(), "not a single record"),
        (
            &good.replace("\"Escrow\"", "\"Status\""),
            "not a record of sanid-fleet escrow",
        ),
        (&good.replace("iqn.2016", "iqn.x"), "not valid"),
        ("-----BEGIN AGE ENCRYPTED FILE-----\n", "it is encrypted"),
    ] {
        host.write("record.json", text);
        let adopt = host.sanid(&[
            "adopt",
            "--from",
            host.at("record.json").to_str().unwrap(),
            "--old-host-is-gone",
        ]);
        assert!(expect(&adopt, 2).contains(word), "{text}");
    }
    // What a record calls its host is written into a comment, and nothing more.
    let sly = good.replace("\"db-1\"", "\"x\\n[pin]\\nhostid = 7\"");
    host.write("record.json", &sly);
    let from = host.at("record.json");
    expect(
        &host.sanid(&[
            "adopt",
            "--from",
            from.to_str().unwrap(),
            "--old-host-is-gone",
        ]),
        0,
    );
    let written = std::fs::read_to_string(host.at("etc/sanid/config.d/50-adopted.toml")).unwrap();
    assert_eq!(
        written
            .lines()
            .filter(|line| line.contains("[pin]") && !line.starts_with('#'))
            .count(),
        1,
        "{written}"
    );
}

fn no_age() {
    let host = Host::new(OLD);
    let bad = host.escrow(&["--recipient", "age1nonsense"]);
    assert!(expect(&bad, 2).contains("cannot encrypt with age: it says why above"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
    command
        .args(["escrow", "-r", "age1x", "--root"])
        .arg(host.0.path())
        .env("PATH", "/nonexistent");
    assert!(expect(&command.output().unwrap(), 2).contains("install the package age"));
}

fn no_overwriting() {
    let host = Host::new(OLD);
    host.write("kept.json", "older");
    let kept = host.at("kept.json");
    assert!(expect(&host.escrow(&["-o", kept.to_str().unwrap()]), 2).contains("cannot write"));
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "older");
}

/// A limit on the size of files stands in for the disk.
fn no_half() {
    let host = Host::new(OLD);
    let kept = host.at("kept.json");
    let limited = |limit: &str| {
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f $1; shift; exec \"$@\"",
                "sh",
                limit,
            ])
            .arg(env!("CARGO_BIN_EXE_sanid-fleet"))
            .args(["escrow", "--host", "db-1", "--root"])
            .arg(host.0.path())
            .arg("-o")
            .arg(&kept);
        command.output().unwrap()
    };
    assert!(expect(&limited("0"), 2).contains("cannot write"));
    let left: Vec<_> = std::fs::read_dir(host.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().contains("kept"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    expect(&limited("unlimited"), 0);
    assert!(kept.exists());
}
