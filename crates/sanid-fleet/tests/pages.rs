//! The how-to pages are played: each session runs on the host that it names, in a throw-away root, and prints what the
//! page shows. A line `...` stands for any lines. At the end the hosts have names of their own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use libtest_mimic::Arguments;
use tempfile::TempDir;
use testkit::Ran;
use testkit::hosts::FILES;
use testkit::trial::trial;

/// This test is `sanid` where this is set.
const AS_SANID: &str = "PAGES_TEST_AS_SANID";

/// Names that somebody's package made on the disk that was copied.
const OLD: [&str; 3] = [
    "InitiatorName=iqn.1993-08.org.debian:01:5ca1ab1e0042\n",
    "nqn.2014-08.org.nvmexpress:uuid:a3b1c2d4-0000-4000-8000-0123456789ab\n",
    "a3b1c2d4-0000-4000-8000-0123456789ab\n",
];

const ONE: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const TWO: &str = "00112233445566778899aabbccddeeff";
const THREE: &str = "8899aabbccddeeff0011223344556677";

fn main() -> ExitCode {
    if std::env::var_os(AS_SANID).is_some() {
        return sanid::run(std::env::args_os());
    }
    let trials = vec![
        trial("duplicates_end_with_names_of_their_own", &[], duplicate),
        trial("a_spreadsheet_and_two_arrays", &[], spreadsheet),
        trial("an_inventory_becomes_acls", &[], deployment),
        trial("two_logins_at_a_target", &[], two_logins),
        trial("a_copy_changes_names_that_the_first_keeps", &[], keep),
    ];
    testkit::trial::run(&Arguments::from_args(), trials)
}

fn duplicate() {
    let site = Site::new();
    site.host("web-1", ONE);
    site.run("web-1", "sanid apply");
    site.host("web-2", ONE);
    site.run("web-2", "sanid apply");
    site.copied("db-1", TWO);
    site.copied("db-2", THREE);
    let (web_1, db_1) = (site.names("web-1"), site.names("db-1"));
    site.play(include_str!("../../../docs/duplicate.md"), 7);
    assert_eq!(site.names("web-1"), web_1, "the host that keeps the names");
    assert_eq!(site.names("db-1"), db_1, "the host that keeps the names");
    site.all_differ(&["web-1", "web-2", "db-1", "db-2"]);
}

fn spreadsheet() {
    const IQN: &str = "iqn.1993-08.org.debian:01:5c0ffee0a1b2";
    let page = include_str!("../../../docs/spreadsheet.md");
    let (_, list) = page.split_once("```csv\n").unwrap();
    let (list, _) = list.split_once("```").unwrap();
    let site = Site::new();
    site.write("admin", "hosts.csv", list);
    let array =
        format!("[{{\"name\": \"app-1\", \"host_initiators\": [{{\"port_name\": \"{IQN}\"}}]}}]");
    site.write("admin", "array-1.json", &array);
    let array = format!("name:app-2\niscsi_name:{IQN}\n");
    site.write("admin", "array-2.txt", &array);
    site.play(page, 2);
}

fn deployment() {
    let page = include_str!("../../../docs/deployment.md");
    let (_, inventory) = page.split_once("```csv\n").unwrap();
    let (inventory, _) = inventory.split_once("```").unwrap();
    let site = Site::new();
    site.write("admin", "inventory.csv", inventory);
    site.play(page, 1);
}

fn two_logins() {
    const IQN: &str = "iqn.1993-08.org.debian:01:5ca1ab1e0042";
    let site = Site::new();
    site.copied("db-1", ONE);
    let report = site.run("db-1", "sanid status --format json");
    let mut report: serde_json::Value = serde_json::from_str(&report).unwrap();
    report["addresses"] = serde_json::json!(["192.0.2.11", "198.51.100.11"]);
    report["time"] = "2026-11-29T10:00:00Z".into();
    site.write("admin", "reports.ndjson", &format!("{report}\n"));
    let login = |number: u32, address: &str| {
        format!(
            "        I_T nexus: {number}\n            Initiator: {IQN} alias: none\n            Connection: 0\n                IP Address: {address}\n"
        )
    };
    let target = |logins: &str| {
        format!(
            "Target 1: iqn.2024-01.com.example:vault\n    System information:\n        Driver: iscsi\n        State: ready\n    I_T nexus information:\n{logins}    LUN information:\n    ACL information:\n        {IQN}\n"
        )
    };
    let (one, other) = ("192.0.2.11", "192.0.2.12");
    site.write(
        "admin",
        "target.txt",
        &target(&(login(1, one) + &login(2, other))),
    );
    for (file, number, address) in [("1.txt", 4, one), ("2.txt", 6, other), ("3.txt", 9, one)] {
        site.write("admin", file, &target(&login(number, address)));
    }
    site.play(include_str!("../../../docs/two-logins.md"), 3);
}

