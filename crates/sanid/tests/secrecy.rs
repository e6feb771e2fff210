//! The machine-id is confidential (machine-id(5)): no command shows it, stores
//! it or passes it on. The scheme `talos`, whose definition publishes it, says so.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::fs::File;
use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::{Arguments, Trial};
use support::host::{FOREIGN, Host, MACHINE_ID, Ran, sanid};
use support::trace::words;
use testkit::trial::{STRACE, trial};

/// Every command that has anything to do with a host, and those that fail.
const COMMANDS: &[&[&str]] = &[
    &["show"],
    &["show", "--explain"],
    &["show", "--format", "json"],
    &["show", "--explain", "--format", "json"],
    &["status"],
    &["status", "--format", "json"],
    &["apply", "--dry-run"],
    &["apply", "--dry-run", "--format", "json"],
    &["apply", "--dry-run", "--replace"],
    &["apply", "--keep"],
    &["apply"],
    &["apply", "--format", "json"],
    &["apply", "--replace"],
    &["apply", "--replace", "--format", "json"],
    &["reseed"],
    &["reseed", "--dry-run"],
    &["reseed", "--yes"],
    &["reseed", "--yes", "--format", "json"],
    &["hardware", "show"],
    &["hardware", "show", "--format", "json"],
    &["hardware", "accept"],
    &["hardware", "accept", "--format", "json"],
    &["adopt"],
    &["adopt", "--format", "json"],
    &["config"],
    &["config", "--format", "json"],
];

/// Makes a host.
type Make = fn() -> Host;

/// Hosts on which the commands run: what is there decides what they say.
const HOSTS: &[(&str, Make)] = &[
    ("a fresh host", || Host::new(MACHINE_ID)),
    ("an established host", || Host::foreign(MACHINE_ID)),
    ("a template that was reset", || {
        let host = Host::new(MACHINE_ID);
        host.apply();
        host.write("etc/machine-id", "00112233445566778899aabbccddeeff\n");
        host
    }),
    ("a machine-id in capitals", || {
        Host::new(&MACHINE_ID.to_uppercase())
    }),
    ("a machine-id with dashes", || {
        Host::new(&dashed(MACHINE_ID))
    }),
    ("a machine-id with a letter too many", || {
        Host::new(&format!("{MACHINE_ID}x"))
    }),
    ("a machine-id on two lines", || {
        Host::new(&format!("{MACHINE_ID}\n{MACHINE_ID}"))
    }),
    ("half an identity", || {
        let host = Host::new(MACHINE_ID);
        host.write("etc/nvme/hostid", FOREIGN[2]);
        host
    }),
    ("a configuration with a mistake", || {
        let host = Host::new(MACHINE_ID);
        host.write("etc/sanid/config.toml", "scheem = \"sanid-v1\"\n");
        host
    }),
    ("the scheme of nvme-cli 1", || scheme("nvme-cli-1")),
    ("the scheme of nvme-stas", || scheme("nvme-stas")),
    ("the scheme of nvme-cli 2", || {
        let host = Host::typical(MACHINE_ID);
        host.write("etc/sanid/config.toml", "scheme = \"nvme-cli-2\"\n");
        host
    }),
    ("the scheme of nvme-cli 3", || scheme("nvme-cli-3")),
    ("a seed of the firmware", || dmi(&dashed(MACHINE_ID))),
    ("a seed of the firmware with a slip", || {
        dmi(&format!("{}x", dashed(MACHINE_ID)))
    }),
    ("a seed of the firmware in a table with a slip", || {
        let host = dmi("");
        std::fs::remove_file(host.at(PRODUCT_UUID)).unwrap();
        let number = u128::from_str_radix(MACHINE_ID, 16).unwrap();
        let raw = [&[1, 27, 1, 0, 1, 2, 3, 4][..], &number.to_be_bytes()].concat();
        host.write("sys/firmware/dmi/tables/DMI", raw);
        host.write("sys/firmware/dmi/tables/smbios_entry_point", "_SM_");
        host
    }),
    ("a seed in the place of the name of one", || {
        config(&format!("seed = [\"{MACHINE_ID}\"]\n"))
    }),
    ("a seed that is not a list", || {
        config(&format!("seed = \"{MACHINE_ID}\"\n"))
    }),
    ("a denylist with a slip", || {
        config(&format!("denylist = [\"{MACHINE_ID}x\"]\n"))
    }),
];

const PRODUCT_UUID: &str = "sys/class/dmi/id/product_uuid";

