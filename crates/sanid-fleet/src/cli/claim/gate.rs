//! What `sanid-claim.service` runs: a claim, and by the policy whether storage may be connected.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use sanid_claims::config::{self, Config, ConfigError, Policy, Unreachable};
use sanid_claims::{Action, Outcome};

use super::{Setting, text};
use crate::cli::{Exit, complain};

/// The boot waits for the store no longer, whatever the configuration says.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// Beyond the deadline: for what does not know it, such as a disk that hangs.
const GRACE: Duration = Duration::from_secs(5);

/// Ends with 0 where storage may be connected, and with 1 where it may not.
pub(super) fn run(setting: &Setting<'_>) -> Exit {
    let config = setting.config.clone();
    let limit = setting.deadline + GRACE;
    std::thread::spawn(move || {
        std::thread::sleep(limit.saturating_duration_since(Instant::now()));
        let exit = no_answer(&config, "the time is over, and something still hangs");
        std::process::exit(i32::from(exit as u8));
    });
    let policy = setting.config.policy;
    let claimant = match setting.claimant() {
        Ok(claimant) => claimant,
        Err(failure) => return no_answer(&setting.config, &failure.message),
    };
    // Storage that is in use is not taken away: it may be the root file system.
    let in_use = claimant.uses_storage;
    match setting.submit(Action::Claim, claimant) {
        Ok((request, outcome)) => {
            let Outcome::Conflict(rivals) = &outcome else {
                // Where it cannot be printed, the claim holds all the same.
                if let Err(error) = sanid_cli::print_wrapped(&text::outcome(&request, &outcome)) {
                    complain(&format!("cannot print: {error}"));
                }
                return Exit::Fine;
            };
            let mut page = text::conflict(&request, rivals);
            let hold = policy == Policy::Enforce && !in_use;
            // Writing to a string cannot fail.
            let _ = write!(
                page,
                "{}",
                match (policy, in_use) {
                    (Policy::Report, _) => format!(
                        "storage is connected all the same (policy = \"report\" in {})",
                        config::PATH
                    ),
                    (Policy::Enforce, true) => "storage is in use by this kernel already, so it is not held back, although policy is \"enforce\"".to_owned(),
                    (Policy::Enforce, false) => "storage is not connected (policy = \"enforce\"); afterwards: systemctl restart sanid-claim.service, then start the storage units".to_owned(),
                }
            );
            complain(&page);
            if hold { Exit::Findings } else { Exit::Fine }
        }
        Err(failure) => no_answer(&setting.config, &failure.message),
    }
}

/// A configuration that cannot be used: it holds storage back only where it says `enforce`.
pub(super) fn unusable(error: &ConfigError) -> Exit {
    complain(&format!(
        "no claim was made: {error}\n{}",
        if error.enforces {
            "storage is not connected (policy = \"enforce\"); mend the file, then: systemctl restart sanid-claim.service, and start the storage units"
        } else {
            "storage is connected all the same"
        }
    ));
    if error.enforces {
        Exit::Findings
    } else {
        Exit::Fine
    }
}

/// The store did not say whether another host has it.
fn no_answer(config: &Config, why: &str) -> Exit {
    let hold = config.policy == Policy::Enforce && config.unreachable == Unreachable::Hold;
    complain(&format!(
        "nobody knows whether another host has this identity: {why}\n{}",
        if hold {
            "storage is not connected (policy = \"enforce\", unreachable = \"hold\"); afterwards: systemctl restart sanid-claim.service, then start the storage units"
        } else {
            "storage is connected all the same; sanid-claim-renew.timer tries again"
        }
    ));
    if hold { Exit::Findings } else { Exit::Fine }
}
