//! Members of etcd by clocks of their own. libfaketime does nothing to a Go program, which asks the kernel and
//! not the C library; under QEMU's user mode emulation it is QEMU that asks, by the C library. A monotonic
//! clock that only begins elsewhere is a time namespace.

use std::path::{Path, PathBuf};
use std::process::Command;

use sanid_claims::Timestamp;

use super::server::http;
use testkit::trial::Need;

const QEMU: &str = if cfg!(target_arch = "aarch64") {
    "qemu-aarch64"
} else {
    "qemu-x86_64"
};

pub(crate) const NEEDS: &[Need] = &[
    Need::Program("etcd", "etcd-server"),
    Need::Program("etcdctl", "etcd-client"),
    Need::Program("faketime", "faketime"),
    Need::Program(QEMU, "qemu-user"),
];

/// What libfaketime is to do, while the member runs.
#[derive(Clone)]
pub(crate) struct Hand(PathBuf);

/// Which clocks it moves.
#[derive(Clone, Copy)]
pub(crate) enum Moves {
    TimeOfDay,
    AllClocks,
}

impl Hand {
    /// A clock that the test moves.
    pub(crate) fn new(directory: &Path) -> Self {
        let hand = Self(directory.join("clock"));
        hand.set("+0");
        hand
    }

    /// As libfaketime says it: `+1y`, `-3d`.
    pub(crate) fn set(&self, offset: &str) {
        // Whole at every moment.
        let new = self.0.with_extension("new");
        std::fs::write(&new, offset).unwrap();
        std::fs::rename(&new, &self.0).unwrap();
    }

    /// etcd by that clock.
    pub(crate) fn etcd(&self, moves: Moves) -> Command {
        let mut command = Command::new(QEMU);
        command
            .arg(testkit::trial::program("etcd").unwrap())
            .env("LD_PRELOAD", library())
            .env("FAKETIME_TIMESTAMP_FILE", &self.0)
            .env("FAKETIME_NO_CACHE", "1");
        if matches!(moves, Moves::TimeOfDay) {
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            command.env("DONT_FAKE_MONOTONIC", "1");
        }
        command
    }
}

/// Below the directory of the architecture.
fn library() -> PathBuf {
    let found = std::fs::read_dir("/usr/lib").unwrap().flatten();
    let mut found = found.map(|one| one.path().join("faketime/libfaketimeMT.so.1"));
    found
        .find(|path| path.is_file())
        .expect("faketime has its library there")
}

/// etcd whose monotonic clock began at another time.
pub(crate) fn began_before(seconds: u64) -> Command {
    let mut command = Command::new("unshare");
    let seconds = seconds.to_string();
    command.args(["--time", "--monotonic", &seconds, "--boottime", &seconds]);
    command.args(["--fork", "--kill-child", "etcd"]);
    command
}

/// How many days a member is ahead of this program, by the time that it puts on its answers.
pub(crate) fn days_ahead(url: &str) -> i64 {
    let said = http(url, "GET /version HTTP/1.0\r\n\r\n").unwrap();
    let date = said.lines().find_map(|line| line.strip_prefix("Date: "));
    let date = date.unwrap_or_else(|| panic!("{said}"));
    let output = Command::new("date")
        .args(["--date", date, "+%s"])
        .output()
        .unwrap();
    let theirs = String::from_utf8(output.stdout).unwrap();
    let theirs: i64 = theirs.trim().parse().unwrap();
    let ours = i64::try_from(Timestamp::now().seconds()).unwrap();
    // To the nearest day: seconds go by meanwhile.
    (theirs - ours + 43_200).div_euclid(86_400)
}