/// A host that is named by the system UUID, with this one.
fn dmi(uuid: &str) -> Host {
    let host = Host::new("ffeeddccbbaa99887766554433221100");
    host.write(PRODUCT_UUID, format!("{uuid}\n"));
    host.write("etc/sanid/config.toml", "seed = [\"dmi\"]\n");
    host
}

fn config(text: &str) -> Host {
    let host = Host::new(MACHINE_ID);
    host.write("etc/sanid/config.toml", text);
    host
}

fn main() -> ExitCode {
    let mut trials: Vec<Trial> = HOSTS
        .iter()
        .map(|(name, host)| {
            trial(&format!("no command gives it away: {name}"), &[], || {
                commands(*host);
            })
        })
        .collect();
    trials.extend([
        trial("derive does not repeat what it reads", &[], derive),
        trial(
            "derive does not repeat a line that it refuses",
            &[],
            derive_refuses,
        ),
        trial("no system call passes it on", &[STRACE], system_calls),
        trial("the scheme talos says that it publishes it", &[], talos),
        trial("reseed does not show the new one", &[STRACE], reseed),
        trial("the sweep finds what it looks for", &[], sweep_finds),
    ]);
    testkit::trial::run(&Arguments::from_args(), trials)
}

fn scheme(name: &str) -> Host {
    config(&format!("scheme = \"{name}\"\n"))
}

fn dashed(id: &str) -> String {
    let part = |from: usize, to: usize| &id[from..to];
    [
        part(0, 8),
        part(8, 12),
        part(12, 16),
        part(16, 20),
        part(20, 32),
    ]
    .join("-")
}

/// The ways in which 16 bytes can be seen in some output.
fn forms(id: &str) -> Vec<Vec<u8>> {
    let number = u128::from_str_radix(id, 16).unwrap();
    let (big, little) = (number.to_be_bytes(), number.to_le_bytes());
    let decimal = |bytes: [u8; 16], between: &str| {
        bytes
            .map(|byte| byte.to_string())
            .join(between)
            .into_bytes()
    };
    vec![
        id.as_bytes().to_vec(),
        dashed(id).into_bytes(),
        big.to_vec(),
        little.to_vec(),
        format!("{:032x}", u128::from_be_bytes(little)).into_bytes(),
        number.to_string().into_bytes(),
        // The Debug form of an array, and the same packed as JSON.
        decimal(big, ", "),
        decimal(big, ","),
        // Half of it is bad enough.
        id.as_bytes()[..16].to_vec(),
        id.as_bytes()[16..].to_vec(),
    ]
}

/// The form of a machine-id that the bytes hold, in any case.
fn found(bytes: &[u8], id: &str) -> Option<String> {
    let lower = bytes.to_ascii_lowercase();
    forms(id)
        .into_iter()
        .find(|form| {
            let within = |bytes: &[u8]| bytes.windows(form.len()).any(|part| part == form);
            within(bytes) || within(&lower)
        })
        .map(|form| String::from_utf8_lossy(&form).into_owned())
}

#[track_caller]
fn assert_secret(what: &str, bytes: &[u8]) {
    for id in [MACHINE_ID, "00112233445566778899aabbccddeeff"] {
        if let Some(form) = found(bytes, id) {
            panic!("{what} has {form}: {}", String::from_utf8_lossy(bytes));
        }
    }
}

fn commands(host: Make) {
    for words in COMMANDS {
        let host = host();
        let ran = host.run(words);
        assert!(ran.code.is_some(), "{words:?}: {ran:#?}");
        assert_secret(
            &format!("standard output of {words:?}"),
            ran.stdout.as_bytes(),
        );
        assert_secret(
            &format!("standard error of {words:?}"),
            ran.stderr.as_bytes(),
        );
        for path in host.everything() {
            // Where a different program has put it.
            let given = ["etc/machine-id", "etc/sanid/config.toml", PRODUCT_UUID];
            let table = path.starts_with(host.at("sys/firmware"));
            if !table && given.iter().all(|given| path != host.at(given)) {
                let bytes = std::fs::read(&path).unwrap();
                assert_secret(&format!("{}, after {words:?},", path.display()), &bytes);
            }
        }
    }
}

fn derive() {
    for scheme in ["sanid-v1", "nvme-cli-1", "nvme-stas"] {
        for format in ["text", "json", "ndjson", "csv"] {
            let ran = derived(scheme, format, &format!("{MACHINE_ID}\n")).expect(0);
            assert_secret("standard output", ran.stdout.as_bytes());
            assert_secret("standard error", ran.stderr.as_bytes());
            assert!(ran.stdout.contains("uuid:"), "{ran:#?}");
        }
    }
}

