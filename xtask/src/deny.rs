//! Licences, sources and banned crates, by cargo-deny.

use anyhow::Result;

use crate::cmd::Cmd;
use crate::place::{Place, has_program, is_ci};
use crate::test::Outcome;

/// Checks `deny.toml` without the network; advisories need it and are left out.
pub(crate) fn step(place: &Place) -> Result<Outcome> {
    let tools = place.work().join("tools");
    let own = tools.join("bin/cargo-deny");
    let program = if has_program("cargo-deny") {
        "cargo-deny".to_owned()
    } else {
        if !own.is_file() {
            let install = Cmd::new(["cargo", "install", "--locked", "--root"])
                .arg(tools.to_string_lossy())
                .arg("cargo-deny");
            let outcome = Outcome::of(place, "install cargo-deny", &install)?;
            if let (Outcome::Failed { .. }, false) = (&outcome, is_ci()) {
                return Ok(Outcome::Skipped {
                    reason: format!(
                        "cargo-deny is not there, and this failed: {}",
                        install.repeat()
                    ),
                });
            }
            if let Outcome::Failed { .. } = outcome {
                return Ok(outcome);
            }
        }
        own.to_string_lossy().into_owned()
    };
    // The crates of other platforms count, too, and nothing else fetches them.
    // Without a network this may fail; then the check says what is missing.
    Cmd::new(["cargo", "fetch", "--locked", "--quiet"]).run(place, "fetch")?;
    let check = Cmd::new([program.as_str(), "--offline", "--all-features", "check"])
        .args(["bans", "licenses", "sources"]);
    Outcome::of(place, "deny", &check)
}
