//! Licences, sources and banned crates, by cargo-deny.

use anyhow::Result;

use crate::cmd::Cmd;
use crate::test::step::{Context, Outcome};
use crate::tools;

/// Checks `deny.toml` without the network; advisories need it and are left out.
pub(crate) fn step(context: &Context) -> Result<Outcome> {
    let place = &context.place;
    let program = match tools::DENY.get_or_outcome(place) {
        Ok(program) => program,
        Err(outcome) => return Ok(outcome),
    };
    // The crates of other platforms count as well, and nothing else fetches them. Without a network this
    // may fail; then the check reports what is missing.
    Cmd::new(["cargo", "fetch", "--locked", "--quiet"]).run(place, "fetch")?;
    let check = Cmd::new([program.to_string_lossy()])
        .args(["--offline", "--all-features", "check"])
        .args(["bans", "licenses", "sources"]);
    Outcome::of(place, "deny", &check)
}
