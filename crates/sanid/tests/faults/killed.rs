//! Killed at every system call.

use std::os::unix::process::ExitStatusExt as _;

use super::support::host::{MACHINE_ID, derived};
use super::support::parallel::for_all;
use super::{Scenario, injected, recovers};

/// The files stay old or new, and the next `apply` brings them in order.
pub(crate) fn everywhere(scenario: &'static Scenario) {
    let new = derived(MACHINE_ID);
    for_all(scenario.calls(), |call| {
        let host = (scenario.host)();
        let old = host.three();
        let (mut command, place) = injected(&host, scenario, call, "signal=SIGKILL");
        let output = command.output().unwrap();
        assert_eq!(
            output.status.signal(),
            Some(9),
            "{place}: it was not killed"
        );

        let left = host.three();
        for ((left, old), new) in left.iter().zip(&old).zip(&new) {
            assert!(left == old || left == new, "{place}: left {left:?}");
        }
        recovers(&host, scenario, &old, &new, &place);
    });
}
