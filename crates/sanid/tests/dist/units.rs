//! The units, as systemd itself sees them.

use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::installed::{REPOSITORY, STATIC, TREE, XTASK, files, static_binary};
use super::support::host::{Host, MACHINE_ID, Ran, derived};
use testkit::trial::{Need, trial};

const ANALYZE: Need = Need::Program("systemd-analyze", "systemd");
const UNITS: &str = "usr/lib/systemd/system";

/// What puts the identity in place at boot.
const WRITERS: [&str; 4] = [
    "sanid.service",
    "sanid-bind.service",
    "sanid-machine-id.service",
    "sanid-changed.service",
];
/// What connects before local file systems are mounted, and so before a first boot's machine-id is stored.
const EARLY: &[&str] = &["nvmefc-boot-connections.service", "nvmf-connect@x.service"];
const DEBIAN_12: &[&str] = &[
    "iscsid.service",
    "iscsid.socket",
    "open-iscsi.service",
    "nvmf-autoconnect.service",
];
const DEBIAN_13: &[&str] = &[
    "nvmf-autoconnect.service",
    "nvmf-connect-nbft.service",
    "stas-config.target",
    "stafd.service",
    "stacd.service",
];

pub(crate) fn trials() -> Vec<Trial> {
    const NEEDS: &[Need] = &[
        ANALYZE,
        STATIC,
        XTASK,
        Need::File("/lib/systemd/system/open-iscsi.service", "open-iscsi"),
        Need::File("/lib/systemd/system/nvmf-autoconnect.service", "nvme-cli"),
    ];
    const NEEDS_13: &[Need] = &[
        ANALYZE,
        STATIC,
        XTASK,
        Need::Set("SANID_DEBIAN13", "a tree of Debian 13"),
    ];
    vec![
        trial(
            "systemd_analyze_verify_is_silent",
            &[ANALYZE, STATIC, XTASK],
            verify,
        ),
        trial(
            "in_file_mode_the_exposure_is_at_most_1_5",
            &[ANALYZE, STATIC, XTASK],
            exposure,
        ),
        trial(
            "explains_the_remaining_exposure",
            &[ANALYZE, STATIC, XTASK],
            explained,
        ),
        trial(
            "the_boot_units_follow_on_existing_of_the_configuration",
            &[],
            follow_configuration,
        ),
        trial(
            "sanid_is_before_all_storage_clients_of_debian_12",
            NEEDS,
            || ordered(&scratch(Path::new("/")), DEBIAN_12),
        ),
        trial(
            "sanid_is_before_all_storage_clients_of_debian_13",
            NEEDS_13,
            || {
                let tree = std::env::var_os("SANID_DEBIAN13").expect("SANID_DEBIAN13");
                ordered(&scratch(Path::new(&tree)), DEBIAN_13);
            },
        ),
    ]
}

/// A root with sanid's units beside those of another.
fn scratch(other: &Path) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for from in [other, TREE.path()] {
        let units = from.join(UNITS);
        let to = root.path().join(UNITS);
        fs::create_dir_all(&to).unwrap();
        let mut copy = Command::new("cp");
        copy.args(["-r", "--preserve=links", "--no-target-directory"]);
        Ran::of(copy.arg(units).arg(to)).expect(0);
    }
    let binary = root.path().join("usr/bin/sanid");
    fs::create_dir_all(binary.parent().unwrap()).unwrap();
    fs::copy(static_binary("sanid"), &binary).unwrap();
    // In the place of sanid-fleet and of the shell: systemd only checks that they can be run.
    let shell = root.path().join("bin/sh");
    fs::create_dir_all(shell.parent().unwrap()).unwrap();
    for other in [binary.with_file_name("sanid-fleet"), shell] {
        fs::copy(&binary, other).unwrap();
    }
    root
}

fn analyze(root: &Path, words: &[&str]) -> Ran {
    let mut command = Command::new("systemd-analyze");
    command
        .env("LC_ALL", "C.UTF-8")
        .env("SYSTEMD_COLORS", "0")
        .arg(format!("--root={}", root.display()))
        .args(words);
    Ran::of(&mut command)
}

/// The units by themselves, which name no unit that must exist.
fn verify() {
    let mut names: Vec<String> = files(&TREE.path().join(UNITS))
        .iter()
        .filter_map(|path| path.file_name()?.to_str().map(str::to_owned))
        .filter(|name| name.starts_with("sanid"))
        .collect();
    names.sort();
    assert!(names.len() >= 7, "{names:?}");
    // With systemd's own units beside them: those name each other.
    let root = scratch(Path::new("/"));
    for name in &names {
        let ran = analyze(
            root.path(),
            &["--man=no", "--recursive-errors=no", "verify", name],
        );
        let said: Vec<&str> = ran
            .stderr
            .lines()
            .filter(|line| line.contains("sanid"))
            .collect();
        assert_eq!(
            (ran.code, said),
            (Some(0), Vec::new()),
            "{name}: {}",
            ran.stderr
        );
    }
}

/// The overall number and the names of what is open.
fn security(name: &str) -> (f64, Vec<String>) {
    let ran = analyze(TREE.path(), &["--offline=true", "security", name]).expect(0);
    let prefix = format!("Overall exposure level for {name}: ");
    let overall = ran
        .stdout
        .lines()
        .find_map(|line| line.split_once(&prefix)?.1.split(' ').next())
        .unwrap_or_else(|| panic!("{ran:#?}"));
    let open = ran
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("✗ ")?.split(' ').next())
        .map(str::to_owned)
        .collect();
    (overall.parse().unwrap(), open)
}

