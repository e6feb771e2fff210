//! Every call that makes something, made to fail.

use super::support::host::{MACHINE_ID, Ran, derived};
use super::support::parallel::for_all;
use super::support::trace::Call;
use super::{Scenario, injected, one_clear_line, recovers};

/// The calls that make something and can fail on a full, broken or read-only
/// disk.
pub(crate) fn makes_something(call: &Call) -> bool {
    let on_a_file = || call.text.contains("sanid");
    match call.name.as_str() {
        "open" | "openat" | "openat2" => call.text.contains("O_CREAT"),
        "write" | "pwrite64" => {
            on_a_file() && !call.text.starts_with("write(1<") && !call.text.starts_with("write(2<")
        }
        "fsync" | "fdatasync" | "rename" | "renameat" | "renameat2" | "link" | "linkat"
        | "symlinkat" | "mkdir" | "mkdirat" | "fchmod" | "fchmodat" | "fchown" | "fchownat"
        | "ftruncate" | "fallocate" | "flock" => true,
        _ => false,
    }
}

pub(crate) const ERRORS: [&str; 3] = ["ENOSPC", "EIO", "EROFS"];

/// The old state stays whole, and the error says what happened.
pub(crate) fn everywhere(scenario: &'static Scenario) {
    let new = derived(MACHINE_ID);
    let calls: Vec<Call> = scenario.calls();
    let calls: Vec<(Call, Duty)> = calls
        .iter()
        .enumerate()
        .filter(|(_, call)| makes_something(call))
        .map(|(index, call)| (call.clone(), duty(&calls, index)))
        .collect();
    for kind in ["write", "fsync", "rename", "open"] {
        assert!(
            calls.iter().any(|(call, _)| call.name.starts_with(kind)),
            "no {kind} among {calls:#?}"
        );
    }
    let cases = calls
        .into_iter()
        .flat_map(|(call, duty)| ERRORS.map(|error| (call.clone(), duty, error)))
        .collect();
    for_all(cases, |(call, duty, errno)| {
        let host = (scenario.host)();
        let old = host.three();
        let (mut command, place) = injected(&host, scenario, call, &format!("error={errno}"));
        let ran = Ran::of(&mut command);
        if ran.code == Some(0) && *duty == Duty::Other {
            assert_eq!(host.three(), new, "{place}: {ran:#?}");
        } else {
            assert_eq!(ran.code, Some(2), "{place}: {ran:#?}");
            assert_eq!(host.three(), old, "{place}: {ran:#?}");
            one_clear_line(&ran, &place);
        }
        assert_eq!(host.leftovers(), [""; 0], "{place}");
        recovers(&host, scenario, &old, &new, &place);
    });
}

/// What a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Duty {
    /// To bring the identity into its files: if it fails, so does the change.
    Identity,
    /// Book-keeping, and tidying up after the change: the identity may be in
    /// place without it.
    Other,
}

fn duty(calls: &[Call], index: usize) -> Duty {
    let in_place = calls
        .iter()
        .rposition(|call| call.name.starts_with("rename") && call.text.contains("/etc/"))
        .expect("files take their places");
    let tidying = calls
        .iter()
        .skip(in_place)
        .position(|call| call.name == "unlinkat")
        .map(|position| in_place + position);
    let is_late = tidying.is_some_and(|tidying| index > tidying);
    if is_late || !calls[index].text.contains("/etc") {
        Duty::Other
    } else {
        Duty::Identity
    }
}