fn derive_refuses() {
    let lines = [
        format!("{MACHINE_ID}0"),
        format!("x{MACHINE_ID}"),
        MACHINE_ID[..31].to_owned(),
        format!("{MACHINE_ID} {MACHINE_ID}"),
        format!("machine-id={MACHINE_ID}"),
    ];
    for line in lines {
        for format in ["text", "json", "ndjson", "csv"] {
            for scheme in ["sanid-v1", "nvme-cli-2", "nvme-cli-3"] {
                let ran = derived(scheme, format, &format!("{line}\n")).expect(2);
                assert_secret("standard output", ran.stdout.as_bytes());
                assert_secret("standard error", ran.stderr.as_bytes());
                assert!(ran.stderr.contains("line 1"), "{ran:#?}");
            }
        }
    }
}

fn derived(scheme: &str, format: &str, input: &str) -> Ran {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), input).unwrap();
    let mut command = sanid(&["derive", "--scheme", scheme, "--format", format]);
    Ran::of(command.stdin(Stdio::from(File::open(file.path()).unwrap())))
}

/// Everything that leaves the process: writes, messages, arguments of programs
/// that it starts, names of files.
fn system_calls() {
    for words_of in COMMANDS {
        let host = Host::new(MACHINE_ID);
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut strace = Command::new("strace");
        // Strings whole, and as text wherever they are printable.
        let calls = "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,sendmmsg,execve,\
                     execveat,%file,setxattr,fsetxattr,prctl";
        strace
            .args(["-f", "-qq", "-s", "65536", "-e", calls, "-o"])
            .arg(log.path())
            .args(words(&host.sanid(words_of)));
        Ran::of(&mut strace);
        let trace = std::fs::read(log.path()).unwrap();
        assert!(trace.len() > 100, "{words_of:?}");
        assert_secret(&format!("the system calls of {words_of:?}"), &trace);
    }
}

/// The new machine-id is as secret as the old one: one system call writes it, into its file.
fn reseed() {
    let host = Host::typical(MACHINE_ID);
    host.apply();
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut strace = Command::new("strace");
    strace
        .args([
            "-f",
            "-qq",
            "-y",
            "-s",
            "65536",
            "-e",
            "trace=!read,getrandom",
            "-o",
        ])
        .arg(log.path())
        .args(words(&host.sanid(&["reseed", "--yes"])));
    let ran = Ran::of(&mut strace).expect(0);
    let id = String::from_utf8(host.read("etc/machine-id").unwrap()).unwrap();
    let id = id.trim_end();
    for (what, bytes) in [("output", &ran.stdout), ("errors", &ran.stderr)] {
        assert_eq!(found(bytes.as_bytes(), id), None, "{what}: {bytes}");
    }
    for path in host.everything() {
        if path != host.at("etc/machine-id") {
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(found(&bytes, id), None, "{}", path.display());
        }
    }
    let trace = std::fs::read_to_string(log.path()).unwrap();
    let showing: Vec<&str> = trace
        .lines()
        .filter(|line| found(line.as_bytes(), id).is_some())
        .collect();
    assert!(
        matches!(showing[..], [one] if one.contains("write(") && one.contains("etc/.machine-id")),
        "{showing:#?}"
    );
}

fn talos() {
    let host = scheme("talos");
    for words in [&["show"][..], &["apply"], &["apply", "--replace"]] {
        warns(&host.run(words));
    }
    let name = host.read("etc/iscsi/initiatorname.iscsi").unwrap();
    assert!(found(&name, MACHINE_ID).is_some(), "the scheme is talos");
    warns(&derived("talos", "text", &format!("{MACHINE_ID}\n")));
}

/// On standard error, where a program that takes the names from standard output
/// is not disturbed by it.
fn warns(ran: &Ran) {
    assert_eq!(ran.code, Some(0), "{ran:#?}");
    for word in ["talos", "machine-id", "confidential"] {
        assert!(ran.stderr.contains(word), "{word}: {ran:#?}");
    }
}

fn sweep_finds() {
    for shown in [
        format!("id {MACHINE_ID}"),
        format!("ID {}", MACHINE_ID.to_uppercase()),
        dashed(MACHINE_ID),
        dashed(&MACHINE_ID.to_uppercase()),
        format!(
            "{:?}",
            u128::from_str_radix(MACHINE_ID, 16).unwrap().to_be_bytes()
        ),
    ] {
        assert!(found(shown.as_bytes(), MACHINE_ID).is_some(), "{shown}");
    }
    let raw = u128::from_str_radix(MACHINE_ID, 16).unwrap().to_be_bytes();
    assert!(found(&raw, MACHINE_ID).is_some());
    assert!(found(b"nothing of the kind", MACHINE_ID).is_none());
}