fn exposure() {
    for name in [
        "sanid.service",
        "sanid-machine-id.service",
        "sanid-changed.service",
        "sanid-status.service",
        "sanid-claim.service",
        "sanid-claim-renew.service",
    ] {
        let (exposure, open) = security(name);
        let limit = match name {
            // It sees the network cards; its RestrictAddressFamilies= lets it open no socket.
            "sanid-status.service" => 1.7,
            // The store is on the network.
            "sanid-claim.service" | "sanid-claim-renew.service" => 2.5,
            _ => 1.5,
        };
        assert!(exposure <= limit, "{name}: {exposure}: {open:?}");
    }
}

fn explained() {
    let others = [
        "sanid-status.service",
        "sanid-claim.service",
        "sanid-claim-renew.service",
    ];
    for name in WRITERS.iter().chain(&others) {
        let unit = fs::read_to_string(TREE.path().join(UNITS).join(name)).unwrap();
        let comments: Vec<&str> = unit.lines().filter(|line| line.starts_with('#')).collect();
        let (_, open) = security(name);
        assert!(!open.is_empty());
        for directive in open {
            let word = match directive.split_once("CAP_") {
                Some((_, capability)) => format!("CAP_{capability}"),
                None => directive.split_once('=').unwrap().0.to_owned() + "=",
            };
            assert!(
                comments.iter().any(|line| line.contains(&word)),
                "{name} leaves {directive} open and does not say why"
            );
        }
    }
}

/// What each unit runs, on a host whose image had names baked in.
fn follow_configuration() {
    for name in WRITERS {
        let unit = fs::read_to_string(Path::new(REPOSITORY).join("dist").join(UNITS).join(name));
        let unit = unit.unwrap();
        let start = unit
            .lines()
            .find_map(|line| line.strip_prefix("ExecStart=/usr/bin/sanid "))
            .unwrap();
        let words: Vec<&str> = start.split(' ').collect();
        let host = Host::foreign(MACHINE_ID);
        let baked = host.three();
        host.run(&words).expect(0);
        assert_eq!(
            host.three(),
            baked,
            "{name}: without a word, a host keeps its names"
        );
        host.write(
            "usr/lib/sanid/config.d/50-image.toml",
            "on-existing = \"replace\"\n",
        );
        host.run(&words).expect(0);
        assert_eq!(
            host.three(),
            derived(MACHINE_ID),
            "{name}: an image builder's word counts"
        );
    }
}

/// The cycles that systemd finds when all is started at once.
fn cycles(root: &Path) -> Vec<String> {
    let mut command = Command::new("systemd-analyze");
    command
        .env("SYSTEMD_LOG_LEVEL", "debug")
        .arg(format!("--root={}", root.display()))
        .args(["--man=no", "verify", "everything.target"]);
    let ran = Ran::of(&mut command);
    assert!(
        ran.stderr.contains("everything.target/start"),
        "systemd has planned the start: {ran:#?}"
    );
    ran.stderr
        .lines()
        .filter(|line| line.contains("ordering cycle"))
        .map(str::to_owned)
        .collect()
}

/// Asks systemd: were a writer after a client as well, would that be a cycle?
fn ordered(root: &TempDir, clients: &[&str]) {
    let root = root.path();
    let known = EARLY.iter().chain(clients);
    let wanted: Vec<&str> = known.copied().chain(WRITERS).collect();
    let others = "multi-user.target sysinit.target sanid.path sanid-status.timer \
                  systemd-firstboot.service systemd-machine-id-commit.service systemd-remount-fs.service \
                  systemd-tmpfiles-setup.service";
    let target = format!("[Unit]\nWants={} {others}\n", wanted.join(" "));
    fs::write(root.join(UNITS).join("everything.target"), target).unwrap();
    assert_eq!(cycles(root), Vec::<String>::new());

    let overrides = root.join("etc/systemd/system");
    fs::create_dir_all(&overrides).unwrap();
    // What is not there orders nothing: iscsid.service is after iscsid.socket, and sanid-machine-id.service
    // after sanid.service, but either may be masked. So each pair is asked about alone.
    let is_before = |writer: &str, client: &str| {
        let others: Vec<_> = wanted
            .iter()
            .filter(|other| ![writer, client].contains(*other))
            .map(|other| overrides.join(other))
            .collect();
        for mask in &others {
            std::os::unix::fs::symlink("/dev/null", mask).unwrap();
        }
        let directory = overrides.join(format!("{writer}.d"));
        fs::create_dir_all(&directory).unwrap();
        let drop_in = directory.join("after.conf");
        fs::write(&drop_in, format!("[Unit]\nAfter={client}\n")).unwrap();
        let found = !cycles(root).is_empty();
        fs::remove_file(drop_in).unwrap();
        for mask in others {
            fs::remove_file(mask).unwrap();
        }
        found
    };
    assert!(
        !is_before("sanid.service", "systemd-remount-fs.service"),
        "the question can be answered with no"
    );
    for client in clients {
        let file = root.join(UNITS).join(client);
        assert!(file.exists(), "{client} is real");
        for writer in WRITERS {
            assert!(is_before(writer, client), "{writer} is not before {client}");
            // Some clients wait for sysinit.target today, and so for local file systems. That is theirs.
            let unit = fs::read_to_string(root.join(UNITS).join(writer)).unwrap();
            let named = unit
                .lines()
                .filter_map(|line| line.strip_prefix("Before="))
                .any(|line| line.split(' ').any(|name| name == *client));
            assert!(named, "{writer} does not name {client}");
        }
    }
    for client in EARLY {
        for writer in ["sanid.service", "sanid-bind.service"] {
            assert!(is_before(writer, client), "{writer} is not before {client}");
        }
    }
}
