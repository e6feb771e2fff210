//! `sanid reseed`, killed at every system call, and every call with which it makes something made to fail:
//! the host has the old machine-id or the new one, and the next `apply` gives it the names of that one.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;

use super::failing::{ERRORS, makes_something};
use super::one_clear_line;
use super::support::host::{Host, MACHINE_ID, Ran, Three, derived};
use super::support::parallel::for_all;
use super::support::trace::{Call, traced, words};

const RESEED: &[&str] = &["reseed", "--yes"];

/// Makes a host.
type Make = fn() -> Host;

/// One with a derived name, and one with a foreign name; each with the copy of D-Bus.
pub(crate) const HOSTS: &[(&str, Make)] = &[
    ("a clone of a host that sanid named", || {
        let host = ready(Host::typical(MACHINE_ID));
        host.apply();
        host
    }),
    ("a clone with a foreign name", || {
        ready(Host::foreign(MACHINE_ID))
    }),
];

fn ready(host: Host) -> Host {
    host.write("var/lib/dbus/machine-id", format!("{MACHINE_ID}\n"));
    host
}

fn calls(host: fn() -> Host) -> Vec<Call> {
    let host = host();
    let log = tempfile::NamedTempFile::new().unwrap();
    let (ran, calls) = traced(&host.sanid(RESEED), log.path());
    ran.expect(0);
    let root = host.root().to_str().unwrap().to_owned();
    let calls: Vec<Call> = calls
        .into_iter()
        .filter(|call| call.name != "execve" && call.name != "exit_group")
        .skip_while(|call| !call.text.contains(&root))
        .collect();
    assert!(calls.len() > 20, "a run is more than that: {calls:#?}");
    calls
}

fn machine_id(host: &Host) -> String {
    let text = String::from_utf8(host.read("etc/machine-id").unwrap()).unwrap();
    let id = text.strip_suffix('\n').unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{text:?}"
    );
    id.to_owned()
}

fn inject(host: &Host, call: &Call, what: &str) -> (Command, String) {
    let mut strace = Command::new("strace");
    let inject = format!("inject={}:{what}:when={}", call.name, call.nth);
    let trace = format!("trace={}", call.name);
    strace
        .args(["-f", "-qq", "-e", &trace, "-e", &inject, "-o", "/dev/null"])
        .args(words(&host.sanid(RESEED)));
    (strace, format!("{what} at {}: {}", call.nth, call.text))
}

/// The state is one of the two, and the next `apply` makes it whole.
fn recovers(host: &Host, old: &Three, place: &str) {
    let id = machine_id(host);
    match std::fs::read_link(host.at("var/lib/dbus/machine-id")) {
        Ok(link) => assert_eq!(link.to_str(), Some("/etc/machine-id"), "{place}"),
        Err(_) => assert_eq!(id, MACHINE_ID, "{place}: D-Bus has the old one"),
    }
    let was_derived = *old == derived(MACHINE_ID);
    if id == MACHINE_ID && !was_derived {
        assert_eq!(host.three(), *old, "{place}");
        host.run(&["apply"]).expect(3);
        assert_eq!(host.three(), *old, "{place}: refused, and changed files");
        return;
    }
    let ran = host.run(&["apply"]);
    assert_eq!(ran.code, Some(0), "{place}: {ran:#?}");
    assert_eq!(host.three(), derived(&id), "{place}");
    let mut left = host.leftovers();
    if id == MACHINE_ID {
        // Nothing was to be done, so nothing was tidied; the next change takes it.
        left.retain(|path| !path.ends_with("/.record.json.sanid-tmp"));
    }
    assert_eq!(left, [""; 0], "{place}");
}

/// Killed anywhere.
pub(crate) fn killed(make: fn() -> Host) {
    for_all(calls(make), |call| {
        let host = make();
        let old = host.three();
        let (mut command, place) = inject(&host, call, "signal=SIGKILL");
        let output = command.output().unwrap();
        assert_eq!(output.status.signal(), Some(9), "{place}: not killed");
        recovers(&host, &old, &place);
    });
}

/// Failing anywhere: one clear line, and the machine-id is new only if the message says that.
pub(crate) fn failing(make: fn() -> Host) {
    let cases = calls(make)
        .into_iter()
        .filter(makes_something)
        .flat_map(|call| ERRORS.map(|error| (call.clone(), error)))
        .collect();
    for_all(cases, |(call, errno)| {
        let host = make();
        let old = host.three();
        let (mut command, place) = inject(&host, call, &format!("error={errno}"));
        let ran = Ran::of(&mut command);
        let renewed = machine_id(&host) != MACHINE_ID;
        match ran.code {
            Some(0) => assert!(renewed, "{place}: {ran:#?}"),
            Some(2) => {
                one_clear_line(&ran, &place);
                assert_eq!(
                    ran.stderr.contains("the machine-id is new"),
                    renewed,
                    "{place}: {ran:#?}"
                );
                assert_eq!(host.three(), old, "{place}: {ran:#?}");
            }
            _ => panic!("{place}: {ran:#?}"),
        }
        recovers(&host, &old, &place);
    });
}