fn keep() {
    let site = Site::new();
    site.copied("app-1", ONE);
    site.copied("app-2", TWO);
    site.play(include_str!("../../../docs/keep-or-change.md"), 8);
    assert_eq!(site.names("app-1"), OLD);
    site.all_differ(&["app-1", "app-2"]);
}

/// Some hosts, and the machine that administers them by ssh.
struct Site(TempDir);

impl Site {
    fn new() -> Self {
        let site = tempfile::Builder::new().tempdir_in("/var/tmp").unwrap();
        let this = Self(site);
        for directory in ["bin", "admin"] {
            fs::create_dir(this.at(directory)).unwrap();
        }
        let test = std::env::current_exe().unwrap();
        let sanid = format!("{AS_SANID}=1 exec {} \"$@\" --root .", test.display());
        this.program("sanid", &sanid);
        // What is asked of a host is done in its root. Its user is root.
        let ssh = "while [ \"$1\" != -- ]; do shift; done\ncd \"../$2\" && shift 2 && eval \"$@\"";
        this.program("ssh", ssh);
        this.program("sudo", "shift\nexec \"$@\"");
        symlink(
            env!("CARGO_BIN_EXE_sanid-fleet"),
            this.at("bin/sanid-fleet"),
        )
        .unwrap();
        this
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.at("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A host that sanid has not run on.
    fn host(&self, name: &str, machine_id: &str) {
        self.write(name, "etc/machine-id", &format!("{machine_id}\n"));
        self.write(name, "etc/hostname", &format!("{name}\n"));
        let known = fs::read_to_string(self.at("admin/hosts.txt")).unwrap_or_default();
        fs::write(self.at("admin/hosts.txt"), format!("{known}{name}\n")).unwrap();
    }

    /// A copy of a disk with names, with a machine-id of its own.
    fn copied(&self, name: &str, machine_id: &str) {
        self.host(name, machine_id);
        for (path, text) in FILES.iter().zip(OLD) {
            self.write(name, path, text);
        }
    }

    fn write(&self, host: &str, path: &str, text: &str) {
        let path = self.at(host).join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Runs a command line on a host; what it prints, as the host itself would see it.
    fn run(&self, host: &str, line: &str) -> String {
        let path = format!(
            "{}:{}",
            self.at("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", line]).current_dir(self.at(host));
        let ran = Ran::of(shell.env("PATH", path).env_remove("TMPDIR"));
        assert!(matches!(ran.code, Some(0 | 1 | 3)), "{line}: {ran:#?}");
        (ran.stdout + &ran.stderr).replace(" --root .", "")
    }

    /// Plays every session of a page.
    fn play(&self, page: &str, count: usize) {
        let sessions: Vec<&str> = page.split("<!-- session: ").skip(1).collect();
        assert_eq!(sessions.len(), count, "sessions");
        for session in sessions {
            let (host, rest) = session.split_once(" -->\n").unwrap();
            let indent = rest.split("```console\n").next().unwrap();
            let (_, rest) = rest.split_once("```console\n").unwrap();
            let (shown, _) = rest.split_once(&format!("\n{indent}```\n")).unwrap();
            let shown: Vec<&str> = shown
                .lines()
                .map(|line| line.strip_prefix(indent).unwrap_or(line))
                .collect();
            let mut played = String::new();
            for line in &shown {
                if let Some(command) = line.strip_prefix("$ ") {
                    played.extend([line, "\n", &self.run(host, command)]);
                }
            }
            let mut shown = shown.join("\n");
            shown.push('\n');
            snapbox::assert_data_eq!(plain(&played), plain(&shown));
        }
    }

    fn names(&self, host: &str) -> [String; 3] {
        FILES.map(|path| fs::read_to_string(self.at(host).join(path)).unwrap())
    }

    /// No two hosts share any name.
    fn all_differ(&self, hosts: &[&str]) {
        let names: BTreeSet<String> = hosts.iter().flat_map(|host| self.names(host)).collect();
        assert_eq!(names.len(), hosts.len() * FILES.len(), "{names:?}");
    }
}

/// Without what differs from run to run: the ids that `reseed` makes, and the order in which hosts answered.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for line in text.lines() {
        if let Some(hosts) = line.strip_prefix("  on ") {
            let hosts: BTreeSet<&str> = hosts.split(' ').collect();
            let hosts: Vec<&str> = hosts.into_iter().collect();
            plain.extend(["  on ", &hosts.join(" ")]);
        } else if let Some((label, new)) = line.split_once("new  ") {
            let new = new.replace(|c: char| c.is_ascii_hexdigit(), "0");
            plain.extend([label, "new  ", &new]);
        } else {
            plain += line;
        }
        plain.push('\n');
    }
    plain
}
