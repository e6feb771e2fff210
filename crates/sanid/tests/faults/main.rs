//! `sanid apply`, killed at every single system call, and every call with which
//! it makes something made to fail: the three files stay old or new, each of
//! them whole, and the next `apply` ends in a matched pair.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod disks;
mod failing;
mod killed;
mod order;
mod reseed;
#[path = "../support/mod.rs"]
mod support;

use std::process::{Command, ExitCode, Stdio};

use libtest_mimic::Arguments;
use support::host::{
    FOREIGN, Host, MACHINE_ID, OTHER_MACHINE_ID, Ran, Three, assert_matched, derived,
};
use support::trace::{Call, traced_with, words};
use testkit::trial::{STRACE, trial};

/// A state of a host, and the `apply` that is interrupted there.
struct Scenario {
    name: &'static str,
    host: fn() -> Host,
    apply: &'static [&'static str],
    /// Whether a plain `apply` may ask for consent while the old state is whole.
    asks: bool,
    /// Whether the file system can exchange two names in one step.
    exchanges: bool,
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "a host without any identity",
        host: || Host::new(MACHINE_ID),
        apply: &["apply"],
        asks: false,
        exchanges: true,
    },
    Scenario {
        name: "an identity in use, to be replaced",
        host: || Host::foreign(MACHINE_ID),
        apply: &["apply", "--replace"],
        asks: true,
        exchanges: true,
    },
    Scenario {
        name: "an identity in use, where names cannot be exchanged",
        host: || Host::foreign(MACHINE_ID),
        apply: &["apply", "--replace"],
        asks: true,
        exchanges: false,
    },
    Scenario {
        name: "a template whose machine-id was reset",
        host: || {
            // With some hardware to record.
            let host = Host::typical(OTHER_MACHINE_ID);
            host.apply();
            host.write("etc/machine-id", format!("{MACHINE_ID}\n"));
            host
        },
        apply: &["apply"],
        asks: false,
        exchanges: true,
    },
    Scenario {
        name: "half of an identity",
        host: || {
            let host = Host::new(MACHINE_ID);
            host.write("etc/nvme/hostid", FOREIGN[2]);
            host.write("etc/nvme/hostnqn", "");
            host
        },
        apply: &["apply", "--replace"],
        asks: true,
        exchanges: true,
    },
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    // The cases say themselves where they failed, and the trials collect that.
    std::panic::set_hook(Box::new(|_| {}));
    let mut trials = Vec::new();
    for scenario in SCENARIOS {
        trials.push(trial(
            &format!("killed at every system call: {}", scenario.name),
            &[STRACE],
            || killed::everywhere(scenario),
        ));
        trials.push(trial(
            &format!(
                "failing at every call that makes something: {}",
                scenario.name
            ),
            &[STRACE],
            || failing::everywhere(scenario),
        ));
        trials.push(trial(
            &format!("stored before it takes its place: {}", scenario.name),
            &[STRACE],
            || order::stored(scenario),
        ));
    }
    for (name, host) in reseed::HOSTS {
        trials.push(trial(
            &format!("reseed killed at every system call: {name}"),
            &[STRACE],
            || reseed::killed(*host),
        ));
        trials.push(trial(
            &format!("reseed failing at every call that makes something: {name}"),
            &[STRACE],
            || reseed::failing(*host),
        ));
    }
    trials.extend(disks::trials());
    testkit::trial::run(&arguments, trials)
}

impl Scenario {
    /// A whole run, call by call, from the first one that has to do with the
    /// root: before it nothing of the host is known.
    fn calls(&self) -> Vec<Call> {
        let host = (self.host)();
        let log = tempfile::NamedTempFile::new().unwrap();
        let (ran, calls) = traced_with(self.surroundings(), &host.sanid(self.apply), log.path());
        ran.expect(0);
        assert_eq!(host.three(), derived(MACHINE_ID));
        let root = host.root().to_str().unwrap().to_owned();
        let calls: Vec<Call> = calls
            .into_iter()
            .filter(|call| call.name != "execve")
            .skip_while(|call| !call.text.contains(&root))
            .filter(|call| call.name != "exit_group" && !call.text.contains("(INJECTED)"))
            .collect();
        assert!(calls.len() > 20, "a run is more than that: {calls:#?}");
        calls
    }

    /// How the kernel behaves throughout.
    fn surroundings(&self) -> &'static [&'static str] {
        if self.exchanges {
            &[]
        } else {
            &["-e", "inject=renameat2:error=EINVAL"]
        }
    }
}

/// One run with something injected at one call.
fn injected(host: &Host, scenario: &Scenario, call: &Call, what: &str) -> (Command, String) {
    let mut strace = Command::new("strace");
    let inject = format!("inject={}:{what}:when={}", call.name, call.nth);
    let trace = format!("trace=renameat2,{}", call.name);
    strace
        .args(["-f", "-qq", "-e", &trace, "-e", &inject, "-o", "/dev/null"])
        .args(scenario.surroundings())
        .args(words(&host.sanid(scenario.apply)))
        .stdin(Stdio::null());
    (strace, format!("{what} at {}: {}", call.nth, call.text))
}

/// A plain `apply` after an interrupted one: it completes the change, or asks
/// for consent with the old state whole.
fn recovers(host: &Host, scenario: &Scenario, old: &Three, new: &Three, place: &str) {
    let left = host.three();
    let ran = host.run(&["apply"]);
    if ran.code == Some(3) {
        assert!(scenario.asks, "{place}: asks without need: {ran:#?}");
        assert_eq!(left, *old, "{place}: asks about a mixture: {ran:#?}");
        assert_eq!(host.three(), *old, "{place}: refused, and changed files");
        host.run(&["apply", "--replace"]).expect(0);
    } else {
        assert_eq!(ran.code, Some(0), "{place}: {ran:#?}");
    }
    assert_eq!(host.three(), *new, "{place}");
    assert_matched(&host.three());
    assert_eq!(host.leftovers(), [""; 0], "{place}");
    let touched = host.touched();
    let again = host.run(&["apply"]);
    assert_eq!(again.code, Some(0), "{place}: {again:#?}");
    assert_eq!(host.touched(), touched, "{place}: the second apply is idle");
}

fn one_clear_line(ran: &Ran, place: &str) {
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{place}: {ran:#?}");
    assert!(!ran.stderr.contains("os error"), "{place}: {ran:#?}");
    assert!(!ran.stderr.contains("panicked"), "{place}: {ran:#?}");
}
